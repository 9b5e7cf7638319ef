"""To which round an event belongs, and in which phase a round is by its events alone."""

from __future__ import annotations

from typing import Any

import pytest

from parley.chain.clock import Clock, clock_of
from parley.chain.events import Event
from parley.chain.model import Phase
from parley.history.tell import by_round
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit

A, B, C = ("0x" + letter * 40 for letter in "abc")
HASH, NODE = b"S" * 32, (0, 0, 3, 1)
T = 1000


def event(name: str, time: int, **args: Any) -> Event:  # noqa: ANN401 - as the ABI has it
    """An event of federation 1, in a block of its own."""
    return Event(name, {"fid": 1, **args}, time, time.to_bytes(32, "big"), time, b"t" * 32, 0)


def test_by_round__released_after_the_next_round_opened__is_of_the_round_that_asked() -> None:
    """P-22: fees are booked late, and `Released` names a settlement only."""
    demanded = event("Demanded", 2, settlement=HASH, demander=A, node=NODE, hash=HASH, deadline=9, fee=1)
    released = event("Released", 4, settlement=HASH, to=A, node=NODE, paid=1)
    rounds = by_round([event("RoundOpened", 1, round=1), demanded, event("RoundOpened", 3, round=2), released])
    assert [told.name for told in rounds[1]] == ["RoundOpened", "Demanded", "Released"]
    assert [told.name for told in rounds[2]] == ["RoundOpened"]


def test_by_round__supplied_for_a_settlement_that_nobody_asked_of__is_of_no_round() -> None:
    supplied = event("Supplied", 2, settlement=HASH, supplier=A, node=NODE, content=b"")
    assert [told.name for told in by_round([event("RoundOpened", 1, round=1), supplied])[1]] == ["RoundOpened"]


def clock(*events: Event, trainers: int = 3, seats: int = 3, sealed: bool = True) -> Clock:
    """A round that opened at T."""
    opened = event("RoundOpened", T, round=1, version=1, trainEnd=T + 30, trainers=trainers, seats=seats)
    told = clock_of(opened, POLICY, sealed=sealed)
    for item in (opened, *events):
        told.take(item)
    return told


COMMITTED = [event("UpdateCommitted", T + 1, round=1, operator=who, commitment=HASH) for who in (A, B, C)]
REVEALED = [
    event("UpdateRevealed", T + 3, round=1, operator=who, index=n, root=HASH, cidDigest=HASH)
    for n, who in enumerate((A, B, C))
]
OPENED = event("ValidationOpened", T + 5, round=1, key=HASH)
SCORED = [event("ScoresCommitted", T + 7, round=1, operator=who, commitment=HASH) for who in (A, B, C)]
TOLD = [
    event("ScoresRevealed", T + 9, round=1, operator=who, seat=n, vector=b"", salt=HASH)
    for n, who in enumerate((A, B, C))
]
ALL = [*COMMITTED, *REVEALED, OPENED, *SCORED, *TOLD]
SETTLED = event("Settled", T + 12, round=1, aggregator=A, turn=0, finalAt=T + 18, settlement=())
CONTESTED = event("Postponed", T + 13, round=1, finalAt=T + 20, contested=True)
CALM = event("Postponed", T + 14, round=1, finalAt=T + 22, contested=False)
CONVICTED = event("Convicted", T + 15, round=1, aggregator=A, prover=B)


@pytest.mark.parametrize(
    ("events", "time", "phase", "end"),
    [
        ([], T, Phase.TRAIN, T + 30),
        ([], T + 29, Phase.TRAIN, T + 30),
        ([], T + 30, Phase.VOIDABLE, None),
        (COMMITTED, T + 1, Phase.TRAIN, T + 2),
        (COMMITTED, T + 2, Phase.REVEAL, T + 12),
        (COMMITTED, T + 12, Phase.VOIDABLE, None),
        ([*COMMITTED, *REVEALED], T + 4, Phase.KEY, T + 12),
        ([*COMMITTED, *REVEALED, OPENED], T + 6, Phase.SCORE_COMMIT, T + 31),
        ([*COMMITTED, *REVEALED, OPENED, *SCORED], T + 8, Phase.SCORE_REVEAL, T + 18),
        ([*COMMITTED, *REVEALED, OPENED, *SCORED], T + 18, Phase.VOIDABLE, None),
        (ALL, T + 10, Phase.SETTLE, T + 22),
        (ALL, T + 22, Phase.SETTLE, T + 34),
        (ALL, T + 10 + 5 * 12, Phase.VOIDABLE, None),
        ([*ALL, SETTLED], T + 17, Phase.CHALLENGE, T + 18),
        ([*ALL, SETTLED], T + 18, Phase.FINALIZABLE, None),
        ([*ALL, SETTLED, CONTESTED], T + 19, Phase.CHALLENGE, T + 20),
        ([*ALL, SETTLED, CONTESTED], T + 25, Phase.CHALLENGE, None),
        ([*ALL, SETTLED, CONTESTED, CALM], T + 21, Phase.CHALLENGE, T + 22),
        ([*ALL, SETTLED, CONTESTED, CALM], T + 22, Phase.FINALIZABLE, None),
        ([*ALL, SETTLED, CONTESTED, CALM, CONVICTED], T + 16, Phase.SETTLE, T + 27),
        ([*ALL, SETTLED, CONTESTED, CALM, CONVICTED], T + 15 + 4 * 12, Phase.VOIDABLE, None),
        ([*ALL, SETTLED, event("RoundFinalized", T + 18, round=1)], T + 19, None, None),
        ([event("RoundVoided", T + 30, round=1)], T + 31, None, None),
    ],
)
def test_phase_of__a_round__is_as_the_contracts_say(
    events: list[Event], time: int, phase: Phase | None, end: int | None
) -> None:
    """P-10, section 6: a phase is [start, end), and ends early once everybody has acted."""
    told = clock(*events)
    assert told.live == (phase is not None)
    if phase is not None:
        assert told.phase(time) == phase
        assert told.phase_end(time) == end


def test_phase_of__public_validation_set__has_no_key_phase() -> None:
    """P-24."""
    told = clock(*COMMITTED, *REVEALED, sealed=False)
    assert told.phase(T + 4) == Phase.SCORE_COMMIT
