"""Lots that are drawn from a round's seed: seats and turns (P-27). Mirrors `contracts/libraries/Sortition.sol`."""

from __future__ import annotations

from parley.numerics.keccak import HASH_BYTES, keccak256

SEED_DEPTH = 2
"""A round's seed is the hash of the block so many after its opening."""

FINDABLE = 256
"""A contract can read the hashes of so many blocks before its own."""


def panel(seed: bytes, size: int, seats: int) -> tuple[int, ...]:
    """The positions of the evaluators that sit, by seat.

    Args:
        seed: of the round, 32 bytes.
        size: evaluators at the opening, E.
        seats: of the panel; if there are no fewer than evaluators, everybody sits at its position.

    Returns:
        The first distinct values of `keccak256(seed ‖ d) mod E`, d = 0, 1, ..., one to a seat.
    """
    if size <= seats:
        return tuple(range(size))
    drawn: dict[int, None] = {}
    d = 0
    while len(drawn) < seats:
        drawn.setdefault(int.from_bytes(keccak256(seed + _word(d)), "big") % size)
        d += 1
    return tuple(drawn)


def turn_position(seed: bytes, size: int, turn: int) -> int:
    """Position of the aggregator whose turn it is: `(keccak256(seed ‖ "agg") + turn) mod A`.

    Args:
        seed: of the round, 32 bytes.
        size: aggregators at the opening, A, not 0.
        turn: 0 to 3.
    """
    return (int.from_bytes(keccak256(seed + b"agg"), "big") + turn) % size


def fallback_seed(last: bytes, fid: int, round_number: int) -> bytes:
    """The seed of a round whose block's hash was gone before anybody captured it.

    Args:
        last: the seed that was captured before, in whichever round; 32 zero bytes if none was.
        fid: federation id.
        round_number: of the round.
    """
    if len(last) != HASH_BYTES:
        raise ValueError(f"a seed has {HASH_BYTES} bytes, not {len(last)}")
    return keccak256(last + _word(fid) + _word(round_number))


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
