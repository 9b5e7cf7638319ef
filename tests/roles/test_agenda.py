"""What an operator must do and by when: the same as its workers decide, in every phase."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.disputed import Conviction, Demand
from parley.chain.model import MemberState, Phase, Role
from parley.chain.view import LAST_TURN, RevealedVector, View
from parley.numerics.faults import Node, Tree
from parley.roles import evaluator, trainer
from parley.roles.actions import CommitScores, CommitUpdate, RevealScores, RevealUpdate, Wait
from parley.roles.agenda import Item, State, agenda
from tests.roles.builders import (
    FEDERATION,
    HEADER,
    ME,
    MEMBER,
    NOW,
    OTHER,
    POLICY,
    RECORD,
    SETTLEMENT,
    TERMS,
    view_in,
)

pytestmark = pytest.mark.unit

LIVE = [phase for phase in Phase if phase not in (Phase.IDLE, Phase.CLOSED)]
JUDGE = replace(MEMBER, roles=Role.EVALUATOR, seated=True)
SETTLER = replace(MEMBER, roles=Role.AGGREGATOR, aggregator_position=1)
NOBODY = replace(MEMBER, roles=Role(0))


def states(view: View, role: str) -> list[tuple[str, State]]:
    return [(item.action, item.state) for item in agenda(view) if item.role == role]


def only(view: View, role: str) -> Item:
    (item,) = [item for item in agenda(view) if item.role == role]
    return item


@pytest.mark.parametrize("phase", LIVE)
def test_trainer__each_phase__now_is_what_its_worker_would_do(phase: Phase) -> None:
    for me in (MEMBER, replace(MEMBER, committed=True), replace(MEMBER, committed=True, revealed=True)):
        record = replace(RECORD, commitments={ME: b"c"} if me.committed else {}, reveals=())
        record = replace(record, reveals=(replace(RECORD.reveals[0], operator=ME),)) if me.revealed else record
        view = view_in(phase, me=me, record=record)
        decided = trainer.decide(view)
        now = [item.action for item in agenda(view) if item.state is State.NOW and item.role == "trainer"]
        expected = {CommitUpdate(4): ["commit to an update"], RevealUpdate(4): ["reveal the update"]}
        assert now == expected.get(decided, [])  # type: ignore[call-overload]


@pytest.mark.parametrize("phase", LIVE)
def test_evaluator__each_phase__now_is_what_its_worker_would_do(phase: Phase) -> None:
    for me in (JUDGE, replace(JUDGE, scores_committed=True), replace(JUDGE, seated=False)):
        view = view_in(
            phase, me=me, record=replace(RECORD, score_commitments={ME: b"c"} if me.scores_committed else {})
        )
        decided = evaluator.decide(view, committed_is_current=True)
        now = [item.action for item in agenda(view) if item.state is State.NOW and item.role == "evaluator"]
        expected = {CommitScores(4): ["commit to scores"], RevealScores(4): ["reveal the scores"]}
        assert now == expected.get(decided, [])  # type: ignore[call-overload]


def test_trainer__as_the_round_goes__now_later_done_missed() -> None:
    assert states(view_in(Phase.TRAIN), "trainer") == [
        ("commit to an update", State.NOW),
        ("reveal the update", State.LATER),
    ]
    committed = replace(RECORD, commitments={ME: b"c"})
    me = replace(MEMBER, committed=True)
    assert [s for _, s in states(view_in(Phase.REVEAL, me=me, record=committed), "trainer")] == [State.DONE, State.NOW]
    assert [s for _, s in states(view_in(Phase.KEY, me=me, record=committed), "trainer")] == [State.DONE, State.MISSED]
    assert [s for _, s in states(view_in(Phase.REVEAL), "trainer")] == [State.MISSED, State.MISSED]


def test_windows__of_each_duty__open_and_close_with_their_phases() -> None:
    """A window that has opened has no beginning any more; deadlines are the chain's."""
    view = view_in(Phase.TRAIN)
    commit, reveal = agenda(view)
    assert (commit.opens, commit.closes) == (None, view.round.train_end)
    assert (reveal.opens, reveal.closes) == (view.round.train_end, view.round.reveal_end)
    assert (commit.phase, reveal.phase) == (Phase.TRAIN, Phase.REVEAL)
    _, reveal = agenda(view_in(Phase.REVEAL))
    assert reveal.opens is None


