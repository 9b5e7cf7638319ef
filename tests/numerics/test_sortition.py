"""P-27: seats and turns from a seed."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.sortition import fallback_seed, panel, turn_position

pytestmark = pytest.mark.unit

SEEDS = st.binary(min_size=32, max_size=32)


@given(SEEDS, st.integers(1, 200), st.integers(1, 32))
def test_panel__any_seed__sits_as_many_distinct_positions_as_there_are_seats(
    seed: bytes, size: int, seats: int
) -> None:
    """P-27: the first distinct values; with seats for all, everybody sits at its position."""
    drawn = panel(seed, size, seats)
    assert len(drawn) == len(set(drawn)) == min(size, seats)
    assert all(0 <= position < size for position in drawn)
    if size <= seats:
        assert drawn == tuple(range(size))


def test_panel__more_evaluators_than_seats__is_what_the_preimages_of_the_contract_give() -> None:
    """P-27: keccak256(abi.encode(seed, d)) mod E, repeated values passed over."""
    seed, size, seats = keccak(text="seed"), 4, 3
    values = [int.from_bytes(keccak(encode(["bytes32", "uint256"], [seed, d])), "big") % size for d in range(64)]
    assert panel(seed, size, seats) == tuple(dict.fromkeys(values))[:seats]


@given(SEEDS, st.integers(1, 100), st.integers(0, 3))
def test_turn_position__next_turn__is_the_next_position(seed: bytes, size: int, turn: int) -> None:
    """P-27: (keccak256(seed ‖ "agg") + turn) mod A."""
    first = turn_position(seed, size, 0)
    assert first == int.from_bytes(keccak(seed + b"agg"), "big") % size
    assert turn_position(seed, size, turn) == (first + turn) % size


def test_fallback_seed__is_what_the_contract_hashes() -> None:
    """P-27: keccak256(abi.encode(last seed, fid, round))."""
    last = keccak(text="last")
    assert fallback_seed(last, 7, 3) == keccak(encode(["bytes32", "uint256", "uint256"], [last, 7, 3]))
    with pytest.raises(ValueError, match="32 bytes"):
        fallback_seed(b"short", 7, 3)
