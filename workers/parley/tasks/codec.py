"""The one byte string that a data set has, for shards (P-24) and for commitments to data.

    "PARLEYD1" ‖ uint32 n ‖ uint32 width ‖ n * width float32 ‖ n uint32 labels

All numbers are big-endian; `width` is the product of the schema's feature sizes, samples come one after another in
row-major order, and nothing follows.
"""

from __future__ import annotations

import struct

import numpy as np

from parley.numerics.keccak import HASH_BYTES, keccak256
from parley.tasks.dataset import MAX_SAMPLES, DataSchema, Dataset
from parley.tasks.errors import DataError

MAX_BYTES = 256 * 2**20
"""The longest data set that is read or written in this form: 256 MiB."""

_MAGIC = b"PARLEYD1"
_HEADER = struct.Struct(">8sII")
_COMMITMENT = b"parley/dataset/v1"


def size_of(samples: int, schema: DataSchema) -> int:
    """The bytes of a data set of that many samples."""
    return _HEADER.size + 4 * samples * (schema.width + 1)


def encode(data: Dataset) -> bytes:
    """The data set's bytes.

    Raises:
        DataError: they would be more than `MAX_BYTES`.
    """
    size = size_of(len(data), data.schema)
    if size > MAX_BYTES:
        raise DataError(f"a data set of {size} bytes is longer than {MAX_BYTES}", hint="cut it into smaller ones")
    header = _HEADER.pack(_MAGIC, len(data), data.schema.width)
    return header + data.X.astype(">f4").tobytes() + data.y.astype(">u4").tobytes()


def decode(data: bytes, schema: DataSchema) -> Dataset:
    """The data set in a peer's bytes, if they are exactly what they must be.

    Raises:
        DataError: the magic, a size or the length is wrong, or the samples are not what the schema says.
    """
    if len(data) < _HEADER.size:
        raise DataError(f"a data set has a header of {_HEADER.size} bytes; these are {len(data)} in all")
    magic, samples, width = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise DataError(f"a data set starts with {_MAGIC.decode()}, not 0x{magic.hex()}")
    if width != schema.width:
        raise DataError(f"the samples are {width} numbers each; the schema says {schema.width}")
    if not 1 <= samples <= MAX_SAMPLES:
        raise DataError(f"a data set has 1 to {MAX_SAMPLES} samples, not {samples}")
    if len(data) != size_of(samples, schema):
        raise DataError(f"{samples} samples are {size_of(samples, schema)} bytes, not {len(data)}")
    X = np.frombuffer(data, ">f4", samples * width, _HEADER.size).reshape(samples, *schema.features)
    y = np.frombuffer(data, ">u4", samples, len(data) - 4 * samples)
    return Dataset(X, y, schema)


def commitment(data: Dataset, salt: bytes = bytes(HASH_BYTES)) -> bytes:
    """What a task document names of a data set: keccak256("parley/dataset/v1" ‖ salt ‖ bytes).

    Warning: without a random salt, whoever can guess the data can tell that he guessed right.

    Args:
        data: the data set.
        salt: 32 bytes, revealed with the data; zero for data that are public.
    """
    if len(salt) != HASH_BYTES:
        raise ValueError(f"a salt has {HASH_BYTES} bytes, not {len(salt)}")
    return keccak256(_COMMITMENT + salt + encode(data))
