"""Reals as fixed point (P-1), what is refused (P-2), and the exact bytes on the wire (P-4)."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parley.numerics import fixed_point
from parley.numerics.errors import QuantisationError, WireError
from parley.numerics.fixed_point import Z, decode, dequantise, encode, quantise, size_for, words_for
from tests.numerics.strategies import quantised

pytestmark = pytest.mark.unit

reals = st.floats(-127.99, 127.99)


@given(st.lists(reals, min_size=1, max_size=20), st.integers(0, 24))
def test_quantise__p1__rounds_half_to_even(values: list[float], frac_bits: int) -> None:
    """P-1: `q = round(x * 2^s)`."""
    expected = [round(Fraction(x) * 2**frac_bits) for x in values]
    assert quantise(values, frac_bits).tolist() == expected


@given(st.lists(reals, min_size=1, max_size=20))
def test_quantise__f103__error_is_at_most_half_a_step(values: list[float]) -> None:
    """F-103: what rounding loses is bounded."""
    error = np.abs(dequantise(quantise(values, 24), 24) - np.array(values))
    assert error.max() <= 2.0**-25


@given(quantised(st.integers(1, 30)), st.integers(0, 30))
def test_dequantise__any_q__comes_back(q: np.ndarray, frac_bits: int) -> None:
    assert np.array_equal(quantise(dequantise(q, frac_bits), frac_bits), q)


@given(hnp.arrays(np.float32, st.integers(1, 20), elements=st.floats(-100, 100, width=32)))
def test_quantise__float32__is_the_same_as_float64(values: np.ndarray) -> None:
    assert np.array_equal(quantise(values, 24), quantise(values.astype(np.float64), 24))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_quantise__f84_p2__not_finite__refused_by_index(bad: float) -> None:
    """P-2, F-84: NaN and Inf never reach the wire."""
    with pytest.raises(QuantisationError, match=r"parameter 1 of 3 is .*not a finite number \(2 such\)"):
        quantise([0.0, bad, bad], 24)


@pytest.mark.parametrize("x", [128.0, 1e308, -129.0, 127.99999999])
def test_quantise__p2__out_of_range__refused(x: float) -> None:
    """P-2: nothing is saturated silently."""
    with pytest.raises(QuantisationError, match="parameter 0 of 1"):
        quantise([x], 24)


def test_quantise__ends_of_the_range__accepted() -> None:
    assert quantise([-128.0, 128.0 - 2**-24], 24).tolist() == [-(2**31), 2**31 - 1]


@pytest.mark.parametrize(("q", "clip", "fits"), [(10, 10, True), (-10, 10, True), (11, 10, False), (-11, 10, False)])
def test_quantise__p2__clip_is_inclusive(q: int, clip: int, fits: bool) -> None:
    """P-2: an update's |q| is at most `clip`."""
    if fits:
        assert quantise([q / 2**8], 8, clip).tolist() == [q]
    else:
        with pytest.raises(QuantisationError, match="beyond"):
            quantise([q / 2**8], 8, clip)


def test_quantise__largest_clip__is_no_clip() -> None:
    assert quantise([-(2.0**31), 2.0**31 - 1], 0, 2**32 - 1).tolist() == [-(2**31), 2**31 - 1]


@pytest.mark.parametrize(("frac_bits", "clip"), [(-1, None), (31, None), (24, -1), (24, 2**32)])
def test_quantise__bad_parameters__refused(frac_bits: int, clip: int | None) -> None:
    with pytest.raises(ValueError, match=r"fraction bits|clip"):
        quantise([0.0], frac_bits, clip)


def test_quantise__matrix__refused() -> None:
    with pytest.raises(ValueError, match="one dimension"):
        quantise(np.zeros((2, 2)), 24)


@pytest.mark.parametrize(
    ("params", "words"), [(1, 2), (8, 2), (16, 2), (17, 3), (24, 3), (25, 4), (1_000_000, 125_000)]
)
def test_words_for__p3__eight_to_a_word_and_at_least_two(params: int, words: int) -> None:
    """P-3, P-4: the size is known before anything is fetched."""
    assert words_for(params) == words
    assert size_for(params) == 32 * words


def test_words_for__no_parameters__refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        words_for(0)


@given(quantised(st.integers(1, 70)))
def test_encode__p1__is_big_endian_offset_binary_padded_with_zero(q: np.ndarray) -> None:
    """P-1, P-4: eight big-endian `q + 2^31` to a word, and nothing else."""
    data = encode(q)
    lanes = [int(v) + 2**31 for v in q]
    lanes += [2**31] * (8 * words_for(len(q)) - len(q))
    assert data == b"".join(lane.to_bytes(4, "big") for lane in lanes)


def test_encode__zeros__are_zero_words() -> None:
    assert encode(np.zeros(17, np.int32)) == 3 * Z


def test_encode__wrong_dtype_or_shape__refused() -> None:
    with pytest.raises(ValueError, match="int32 vector"):
        encode(np.zeros(4, np.int64))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="int32 vector"):
        encode(np.zeros((2, 2), np.int32))


@given(quantised(st.integers(1, 70)))
def test_decode__what_was_encoded__comes_back(q: np.ndarray) -> None:
    decoded = decode(encode(q), len(q))
    assert np.array_equal(decoded, q)
    assert decoded.dtype == np.int32
    decoded[0] = 1  # an array of its own


@given(st.binary(max_size=200), st.integers(1, 40))
def test_decode__f85_p4__any_other_length__refused(data: bytes, params: int) -> None:
    """P-4, F-80, F-85: exactly `32 * words` bytes."""
    assume(len(data) != size_for(params))
    with pytest.raises(WireError, match=f"not {len(data)}"):
        decode(data, params)


@given(quantised(st.integers(1, 40)), st.data())
def test_decode__p4__padding_that_is_not_zero__refused(q: np.ndarray, data: st.DataObject) -> None:
    """P-4: padding lanes are q = 0, so a vector has one encoding."""
    lanes = 8 * words_for(len(q))
    assume(lanes > len(q))
    dirty = bytearray(encode(q))
    dirty[data.draw(st.integers(4 * len(q), 4 * lanes - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WireError, match="padding"):
        decode(bytes(dirty), len(q))


@given(quantised(st.integers(1, 40)), st.integers(0, 2**32 - 1))
def test_decode__f86_p2__beyond_the_clip__refused(q: np.ndarray, clip: int) -> None:
    """P-2, F-86: |q| <= clip, the lowest int32 included."""
    if max(abs(int(v)) for v in q) <= clip:
        assert np.array_equal(decode(encode(q), len(q), clip), q)
    else:
        index = next(i for i, v in enumerate(q) if abs(int(v)) > clip)
        with pytest.raises(WireError, match=rf"parameter {index} is {q[index]}, beyond the clip of {clip}"):
            decode(encode(q), len(q), clip)


def test_z__p1__is_eight_zeros() -> None:
    """P-1: Z is `0x80000000` eight times."""
    assert bytes.fromhex("80000000" * 8) == Z == encode(np.zeros(1, np.int32))[:32]
    assert fixed_point.LANES * 4 == fixed_point.WORD_BYTES == len(Z)
