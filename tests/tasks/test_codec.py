"""P-24, P-20: a data set has one byte string, and hostile bytes are refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parley.numerics.keccak import keccak256
from parley.tasks import codec
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.errors import DataError
from tests.tasks.fakes import dataset, schema

pytestmark = pytest.mark.unit

GOOD = codec.encode(dataset(5))


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    features = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    classes, samples = draw(st.integers(2, 300)), draw(st.integers(1, 6))
    numbers = st.floats(-1e6, 1e6, width=32)
    X = draw(arrays(np.float32, (samples, *features), elements=numbers))
    y = draw(arrays(np.int64, samples, elements=st.integers(0, classes - 1)))
    return Dataset(X, y, DataSchema(features=tuple(features), classes=classes))


@given(datasets())
def test_encode__any_data_set__decodes_to_itself(data: Dataset) -> None:
    encoded = codec.encode(data)
    assert len(encoded) == codec.size_of(len(data), data.schema)
    assert codec.decode(encoded, data.schema) == data


def test_encode__one_sample__is_the_documented_bytes() -> None:
    data = Dataset(np.array([[1.0, -2.0]]), np.array([1]), schema(2))
    assert codec.encode(data) == b"PARLEYD1" + struct.pack(">IIffI", 1, 2, 1.0, -2.0, 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "header"),
        (GOOD[:15], "header"),
        (b"X" + GOOD[1:], "starts with PARLEYD1"),
        (GOOD[:-1], "bytes, not"),
        (GOOD + b"\0", "bytes, not"),
        (GOOD[:8] + struct.pack(">II", 0, 3), "not 0"),
        (GOOD[:8] + struct.pack(">II", 2**32 - 1, 3) + GOOD[16:], "1 to 10000000 samples"),
        (GOOD[:8] + struct.pack(">II", 5, 2**32 - 1) + GOOD[16:], "schema says 3"),
        (GOOD[:16] + struct.pack(">f", np.nan) + GOOD[20:], "not finite"),
        (GOOD[:16] + struct.pack(">f", np.inf) + GOOD[20:], "not finite"),
        (GOOD[:-4] + struct.pack(">I", 2), "classes are 0 to 1"),
        (GOOD[:-4] + b"\xff" * 4, "classes are 0 to 1"),
    ],
)
def test_decode__hostile_bytes__are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        codec.decode(data, schema())


@given(st.binary(max_size=200))
def test_decode__random_bytes__never_crash(data: bytes) -> None:
    with pytest.raises(DataError):
        codec.decode(data, schema())


def test_commitment__salted__is_the_documented_hash_and_hides_equality() -> None:
    data, salt = dataset(5), b"\x01" * 32
    assert codec.commitment(data, salt) == keccak256(b"parley/dataset/v1" + salt + GOOD)
    assert codec.commitment(data) != codec.commitment(data, salt)


def test_commitment__salt_of_wrong_length__is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        codec.commitment(dataset(5), b"short")
