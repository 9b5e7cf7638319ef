"""How demands and answers put off the end of a challenge (P-22)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.audit import on_rounds
from parley.audit.challenges import Challenge, step_of
from parley.audit.findings import Sheet
from parley.audit.replay import State
from parley.chain.events import Event, header_of
from tests.audit.states import NAMES, TOLD, event, opened, put
from tests.roles.builders import POLICY, SETTLEMENT

pytestmark = pytest.mark.unit

STEP = POLICY.supply + POLICY.challenge


SETTLED = 183
"""When the settlement was posted, seconds."""


def settled(time: int) -> Event:
    """A settlement is posted."""
    end = time + POLICY.challenge
    return event("Settled", time, round=1, aggregator=NAMES[0], turn=0, finalAt=end, settlement=SETTLEMENT.to_abi())


def on_node(name: str, level: int, time: int = 1000, **args: object) -> Event:
    """A demand or an answer."""
    about = TOLD.hash_of(1, header_of(SETTLEMENT, settled(SETTLED)))
    deadline = {"deadline": time + POLICY.supply} if name == "Demanded" else {}
    return event(name, time, node=(0, 0, level, 0), **{"settlement": about, **deadline, **args})


@pytest.mark.parametrize(("level", "step"), [(0, 0), (1, 1), (8, 1), (9, 2), (16, 2), (17, 3)])
def test_step_of__level__is_how_many_times_eight_below_the_root(level: int, step: int) -> None:
    assert step_of(on_node("Demanded", level)) == step


def test_challenge__step_by_step__each_first_demand_and_answer_gives_time_for_the_next() -> None:
    """E_t = E_0 + t * (supply + challenge)."""
    challenge = Challenge(1000, 1000)
    challenge = challenge.after(on_node("Demanded", 0), POLICY)
    assert (challenge.end, challenge.contested) == (1000 + POLICY.supply, True)
    again = challenge.after(on_node("Demanded", 0), POLICY)
    assert (again.end, again.open) == (challenge.end, 2)
    answered = again.after(on_node("Supplied", 0), POLICY)
    assert (answered.end, answered.contested) == (1000 + STEP, True)
    both = answered.after(on_node("Supplied", 0), POLICY)
    assert (both.end, both.contested) == (1000 + STEP, False)
    deeper = both.after(on_node("Demanded", 8), POLICY)
    assert (deeper.end, deeper.contested) == (1000 + STEP + POLICY.supply, True)


def test_challenge__a_step_above_after_one_below__does_not_come_nearer() -> None:
    deep = Challenge(1000, 1000).after(on_node("Demanded", 16), POLICY)
    assert deep.end == 1000 + 2 * STEP + POLICY.supply
    assert deep.after(on_node("Demanded", 0), POLICY).end == deep.end


def contested() -> tuple[State, int]:
    """A settlement that stands, and its end."""
    state = opened()
    assert state.round is not None
    put(state, replace(state.round, committed=3, revealed=3, scores_committed=3, scores_revealed=3))
    assert state.round.score_reveal_end == SETTLED
    state.take(settled(SETTLED))
    return state, SETTLED + POLICY.challenge


def wrong(state: State, *events: Event) -> list[str]:
    """What is found to be wrong in events that follow one another."""
    sheet = Sheet()
    for each in events:
        on_rounds.check(each, state, sheet)
        state.take(each)
    return [finding.place.what for finding in sheet.findings]


def postponed(end: int, time: int, *, contested: bool = True) -> Event:
    return event("Postponed", time, round=1, finalAt=end, contested=contested)


def test_postponed__by_the_rule__is_right() -> None:
    state, end = contested()
    demand, answer = end - 1, end + 1
    told = (
        postponed(end + POLICY.supply, demand),
        on_node("Demanded", 0, demand),
        postponed(end + STEP, answer, contested=False),
        on_node("Supplied", 0, answer),
    )
    assert wrong(state, *told) == []


@pytest.mark.parametrize("more", [-1, 1, 50])
def test_postponed__to_another_end__is_found(more: int) -> None:
    state, end = contested()
    told = postponed(end + POLICY.supply + more, end - 1), on_node("Demanded", 0, end - 1)
    assert wrong(state, *told) == ["Demanded: when the settlement is final, and whether that is contested"]


def test_postponed__for_nothing__is_found() -> None:
    state, end = contested()
    found = wrong(state, postponed(end + 50, end - 1), event("FederationClosed", end))
    assert found == ["what the end of the challenge was put off for"]


def test_demanded__too_late_or_with_another_deadline__is_found() -> None:
    state, end = contested()
    assert len(wrong(state, postponed(end + POLICY.supply, end), on_node("Demanded", 0, end))) == 2  # and the phase
    state, end = contested()
    told = postponed(end + POLICY.supply, end - 1), on_node("Demanded", 0, end - 1, deadline=end)
    assert wrong(state, *told) == ["until when a demand may be answered"]


@pytest.mark.parametrize("name", ["Demanded", "Supplied"])
def test_demanded__of_another_settlement__is_found(name: str) -> None:
    """P-13: the hash is that of the whole settlement."""
    state, end = contested()
    told = postponed(end + POLICY.supply, end - 1), on_node("Demanded", 0, end - 1)
    answer = postponed(end + STEP, end, contested=False), on_node("Supplied", 0, end)
    changed = [
        replace(each, args={**each.args, "settlement": b"\x5a" * 32}) if each.name == name else each
        for each in (*told, *answer)
    ]
    assert wrong(state, *changed) == [f"{name}: the settlement that it is about"]


def test_demanded__no_settlement_stands__is_found() -> None:
    assert len(wrong(opened(), on_node("Demanded", 0))) == 1
