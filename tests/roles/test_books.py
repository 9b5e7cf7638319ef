"""What everybody has earned, recomputed from the chain alone (P-12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.model import Header, Phase, Policy
from parley.chain.view import Reveal, RevealedVector, RoundRecord, View
from parley.errors import ChainError
from parley.numerics.rewards import RewardTree
from parley.numerics.scoring import ScoreVector
from parley.roles.books import Books, votes_of
from tests.roles.builders import FEDERATION, HEADER, OTHER, POLICY, RECORD, view_in

pytestmark = pytest.mark.unit

TRAINERS = tuple("0x" + f"{i:02x}" * 20 for i in range(1, 6))
EVALUATORS = tuple("0x" + f"{i:02x}" * 20 for i in range(0xA1, 0xA4))
MEMBERS = dict(enumerate((*TRAINERS, *EVALUATORS, OTHER)))
SCORES = (5001, 3001, 2001, 1, 0)


def policy(version: int) -> Policy:
    """The only policy there is."""
    assert version == 1
    return POLICY


def scored_round(number: int, scores: tuple[int, ...] = SCORES) -> RoundRecord:
    """A round in which three evaluators agree."""
    scales = tuple(65536 if score else 0 for score in scores)
    vector = ScoreVector(1 << 24, scores, scales).encode()
    return replace(
        RECORD,
        number=number,
        reveals=tuple(Reveal(i, t, bytes([i + 1]) * 32, bytes([i + 1]) * 32, 95) for i, t in enumerate(TRAINERS)),
        vectors=tuple(RevealedVector(seat, e, vector, b"s" * 32) for seat, e in enumerate(EVALUATORS)),
        header=replace(HEADER, aggregator=OTHER),
        final=True,
    )


def with_records(*records: RoundRecord) -> View:
    """A federation with this history, whose current round is the last one."""
    view = view_in(Phase.IDLE, federation=replace(FEDERATION, round=records[-1].number))
    return replace(view, records={r.number: r for r in records}, members=MEMBERS)


def settled_honestly(view: View, record: RoundRecord) -> RoundRecord:
    """The record with the reward root that it must have, given the rounds before."""
    books = Books(policy)
    accounts = books.after(view, record, books.ledger(view, before=record.number), OTHER)
    header: Header = replace(HEADER, aggregator=OTHER, reward_root=RewardTree(accounts, 4).root)
    return replace(record, header=header)


def test_ledger__one_round__pays_by_merit_quality_and_turn() -> None:
    """P-12: trainers by score - 1, evaluators by agreement, the aggregator its own pool; the useless earn nothing."""
    record = scored_round(1)
    ledger = Books(policy).ledger(with_records(settled_honestly(with_records(record), record)))
    pool = POLICY.trainer_pool
    assert [ledger[i].cumulative for i in range(5)] == [pool // 2, pool * 3 // 10, pool // 5, 0, 0]
    assert {ledger[i].cumulative for i in (5, 6, 7)} == {POLICY.evaluator_pool // 3}
    assert ledger[8].cumulative == POLICY.aggregator_pool
    assert {i: a.operator for i, a in ledger.items()} == MEMBERS


def test_ledger__two_rounds__accumulates_and_passes_over_void_ones() -> None:
    """P-10, P-12: cumulative over final rounds; a void one leaves everything as it was."""
    first = settled_honestly(with_records(scored_round(1)), scored_round(1))
    void = replace(scored_round(2), final=False, void=True, header=None)
    third = settled_honestly(with_records(first, void, scored_round(3)), scored_round(3))
    view = with_records(first, void, third)
    once, twice = Books(policy).ledger(view, before=3), Books(policy).ledger(view)
    assert all(twice[i].cumulative == 2 * once[i].cumulative for i in once)


def test_ledger__wrong_reward_root__is_an_error() -> None:
    """A final settlement that paid something else makes all later accounts unknowable."""
    record = scored_round(1)
    with pytest.raises(ChainError, match="not what its scores earn"):
        Books(policy).ledger(with_records(replace(record, header=replace(HEADER, reward_root=b"x" * 32))))


def test_votes_of__evaluator_that_trains__has_no_vote_on_its_own_update() -> None:
    """P-11: the own reveal index goes with each vector."""
    record = scored_round(1)
    mixed = replace(record, vectors=(replace(record.vectors[0], operator=TRAINERS[2]), *record.vectors[1:]))
    assert [vote.own for vote in votes_of(with_records(mixed), mixed)] == [2, None, None]
