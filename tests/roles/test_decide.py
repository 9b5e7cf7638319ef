"""Tables of decisions: every role in every phase, and the situations that a restart or a late start leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.model import MemberState, Phase, Role
from parley.roles import aggregator, evaluator, sponsor, trainer
from parley.roles.actions import (
    Action,
    Advance,
    CommitScores,
    CommitUpdate,
    OpenValidation,
    RevealScores,
    RevealUpdate,
    Settle,
    Wait,
)
from tests.roles.builders import FEDERATION, HEADER, ME, MEMBER, NOW, POLICY, RECORD, view_in

pytestmark = pytest.mark.unit

EVALUATOR = replace(MEMBER, roles=Role.EVALUATOR, seated=True)
AGGREGATOR = replace(MEMBER, roles=Role.AGGREGATOR, aggregator_position=0)
COMMITTED = replace(MEMBER, committed=True)
SCORED = replace(EVALUATOR, scores_committed=True)


def kind(action: Action) -> type[Action]:
    """What an action is, for tables."""
    return type(action)


@pytest.mark.parametrize(
    ("phase", "me", "expected"),
    [
        (Phase.IDLE, MEMBER, Wait),
        (Phase.TRAIN, MEMBER, CommitUpdate),
        (Phase.TRAIN, COMMITTED, Wait),
        (Phase.TRAIN, replace(MEMBER, first_round=5), Wait),
        (Phase.TRAIN, replace(MEMBER, last_round=3), Wait),
        (Phase.TRAIN, replace(MEMBER, roles=Role(0)), Wait),
        (Phase.REVEAL, COMMITTED, RevealUpdate),
        (Phase.REVEAL, MEMBER, Wait),
        (Phase.REVEAL, replace(COMMITTED, revealed=True), Wait),
        (Phase.KEY, COMMITTED, Wait),
        (Phase.SCORE_COMMIT, COMMITTED, Wait),
        (Phase.SETTLE, COMMITTED, Wait),
        (Phase.CHALLENGE, COMMITTED, Wait),
        (Phase.FINALIZABLE, COMMITTED, Advance),
        (Phase.VOIDABLE, COMMITTED, Advance),
        (Phase.CLOSED, COMMITTED, Wait),
    ],
)
def test_trainer_decide__phase_and_standing__names_the_action(
    phase: Phase, me: MemberState, expected: type[Action]
) -> None:
    """P-10: a worker that starts late, restarts, or finds its phase over does the right thing."""
    assert kind(trainer.decide(view_in(phase, me=me))) is expected


@pytest.mark.parametrize(
    ("phase", "me", "current", "expected"),
    [
        (Phase.TRAIN, EVALUATOR, False, Wait),
        (Phase.SCORE_COMMIT, EVALUATOR, False, CommitScores),
        (Phase.SCORE_COMMIT, SCORED, True, Wait),
        (Phase.SCORE_COMMIT, SCORED, False, CommitScores),
        (Phase.SCORE_COMMIT, replace(EVALUATOR, seated=False), False, Wait),
        (Phase.SCORE_COMMIT, MEMBER, False, Wait),
        (Phase.SCORE_REVEAL, SCORED, True, RevealScores),
        (Phase.SCORE_REVEAL, SCORED, False, RevealScores),
        (Phase.SCORE_REVEAL, EVALUATOR, False, Wait),
        (Phase.SCORE_REVEAL, replace(SCORED, scores_revealed=True), True, Wait),
        (Phase.SETTLE, SCORED, True, Wait),
        (Phase.FINALIZABLE, SCORED, True, Advance),
    ],
)
def test_evaluator_decide__phase_and_standing__names_the_action(
    phase: Phase, me: MemberState, current: bool, expected: type[Action]
) -> None:
    """P-28: scores committed for other reveals, before a reorg, are committed anew."""
    assert kind(evaluator.decide(view_in(phase, me=me), committed_is_current=current)) is expected


@pytest.mark.parametrize(
    ("position", "turns", "expected"),
    [(0, (0, 1, 0, 1), Settle), (1, (0, 1, 0, 1), Wait), (0, (), Wait), (2**16 - 1, (0, 1, 0, 1), Wait)],
)
def test_aggregator_decide__settle_phase__acts_in_its_turn_only(
    position: int, turns: tuple[int, ...], expected: type[Action]
) -> None:
    """P-27: turns 0 to 3 belong to the aggregators drawn."""
    view = view_in(Phase.SETTLE, me=replace(AGGREGATOR, aggregator_position=position), turns=turns)
    assert kind(aggregator.decide(view)) is expected


def test_aggregator_decide__last_turn__is_anybodys_with_the_free_stake() -> None:
    """P-27: turn 4 belongs to any operator that can lock the bond."""
    view = view_in(Phase.SETTLE, me=replace(MEMBER, roles=Role(0)))
    late = replace(view, round=replace(view.round, score_reveal_end=NOW - 4 * POLICY.settle, turn=3))
    assert late.turn == 4
    assert aggregator.decide(late) == Settle(4, 4)
    assert kind(aggregator.decide(late, own_key=False)) is Wait
    assert aggregator.decide(replace(late, me=AGGREGATOR), own_key=False) == Settle(4, 4)
    assert kind(aggregator.decide(replace(late, free_stake=POLICY.bond - 1))) is Wait


@pytest.mark.parametrize(
    ("poster", "since", "expected"),
    [(ME, 0, Advance), (HEADER.aggregator, 0, Wait), (HEADER.aggregator, 2, Advance)],
)
def test_aggregator_decide__finalizable__the_poster_pokes_first(
    poster: str, since: int, expected: type[Action]
) -> None:
    """P-8: anybody may advance; whoever has a bond in the round does so at once."""
    record = replace(RECORD, header=replace(HEADER, aggregator=poster))
    view = view_in(Phase.FINALIZABLE, me=AGGREGATOR, record=record)
    assert kind(aggregator.decide(replace(view, round=replace(view.round, final_at=NOW - since)))) is expected


@pytest.mark.parametrize(
    ("free_budget", "trainers", "rounds_used", "expected"),
    [(10**22, 5, 4, Advance), (1, 5, 4, Wait), (10**22, 2, 4, Wait), (10**22, 5, 10, Wait)],
)
def test_sponsor_decide__idle__opens_only_what_can_open(
    free_budget: int, trainers: int, rounds_used: int, expected: type[Action]
) -> None:
    """P-8: budget, members and rounds left decide whether a round can open."""
    federation = replace(FEDERATION, trainers=trainers, round=rounds_used, key_round=rounds_used)
    view = view_in(Phase.IDLE, federation=federation, free_budget=free_budget)
    assert kind(sponsor.decide(view, holds_keys=True, confirmations=1)) is expected


@pytest.mark.parametrize(
    ("phase", "key_round", "confirmations", "expected"),
    [
        (Phase.KEY, 3, 1, OpenValidation(4)),
        (Phase.KEY, 3, 6, OpenValidation(4)),
        (Phase.KEY, 3, 7, Wait("the reveals are not settled")),
        (Phase.TRAIN, 2, 1, OpenValidation(3)),
        (Phase.SCORE_COMMIT, 2, 1, OpenValidation(3)),
        (Phase.TRAIN, 3, 1, Wait("nothing to do in train")),
        (Phase.KEY, 4, 1, Wait("nothing to do in key")),
    ],
)
def test_sponsor_decide__sealed_federation__opens_shards_once_reveals_are_settled(
    phase: Phase, key_round: int, confirmations: int, expected: Action
) -> None:
    """P-24: the current shard in Key, beyond the confirmation depth; a missed one as soon as it is past."""
    view = view_in(phase, federation=replace(FEDERATION, key_round=key_round))
    assert sponsor.decide(view, holds_keys=True, confirmations=confirmations) == expected


def test_sponsor_decide__no_keys__never_opens_validation() -> None:
    """P-24: with a public validation set there is nothing to open."""
    view = view_in(Phase.KEY, federation=replace(FEDERATION, key_round=0))
    assert kind(sponsor.decide(view, holds_keys=False, confirmations=1)) is Wait
