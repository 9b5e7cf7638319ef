"""What everybody did in a round, and why an update was included, left out or paid nothing, in sentences that hold."""

from __future__ import annotations

import pytest

from parley.chain.events import Event
from parley.chain.model import Role
from parley.explorer.deeds import deeds_of
from parley.history.charter import charter_of
from parley.history.model import Round, State, Verdict, Void
from parley.history.tell import by_round, tell
from tests.explorer.histories import CHAIN_ID, COORDINATOR, START, Federation, Scale, address, played

pytestmark = pytest.mark.unit


def told(federation: Federation, number: int) -> tuple[Round, list[Event]]:
    """A round of a history, and its events."""
    events = [item.event for item in federation.chronicle.between(START, 10**6) if item.event.args.get("fid") == 1]
    charter = charter_of(CHAIN_ID, COORDINATOR, events)
    assert charter is not None
    own = by_round(events)[number]
    return tell(charter, own, federation.chronicle.head.timestamp), own


def one(accident: str | None, **scale: int) -> Federation:
    """A federation whose first round has one accident."""
    return played(5, Scale(rounds=1, script=(accident,), **scale))


def test_deeds__quiet_round__everybody_acted_and_the_shares_add_up() -> None:
    federation = one(None)
    story, events = told(federation, 1)
    deeds = {deed.operator: deed for deed in deeds_of(story, events)}
    assert {deed.roles for deed in deeds.values()} == {Role.TRAINER, Role.EVALUATOR, Role.AGGREGATOR}
    assert {who: deed.earned for who, deed in deeds.items() if deed.earned} == {
        w: a for w, a in federation.cumulative.items() if a
    }
    assert sum(deed.settled for deed in deeds.values()) == 1
    assert all(deed.faults == () for deed in deeds.values())
    assert all(deed.voted for deed in deeds.values() if deed.roles == Role.EVALUATOR)


def test_deeds__convicted_settlement__is_its_aggregators_fault_alone() -> None:
    deeds = {deed.operator: deed for deed in deeds_of(*told(one("convicted"), 1))}
    first, second = (deeds[address("aggregator", n)] for n in range(2))
    assert (first.convicted, first.settled, first.earned) == (1, False, 0)
    assert first.faults == ("its settlement of turn 0 fell: it was disproved, the bond is lost",)
    assert (second.convicted, second.settled, second.faults) == (0, True, ())
    assert second.earned > 0


def test_deeds__update_not_revealed__is_a_fault_once_the_round_has_ended() -> None:
    federation = one("silent")
    story, events = told(federation, 1)
    last = federation.people("trainer")[-1]
    deed = next(deed for deed in deeds_of(story, events) if deed.operator == last)
    assert (deed.verdict, deed.score) == (Verdict.NOT_REVEALED, None)
    assert deed.faults == ("committed an update and did not reveal it",)
    so_far, before = told_so_far(federation, "UpdateCommitted")
    assert all(deed.faults == () for deed in deeds_of(so_far, before))


def told_so_far(federation: Federation, last: str) -> tuple[Round, list[Event]]:
    """The first round up to the last event of a kind."""
    events = [item.event for item in federation.chronicle.between(START, 10**6) if item.event.args.get("fid") == 1]
    charter = charter_of(CHAIN_ID, COORDINATOR, events)
    assert charter is not None
    own = by_round(events)[1]
    place = max(n for n, event in enumerate(own) if event.name == last)
    return tell(charter, own[: place + 1]), own[: place + 1]


@pytest.mark.parametrize(
    ("accident", "who", "fault"),
    [
        ("absent", address("evaluator", 0), "was absent as evaluator (1 of 3 in a row, then it may be evicted)"),
        ("clipped", address("trainer", 0), "was slashed for a parameter beyond the clip"),
    ],
)
def test_deeds__what_the_contracts_say__is_told(accident: str, who: str, fault: str) -> None:
    deed = next(deed for deed in deeds_of(*told(one(accident), 1)) if deed.operator == who)
    assert deed.faults == (fault,)


def test_deeds__void_round__blames_nobody_and_pays_nobody() -> None:
    """P-10: too few committed, so nobody could reveal."""
    story, events = told(one("void"), 1)
    assert (story.state, story.void) == (State.VOID, Void.COMMITS)
    deeds = deeds_of(story, events)
    assert [(deed.verdict, deed.faults, deed.earned) for deed in deeds] == [(Verdict.UNSETTLED, (), 0)]
