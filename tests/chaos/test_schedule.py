"""The monkey's schedule: data, by seed."""

from __future__ import annotations

import pytest

from chaoslab.events import AT_NODES, AT_WORKERS, Kind
from chaoslab.schedule import MAX_REORG, Stage, schedule
from parley.chain.model import Phase
from tests.faults.kinds import Fault

pytestmark = pytest.mark.unit

STAGE = Stage(("trainer-1", "evaluator-1", "sponsor"), ("kubo-1", "kubo-2"))


def test_schedule__same_seed__is_the_same() -> None:
    """The seed reproduces the events; another gives others."""
    assert schedule(3, 20, STAGE) == schedule(3, 20, STAGE)
    assert schedule(3, 20, STAGE) != schedule(4, 20, STAGE)


def test_schedule__fifty_rounds__has_every_kind_and_every_fault() -> None:
    """Cards are dealt: nothing is left out in a long run."""
    events = schedule(1, 50, STAGE)
    assert {event.kind for event in events} == set(Kind)
    assert {event.fault for event in events if event.kind is Kind.RPC} == set(Fault)
    assert any(event.seconds == STAGE.long_outage for event in events)
    assert {event.amount for event in events if event.kind is Kind.REORG} >= {1, MAX_REORG}


def test_schedule__each_event__is_possible() -> None:
    """Targets exist, amounts are in range, what lasts says how long."""
    for event in schedule(5, 50, STAGE):
        assert 1 <= event.round <= 50
        assert event.target in (*STAGE.workers, *STAGE.nodes, "")
        assert (event.target in STAGE.workers) == (event.kind in AT_WORKERS)
        assert (event.target in STAGE.nodes) == (event.kind in AT_NODES)
        assert (event.fault is not None) == (event.kind is Kind.RPC)
        assert event.kind is not Kind.REORG or 1 <= event.amount <= MAX_REORG
        assert event.kind not in AT_WORKERS or event.seconds > 0


def test_schedule__order_and_last_round__by_time_and_calm_at_the_end() -> None:
    """Events come in the order of the rounds; the last one settles in peace."""
    events = schedule(2, 4, STAGE)
    assert [event.round for event in events] == sorted(event.round for event in events)
    assert all(event.phase < Phase.SETTLE for event in events if event.round == 4)


def test_schedule__one_node__is_not_corrupted() -> None:
    """A bit that flips in the only copy cannot be made good by anybody."""
    kinds = {event.kind for event in schedule(1, 50, Stage(STAGE.workers, ("kubo-1",)))}
    assert Kind.CORRUPT not in kinds
    assert Kind.KUBO in kinds
    assert not AT_NODES & {event.kind for event in schedule(1, 50, Stage(STAGE.workers, ()))}