def test_window__begins_with_the_next_block__is_open() -> None:
    """A block at the second of the end belongs to the next phase."""
    view = view_in(Phase.TRAIN)
    at_end = replace(view, block=replace(view.block, timestamp=view.round.train_end - 1))
    at_end = replace(at_end, round=replace(at_end.round, committed=3))
    assert at_end.phase == Phase.REVEAL
    assert agenda(at_end)[1].opens is None


def test_evaluator__not_seated__not_due_and_why() -> None:
    """P-27."""
    view = view_in(Phase.SCORE_COMMIT, me=replace(JUDGE, seated=False))
    assert {(item.state, item.remark) for item in agenda(view)} == {(State.NOTHING, "not seated")}
    drawn = replace(view, round=replace(view.round, drawn=True, seeded=False))
    assert {item.remark for item in agenda(drawn)} == {"seats are not drawn yet"}


def test_evaluator__revealed__both_done() -> None:
    record = replace(RECORD, score_commitments={ME: b"c"}, vectors=(RevealedVector(0, ME, b"", b""),))
    me = replace(JUDGE, scores_committed=True, scores_revealed=True)
    view = view_in(Phase.SETTLE, me=me, record=record)
    assert [state for _, state in states(view, "evaluator")] == [State.DONE, State.DONE]


@pytest.mark.parametrize(
    ("first", "last", "remark"), [(5, 2**24 - 1, "in from round 5 on"), (1, 3, "it has left")], ids=["later", "left"]
)
def test_member__does_not_act_in_this_round__not_due_and_why(first: int, last: int, remark: str) -> None:
    """P-7: rosters do not change within a round."""
    everything = Role.TRAINER | Role.EVALUATOR | Role.AGGREGATOR
    me = replace(MEMBER, roles=everything, first_round=first, last_round=last)
    for item in agenda(view_in(Phase.TRAIN, me=me)):
        assert (item.state, item.remark) == (State.NOTHING, remark)


# ------------------------------------------------------------------------------------------------------ aggregator


def in_turn(turn: int, me: MemberState = SETTLER, **changes: object) -> View:
    """A view in Settle, in a turn; turns are of the positions 0, 1, 0, 1."""
    view = view_in(Phase.SETTLE, me=me, **changes)  # type: ignore[arg-type]
    ends = view.round.score_reveal_end
    later = replace(view.block, timestamp=ends + turn * POLICY.settle)
    moved = replace(view, block=later, round=replace(view.round, turn=turn))
    assert moved.turn == turn
    return moved


def test_aggregator__before_its_turn__when_it_comes() -> None:
    view = view_in(Phase.SCORE_REVEAL, me=SETTLER)
    item = only(view, "aggregator")
    start = view.round.score_reveal_end + POLICY.settle
    assert (item.action, item.state, item.opens, item.closes) == (
        "settle in turn 1",
        State.LATER,
        start,
        start + POLICY.settle,
    )


def test_aggregator__turn_by_turn__later_now_and_again() -> None:
    seen = [(only(in_turn(turn), "aggregator").action, only(in_turn(turn), "aggregator").state) for turn in range(4)]
    assert seen == [
        ("settle in turn 1", State.LATER),
        ("settle in turn 1", State.NOW),
        ("settle in turn 3", State.LATER),
        ("settle in turn 3", State.NOW),
    ]


def test_aggregator__its_turns_passed__missed() -> None:
    me = replace(SETTLER, aggregator_position=0)
    item = only(in_turn(3, me), "aggregator")
    assert (item.action, item.state) == ("settle in turn 2", State.MISSED)


def test_aggregator__no_turn_drawn__the_last_is_anybodys() -> None:
    item = only(in_turn(0, replace(SETTLER, aggregator_position=7)), "aggregator")
    assert (item.state, item.remark) == (State.NOTHING, f"no turn was drawn for it; turn {LAST_TURN} is anybody's")
    undrawn = only(view_in(Phase.TRAIN, me=SETTLER, turns=()), "aggregator")
    assert undrawn.remark == "turns are not drawn yet"


def test_aggregator__bond_not_covered__says_so() -> None:
    item = only(in_turn(1, free_stake=5), "aggregator")
    assert item.state is State.NOTHING
    assert item.remark is not None
    assert "does not cover the bond" in item.remark


def test_aggregator__it_settled__done_even_if_that_fell() -> None:
    header = replace(HEADER, aggregator=ME, turn=1)
    record = replace(RECORD, settlement=SETTLEMENT, header=header)
    view = view_in(Phase.CHALLENGE, me=SETTLER, record=record)
    view = replace(view, round=replace(view.round, turn=1))
    assert only(view, "aggregator").state is State.DONE
    fallen = replace(RECORD, convictions=(Conviction(SETTLEMENT, header, OTHER, False, 1, b"t"),))
    again = in_turn(2, record=fallen)
    assert (only(again, "aggregator").action, only(again, "aggregator").state) == ("settle in turn 1", State.DONE)


