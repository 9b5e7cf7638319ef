"""Stories that are kept: the same as told afresh, whatever happened in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.history import stories
from parley.history.stories import Stories
from parley.history.tell import rounds_of
from tests.history.tape import CHARTER, OPENED, TRAINERS, Tape, played, vector

pytestmark = pytest.mark.unit

GOOD = (vector(0, 2, 3),) * 3


def test_of__event_after_event__is_what_is_told_afresh() -> None:
    first = played(*GOOD).convicts().settles(turn=1).finishes()
    second = Tape(number=2, time=first.time).commits(TRAINERS[0]).voids(first.time + 40)
    events, kept = [*first.events, *second.events], Stories()
    for count in range(len(events) + 1):
        seen = events[:count]
        assert kept.of(CHARTER, seen, now=OPENED) == rounds_of(CHARTER, seen, now=OPENED)


def test_of__round_that_ended__is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = played(*GOOD).finishes()
    kept = Stories()
    once = kept.of(CHARTER, tape.events)
    monkeypatch.setattr(stories, "tell", lambda *_: pytest.fail("told again"))
    assert kept.of(CHARTER, tape.events) == once


def test_of__reorg_replaced_the_end__is_told_anew() -> None:
    """P-19: the same number of events, another block."""
    tape = played(*GOOD).finishes()
    kept = Stories()
    kept.of(CHARTER, tape.events)
    other = replace(tape.events[-1], block_hash=b"o" * 32, transaction=b"o" * 32)
    events = [*tape.events[:-1], other]
    assert kept.of(CHARTER, events) == rounds_of(CHARTER, events)
    assert kept.of(CHARTER, events[:-1]) == rounds_of(CHARTER, events[:-1])


def test_of__late_event_in_an_ended_round__is_taken_in() -> None:
    """Fees are booked and keys opened after the end."""
    tape = played(*GOOD).finishes()
    kept = Stories()
    assert kept.of(CHARTER, tape.events)[1].key is not None
    tape.add("ClipDisproved", operator=TRAINERS[0], prover="0x" + "77" * 20)
    assert kept.of(CHARTER, tape.events)[1].updates[0].clipped


def test_of__nothing__is_nothing() -> None:
    assert Stories().of(CHARTER, []) == {}
