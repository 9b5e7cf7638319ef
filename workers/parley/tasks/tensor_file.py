"""Named tensors as safetensors, read strictly: the only form in which Parley keeps floating-point state (P-20).

    uint64 n, little-endian ‖ n bytes of JSON ‖ the tensors' bytes

The JSON names each tensor's dtype, shape and place. Here the header has at most 100 kB, no key occurs twice, every
shape fits its place, and the places cover the rest of the file exactly: nothing overlaps, nothing is left over.

Source: https://huggingface.co/docs/safetensors (format; the library's own reader is laxer about what it copies).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from parley import strict_json
from parley.errors import ContentError

MAX_HEADER_BYTES = 100_000
MAX_RANK = 8

METADATA = "__metadata__"

_LENGTH = struct.Struct("<Q")
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
}

Tensor = npt.NDArray[Any]


class TensorFileError(ContentError):
    """Bytes that are no safetensors file, or one that Parley does not read."""


class TensorFile(NamedTuple):
    """What a file holds.

    Attributes:
        tensors: by name; arrays of their own.
        metadata: texts by name.
    """

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


class _Place(NamedTuple):
    """Where a tensor lies."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def encode(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a file, as the safetensors library writes it."""
    from safetensors.numpy import save

    return save({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}, dict(metadata))


def decode(data: bytes) -> TensorFile:
    """What is in a file.

    Raises:
        TensorFileError: a length, the header, a tensor's dtype, shape or place is not what it must be.
    """
    header = _header(data)
    body = memoryview(data)[_LENGTH.size + _LENGTH.unpack_from(data)[0] :]
    metadata = _checked_metadata(header.pop(METADATA, {}))
    places = sorted((_place(name, entry) for name, entry in header.items()), key=lambda p: (p.begin, p.end))
    _check_cover(places, len(body))
    tensors = {
        p.name: np.frombuffer(body[p.begin : p.end], p.dtype).reshape(p.shape).astype(p.dtype.newbyteorder("="))
        for p in places
    }
    return TensorFile(tensors, metadata)


def _header(data: bytes) -> dict[str, Any]:
    if len(data) < _LENGTH.size:
        raise TensorFileError(f"a safetensors file starts with {_LENGTH.size} bytes; these are {len(data)} in all")
    (length,) = _LENGTH.unpack_from(data)
    if length > min(MAX_HEADER_BYTES, len(data) - _LENGTH.size):
        raise TensorFileError(f"a header of {length} bytes is longer than {MAX_HEADER_BYTES} or than the file")
    try:
        header = strict_json.parse(data[_LENGTH.size : _LENGTH.size + length], MAX_HEADER_BYTES)
    except ValueError as error:
        raise TensorFileError(f"the header is not JSON: {error!s:.120}") from error
    if not isinstance(header, dict):
        raise TensorFileError("the header is not a JSON object")
    return header


def _checked_metadata(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise TensorFileError("the header's metadata are not texts by name")
    return values


def _place(name: str, entry: object) -> _Place:
    """Where the header says that a tensor lies."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise TensorFileError(f"tensor {name!r:.80} has other keys than dtype, shape and data_offsets")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise TensorFileError(f"tensor {name!r:.80} has the dtype {kind!r:.40}")
    if not _are_sizes(shape) or len(shape) > MAX_RANK:
        raise TensorFileError(f"tensor {name!r:.80} has no shape of up to {MAX_RANK} sizes")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise TensorFileError(f"tensor {name!r:.80} has no two offsets")
    dtype, (begin, end) = np.dtype(_DTYPES[kind]), offsets
    if end - begin != prod(shape) * dtype.itemsize:
        raise TensorFileError(f"tensor {name!r:.80} has another size than its shape")
    return _Place(name, dtype, tuple(shape), begin, end)


def _are_sizes(values: object) -> bool:
    """Whether this is a list of integers, none of them negative; `True` is none."""
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**48 for value in values)


def _check_cover(places: list[_Place], size: int) -> None:
    """Refuse tensors that overlap, leave a gap or do not end where the file does."""
    end = 0
    for place in places:
        if place.begin != end:
            raise TensorFileError(f"tensor {place.name!r:.80} begins at {place.begin}, not at {end}")
        end = place.end
    if end != size:
        raise TensorFileError(f"the tensors take {end} bytes, the file has {size}")