def test_aggregator__somebody_else_settled__nothing_is_due() -> None:
    record = replace(RECORD, settlement=SETTLEMENT, header=replace(HEADER, turn=0))
    item = only(view_in(Phase.CHALLENGE, me=SETTLER, record=record), "aggregator")
    assert (item.state, item.remark) == (State.NOTHING, "the round is settled")


def demanded(view: View, *deadlines: int) -> View:
    """The view with demands on the standing settlement of ME."""
    header = replace(HEADER, aggregator=ME)
    settlement = view.hash_of(4, header)
    demands = tuple(
        Demand(settlement, Node(Tree.ROW, 0, 8, place), b"n", OTHER, deadline, 1)
        for place, deadline in enumerate(deadlines)
    )
    record = replace(RECORD, settlement=SETTLEMENT, header=header, demands=demands)
    return replace(view, records={4: record})


def test_aggregator__demands__come_first_with_the_nearest_deadline() -> None:
    """P-22: silence costs the bond, of a former member too."""
    for me in (SETTLER, NOBODY):
        view = demanded(view_in(Phase.CHALLENGE, me=me), NOW + 9, NOW + 7)
        first = next(item for item in agenda(view) if item.role == "aggregator")
        assert (first.action, first.state, first.closes) == ("answer 2 demands for data", State.NOW, NOW + 7)
    assert agenda(demanded(view_in(Phase.CHALLENGE, me=SETTLER), NOW + 7))[0].action == "answer 1 demand for data"


# --------------------------------------------------------------------------------------------------------- sponsor

MINE = replace(FEDERATION, sponsor=ME)


@pytest.mark.parametrize(
    ("phase", "known", "state"),
    [
        (Phase.TRAIN, 3, State.LATER),
        (Phase.REVEAL, 3, State.LATER),
        (Phase.KEY, 3, State.NOW),
        (Phase.KEY, 4, State.DONE),
        (Phase.SCORE_COMMIT, 4, State.DONE),
        (Phase.SCORE_COMMIT, 3, State.MISSED),
        (Phase.CHALLENGE, 3, State.MISSED),
    ],
)
def test_sponsor__key__later_now_done_or_missed(phase: Phase, known: int, state: State) -> None:
    """P-24."""
    view = view_in(phase, me=NOBODY, federation=replace(MINE, key_round=known))
    item = only(view, "sponsor")
    assert (item.action, item.state) == ("open the validation shard", state)


def test_sponsor__reveals_not_confirmed__waits_for_them() -> None:
    """P-28: a reorg must not let a trainer answer to an opened shard."""
    view = view_in(Phase.KEY, me=NOBODY, federation=MINE)
    (item,) = [item for item in agenda(view, confirmations=10) if item.role == "sponsor"]
    assert (item.state, item.remark) == (State.LATER, "the reveals are not settled")


def test_sponsor__public_validation_or_another__owes_nothing() -> None:
    public = view_in(Phase.KEY, me=NOBODY, federation=MINE)
    assert agenda(replace(public, terms=replace(TERMS, anchor=bytes(32)))) == []
    assert agenda(view_in(Phase.KEY, me=NOBODY)) == []


# ---------------------------------------------------------------------------------------------------------- the rest


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.CLOSED])
def test_between_rounds__anybody__owes_nothing(phase: Phase) -> None:
    assert agenda(view_in(phase)) == []


@pytest.mark.parametrize(
    ("phase", "action"),
    [(Phase.FINALIZABLE, "make the round final"), (Phase.VOIDABLE, "end the round, which is void")],
)
def test_due_round__member__may_end_it(phase: Phase, action: str) -> None:
    item = only(view_in(phase), "anybody")
    assert (item.action, item.state, item.closes) == (action, State.NOW, None)
    assert not [item for item in agenda(view_in(phase, me=NOBODY)) if item.role == "anybody"]


def test_void_round__open_duties__are_not_due_any_more() -> None:
    assert [state for _, state in states(view_in(Phase.VOIDABLE), "trainer")] == [State.NOTHING, State.NOTHING]


def test_evaluator__before_the_panel__decides_as_before() -> None:
    """The reason that a screen shows is the one that a worker waits for."""
    view = view_in(Phase.SCORE_COMMIT, me=replace(JUDGE, seated=False))
    assert evaluator.decide(view, committed_is_current=True) == Wait("not seated")
