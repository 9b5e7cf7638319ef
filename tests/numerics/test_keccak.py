"""Keccak-256, one message at a time and eight side by side."""

from __future__ import annotations

import numpy as np
import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parley.numerics import _keccak_f8
from parley.numerics.keccak import hash_pairs, hash_rows, keccak256

pytestmark = pytest.mark.unit

FIRST_CONSTANTS = [0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000]
LAST_CONSTANT = 0x8000000080008008
OFFSETS = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14]


def test_keccak256__known_answers__match() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


def test_constants__computed__are_those_of_fips_202() -> None:
    assert _keccak_f8.IOTA[:4] == FIRST_CONSTANTS
    assert _keccak_f8.IOTA[23] == LAST_CONSTANT
    assert _keccak_f8.RHO == OFFSETS


@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 20).map(lambda n: 2 * n), st.just(32))))
def test_hash_pairs__any_level__hashes_every_pair(level: np.ndarray) -> None:
    parents = hash_pairs(level)
    assert parents.shape == (len(level) // 2, 32)
    for i, parent in enumerate(parents):
        assert parent.tobytes() == keccak(level[2 * i : 2 * i + 2].tobytes())


@pytest.mark.parametrize("pairs", [1, 7, 8, 9, 16, 1000])
def test_hash_pairs__on_all_threads__gives_the_same(pairs: int) -> None:
    level = np.random.default_rng(pairs).integers(0, 256, (2 * pairs, 32), np.uint8)
    assert np.array_equal(hash_pairs(level, parallel=True), hash_pairs(level))


def test_hash_pairs__view_that_is_not_contiguous__hashes_what_it_shows() -> None:
    level = np.random.default_rng(1).integers(0, 256, (8, 64), np.uint8)
    assert np.array_equal(hash_pairs(level[::2, ::2]), hash_pairs(level[::2, ::2].copy()))


@pytest.mark.parametrize("shape", [(3, 32), (2, 31), (64,), (2, 32, 1)])
def test_hash_pairs__wrong_shape__refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a level is an even number of nodes"):
        hash_pairs(np.zeros(shape, np.uint8))


def test_hash_pairs__wrong_dtype__refused() -> None:
    with pytest.raises(ValueError, match="int8"):
        hash_pairs(np.zeros((2, 32), np.int8))


@pytest.mark.parametrize("lanes", range(70))
def test_hash_rows__every_length_around_the_blocks__hashes_every_row(lanes: int) -> None:
    rows = np.random.default_rng(lanes).integers(0, 256, (11, 8 * lanes), np.uint8)
    for prefix in (0x00, 0x01, 0xFF):
        digests = hash_rows(rows, prefix)
        assert [d.tobytes() for d in digests] == [keccak(bytes([prefix]) + row.tobytes()) for row in rows]


def test_hash_rows__no_rows__no_digests() -> None:
    assert hash_rows(np.zeros((0, 32), np.uint8)).shape == (0, 32)


def test_hash_rows__bad_arguments__refused() -> None:
    with pytest.raises(ValueError, match="a multiple of 8"):
        hash_rows(np.zeros((1, 9), np.uint8))
    with pytest.raises(ValueError, match="one byte"):
        hash_rows(np.zeros((1, 8), np.uint8), 256)
