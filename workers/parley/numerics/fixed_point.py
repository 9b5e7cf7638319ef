"""Real vectors as 32-bit fixed point, and fixed point as words (P-1, P-2, P-4).

A real x is `q = round(x * 2^s)`, s the federation's fraction bits, held as int32 in arrays of shape (P,). On the wire
it is the offset-binary `u = q + 2^31` as a big-endian uint32, eight to a 32-byte word, and nothing else: no header and
no compression, so a vector's size is known before it is fetched.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parley.numerics.errors import QuantisationError, WireError

Quantised = npt.NDArray[np.int32]
"""Quantised parameters q, shape (P,), dtype int32."""

LANES = 8
"""Parameters to a word."""

WORD_BYTES = 32

MAX_FRAC_BITS = 30
"""More fraction bits would leave no whole number."""

Z = bytes.fromhex("80000000" * LANES)
"""The zero word: q = 0 in each lane. It pads every word tree."""

_LOWEST, _HIGHEST = -(2**31), 2**31 - 1
_OFFSET = np.uint32(2**31)


def words_for(params: int) -> int:
    """The number of words that hold `params` parameters: `max(2, ceil(params / 8))`.

    Raises:
        ValueError: there is no parameter at all.
    """
    if params < 1:
        raise ValueError(f"a vector has at least one parameter, not {params}")
    return max(2, -(-params // LANES))


def size_for(params: int) -> int:
    """The bytes of a vector's object on IPFS: `32 * words_for(params)` (P-4)."""
    return WORD_BYTES * words_for(params)


def quantise(x: npt.ArrayLike, frac_bits: int, clip: int | None = None) -> Quantised:
    """Round reals to fixed point, half to even: `q = round(x * 2^frac_bits)` (P-1).

    Nothing is saturated: a value that does not fit is refused, for a silently clipped model is another model.

    Args:
        x: real vector, shape (P,), any float or integer dtype; computed in float64, in which the scaling is exact.
        frac_bits: fraction bits s, 0 to 30.
        clip: the largest |q| allowed, or `None` for the whole range of int32.

    Returns:
        q, int32 of shape (P,).

    Raises:
        QuantisationError: a value is NaN or infinite, or its q is outside int32 or beyond `clip` (P-2).
        ValueError: x is not a vector, or `frac_bits` or `clip` is out of range.
    """
    _check_frac_bits(frac_bits)
    low, high = _bounds(clip)
    values = np.asarray(x, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"a vector has one dimension, not shape {values.shape}")
    finite = np.isfinite(values)
    if not finite.all():
        _refuse(values, ~finite, "is not a finite number", "the training diverged: lower the learning rate")
    with np.errstate(over="ignore"):
        rounded = np.rint(values * 2.0**frac_bits)
    outside = (rounded < low) | (rounded > high)
    if outside.any():
        limit = max(-low, high) / 2**frac_bits
        _refuse(values, outside, f"is beyond +-{limit:g} ({frac_bits} fraction bits)", "scale the vector down")
    return rounded.astype(np.int32)


def dequantise(q: Quantised, frac_bits: int) -> npt.NDArray[np.float64]:
    """The reals that q stands for, `q * 2^-frac_bits`, exactly, as float64 of shape (P,)."""
    _check_frac_bits(frac_bits)
    return q.astype(np.float64) * 2.0**-frac_bits


def encode(q: Quantised) -> bytes:
    """The words of q: big-endian `q + 2^31`, padded with q = 0 to whole words, at least two (P-1, P-4).

    Raises:
        ValueError: q is not an int32 vector.
    """
    if q.dtype != np.int32 or q.ndim != 1:
        raise ValueError(f"quantised parameters are an int32 vector, not {q.dtype} {q.shape}")
    lanes = np.full(words_for(len(q)) * LANES, _OFFSET, dtype=">u4")
    lanes[: len(q)] = q.view(np.uint32) ^ _OFFSET
    return lanes.tobytes()


def decode(data: bytes, params: int, clip: int | None = None) -> Quantised:
    """The parameters in the words that a peer sent, if they are exactly what they must be.

    Args:
        data: the object's bytes.
        params: the number of parameters P.
        clip: the largest |q| allowed in an update (P-2), or `None` for a model.

    Returns:
        q, int32 of shape (P,), an array of its own.

    Raises:
        WireError: the length is not `size_for(params)`, a padding lane is not zero (P-4), or |q| exceeds `clip`.
    """
    if len(data) != size_for(params):
        raise WireError(f"{params} parameters are {size_for(params)} bytes, not {len(data)}")
    lanes = np.frombuffer(data, dtype=">u4").astype(np.uint32) ^ _OFFSET
    q = lanes.view(np.int32)
    if q[params:].any():
        raise WireError(f"a padding lane after parameter {params - 1} is not zero")
    q = q[:params]
    low, high = _bounds(clip)
    if clip is not None and (int(q.min()) < low or int(q.max()) > high):
        index = int(np.argmax((q < low) | (q > high)))
        raise WireError(f"parameter {index} is {q[index]}, beyond the clip of {clip}")
    return q


def _check_frac_bits(frac_bits: int) -> None:
    if not 0 <= frac_bits <= MAX_FRAC_BITS:
        raise ValueError(f"fraction bits are 0 to {MAX_FRAC_BITS}, not {frac_bits}")


def _bounds(clip: int | None) -> tuple[int, int]:
    """The lowest and the highest q allowed."""
    if clip is None:
        return _LOWEST, _HIGHEST
    if not 0 <= clip < 2**32:
        raise ValueError(f"a clip is a uint32, not {clip}")
    return max(-clip, _LOWEST), min(clip, _HIGHEST)


def _refuse(values: npt.NDArray[np.float64], bad: npt.NDArray[np.bool_], what: str, hint: str) -> None:
    """Name the first bad value, and how many there are."""
    index = int(np.argmax(bad))
    which = f"parameter {index} of {len(values)} is {values[index]:g}"
    raise QuantisationError(f"{which}, which {what} ({int(bad.sum())} such)", hint=hint)
