"""Absences and evictions, by the coordinator's rule (P-7): who had to act, until when, and how often it did not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.audit import on_members
from parley.audit.absences import is_absent
from parley.audit.findings import Sheet
from parley.audit.replay import State
from parley.chain.model import Role, RoundState
from tests.audit.states import NAMES, event, opened, put
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit

ME, SEED = NAMES[0], b"s" * 32


def in_round(**counts: int) -> tuple[State, RoundState]:
    """A round of three members with every role, in which so many acted."""
    state = opened()
    assert state.round is not None
    put(state, replace(state.round, **counts))
    return state, state.round


def scored(turn: int = 0, *, convicted: bool = False) -> tuple[State, RoundState]:
    """A round in which everybody scored, whose turns are drawn, from a turn on."""
    state, round_ = in_round(committed=3, revealed=3, scores_committed=3, scores_revealed=3, turn=turn)
    state.seed, state.convicted = SEED, convicted
    return state, round_


def test_trainer__not_committed__from_the_end_of_training_on() -> None:
    state, round_ = in_round()
    assert [is_absent(state, ME, Role.TRAINER, round_.train_end + late) for late in (-1, 0)] == [False, True]
    state.committed[ME] = b"c" * 32
    assert not is_absent(state, ME, Role.TRAINER, round_.reveal_end)


def test_trainer__committed_and_not_revealed__if_enough_committed() -> None:
    state, round_ = in_round(committed=POLICY.min_trainers)
    state.committed[ME] = b"c" * 32
    assert [is_absent(state, ME, Role.TRAINER, round_.reveal_end + late) for late in (-1, 0)] == [False, True]
    state.revealed.append(ME)
    assert not is_absent(state, ME, Role.TRAINER, round_.reveal_end)


def test_evaluator__too_few_updates__had_nothing_to_score() -> None:
    state, round_ = in_round(revealed=POLICY.min_trainers - 1)
    assert not is_absent(state, ME, Role.EVALUATOR, round_.score_commit_end)
    put(state, replace(round_, revealed=POLICY.min_trainers))
    assert [is_absent(state, ME, Role.EVALUATOR, round_.score_commit_end + late) for late in (-1, 0)] == [False, True]


def test_evaluator__without_a_drawn_seat__had_nothing_to_score() -> None:
    """P-27: with one seat for three, two have none; before the draw nobody has."""
    state, round_ = in_round(revealed=3, seats=1, drawn=True)
    due = [is_absent(state, name, Role.EVALUATOR, round_.score_commit_end) for name in NAMES[:3]]
    assert due == [False] * 3
    state.seed = SEED
    due = [is_absent(state, name, Role.EVALUATOR, round_.score_commit_end) for name in NAMES[:3]]
    assert sorted(due) == [False, False, True]


def test_evaluator__committed_and_not_revealed__if_there_is_a_quorum() -> None:
    state, round_ = in_round(committed=3, revealed=3, scores_committed=POLICY.quorum)
    state.scores_committed[ME] = b"c" * 32
    assert is_absent(state, ME, Role.EVALUATOR, round_.score_reveal_end)
    assert not is_absent(state, ME, Role.EVALUATOR, round_.score_reveal_end - 1)
    put(state, replace(round_, scores_committed=POLICY.quorum - 1))
    assert not is_absent(state, ME, Role.EVALUATOR, round_.score_reveal_end)
    put(state, round_)
    state.scores_revealed.append(0)
    assert not is_absent(state, ME, Role.EVALUATOR, round_.score_reveal_end)


def test_aggregator__its_last_turn_is_over__is_absent() -> None:
    """P-27: once none of turns 0 to 3 is left to it."""
    state, round_ = scored()
    own = {name: [turn for turn in range(4) if state.whose(turn) == name] for name in NAMES[:3]}
    for name, turns in own.items():
        for turn in range(5):
            time = round_.score_reveal_end + turn * POLICY.settle
            assert is_absent(state, name, Role.AGGREGATOR, time) == (bool(turns) and max(turns) < turn)


def test_aggregator__settled__the_turns_before_that_were_missed() -> None:
    state, round_ = scored()
    put(state, replace(round_, turn=2, final_at=round_.score_reveal_end + 90))
    due = {name for name in NAMES[:3] if is_absent(state, name, Role.AGGREGATOR, round_.score_reveal_end + 30)}
    assert due == {state.whose(turn) for turn in (0, 1)} - {state.whose(2)}


def test_aggregator__after_a_conviction__only_turns_since_then_count() -> None:
    state, round_ = scored(turn=3, convicted=True)
    times = (round_.score_reveal_end, round_.score_reveal_end + POLICY.settle)
    last = state.whose(3)
    for name in NAMES[:3]:
        assert [is_absent(state, name, Role.AGGREGATOR, time) for time in times] == [False, name == last]


@pytest.mark.parametrize("change", [{"scores_revealed": 2}, {"revealed": 2}], ids=["no quorum", "too few updates"])
def test_aggregator__nothing_to_settle__is_not_absent(change: dict[str, int]) -> None:
    state, round_ = scored()
    put(state, replace(round_, **change))
    assert not any(is_absent(state, name, Role.AGGREGATOR, round_.score_reveal_end + 999) for name in NAMES[:3])


def test_absent__nobody_of_the_round__never() -> None:
    state, round_ = in_round()
    assert not is_absent(state, NAMES[5], Role.TRAINER, round_.train_end)
    assert state.clock is not None
    state.clock.live = False
    assert not is_absent(state, ME, Role.TRAINER, round_.train_end)


# -------------------------------------------------------------------------------------------------- counts


def wrong(state: State, name: str, time: int, **args: int | str) -> bool:
    """Whether an event is found to be wrong."""
    sheet = Sheet()
    on_members.check(event(name, time, operator=ME, **args), state, sheet)
    return bool(sheet.findings)


def test_absent__reported__once_a_round_and_with_the_running_count() -> None:
    state, round_ = in_round()
    due, role = round_.train_end, int(Role.TRAINER)
    assert not wrong(state, "Absent", due, role=role, round=1, count=1)
    assert wrong(state, "Absent", due - 1, role=role, round=1, count=1)
    assert wrong(state, "Absent", due, role=role, round=1, count=2)
    state.take(event("Absent", due, operator=ME, role=role, round=1, count=1))
    assert wrong(state, "Absent", due, role=role, round=1, count=1)
    put(state, replace(round_, round=2))
    assert not wrong(state, "Absent", due, role=role, round=2, count=2)
    assert wrong(state, "Absent", due, role=role, round=2, count=1)


def test_evicted__two_rounds_after_the_third_absence__is_found() -> None:
    """The contract evicts with the report of the third absence running, and for nothing older."""
    state, round_ = in_round()
    put(state, replace(round_, round=3))
    state.take(event("Absent", 1, operator=ME, role=1, round=3, count=3))
    assert not wrong(state, "Evicted", 1, until=3)
    put(state, replace(round_, round=5))
    assert wrong(state, "Evicted", 1, until=5)
    state.take(event("Absent", 1, operator=ME, role=1, round=5, count=2))
    assert wrong(state, "Evicted", 1, until=5)
