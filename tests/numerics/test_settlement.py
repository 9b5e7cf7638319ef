"""A settlement from committed data alone: what it is made of, what it refuses, and that it conserves money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics import rows, scoring, word_tree
from parley.numerics.errors import MissingUpdate, UpdateMismatch
from parley.numerics.fixed_point import encode
from parley.numerics.rewards import Account
from parley.numerics.rules import Rule
from parley.numerics.scoring import ScoreVector
from parley.numerics.settlement import (
    BLOCK_PARAMS,
    Member,
    RevealedScores,
    RevealedUpdate,
    SettlementConfig,
    SettlementInput,
    settle,
)
from tests.numerics import reference
from tests.numerics.strategies import betas, trims
from tests.numerics.strategies import rules as any_rule

pytestmark = pytest.mark.unit

PARAMS = 19
DEPTH = 6


def member(index: int) -> Member:
    return Member(index, f"0x{index + 1:040x}")


def update(trainer: int, q: np.ndarray) -> RevealedUpdate:
    return RevealedUpdate(member(trainer), word_tree.root(encode(q)), q)


def make_input(
    seed: int = 0,
    trainers: int = 4,
    evaluators: int = 4,
    params: int = PARAMS,
    config: SettlementConfig | None = None,
    trained_too: bool = False,
) -> SettlementInput:
    """A round of random content; with `trained_too` the evaluators are among the trainers."""
    rng = np.random.default_rng(seed)

    def vector() -> np.ndarray:
        return rng.integers(-(2**31), 2**31, params).astype(np.int32)

    def votes() -> ScoreVector:
        values = rng.integers(0, 6, trainers).tolist()
        return ScoreVector(
            int(rng.integers(1, 2**40)), tuple(values), tuple(int(rng.integers(1, 65537)) for _ in values)
        )

    first = 0 if trained_too else trainers
    return SettlementInput(
        config=config or SettlementConfig(Rule.TRIMMED_MEAN, 2000, 32768, params, 10**18, 10**17 + 3, 10**16, DEPTH),
        updates=[update(i, vector()) for i in range(trainers)],
        votes=[
            RevealedScores(member(first + k), votes(), k if trained_too and k < trainers else None)
            for k in range(evaluators)
        ],
        old=vector(),
        previous=vector(),
        aggregator=member(2 if trained_too else trainers + evaluators),
        ledger={0: Account(member(0).operator, 5), 9: Account(member(9).operator, 7)},
    )


def model_by_hand(given: SettlementInput, scores: Sequence[int], scales: Sequence[int]) -> list[int]:
    """The new model by the definition of P-6."""
    kept = [i for i, score in enumerate(scores) if score]
    contents = [given.updates[i].q for i in kept]
    columns = zip(*(q.tolist() for q in contents if q is not None), strict=True) if kept else [()] * given.config.params
    return [
        reference.next_parameter(
            int(given.old[p]),
            int(given.previous[p]),
            reference.aggregate(
                given.config.rule, column, [scales[i] for i in kept], [scores[i] for i in kept], given.config.trim_bps
            ),
            given.config.beta,
        )
        for p, column in enumerate(columns)
    ]


@given(any_rule, trims, betas, st.integers(0, 2**32), st.integers(0, 9), st.integers(1, 6), st.booleans())
def test_settle__p6_p11_p12__is_made_of_its_parts(
    rule: Rule, trim: int, beta: int, seed: int, trainers: int, evaluators: int, trained_too: bool
) -> None:
    """P-6, P-11, P-12, P-26: medians, model, roots, shares and rewards, each by its definition."""
    config = SettlementConfig(rule, trim, beta, PARAMS, 10**18, 10**17 + 3, 10**16, DEPTH)
    data = make_input(seed, trainers, evaluators, config=config, trained_too=trained_too)
    result = settle(data)
    own = [vote.own for vote in data.votes]
    settled = scoring.medians([vote.vector for vote in data.votes], own, trainers)
    assert (result.medians, result.norm) == (scoring.encode_medians(settled), settled.norm)
    assert result.model.tolist() == model_by_hand(data, settled.scores, settled.scales)
    assert result.model_root == word_tree.root(result.model_bytes)
    contents = [data.updates[i].q for i in result.included]
    assert result.row_root == rows.row_root([*contents, data.previous, data.old, result.model])

    merit = scoring.trainer_shares(config.trainer_pool, settled.scores)
    quality = scoring.evaluator_shares(
        config.evaluator_pool, [vote.vector.scores for vote in data.votes], own, settled.scores
    )
    expected = dict.fromkeys(result.earned, 0)
    for who, amount in [
        *((u.trainer, s) for u, s in zip(data.updates, merit, strict=True)),
        *((v.evaluator, s) for v, s in zip(data.votes, quality, strict=True)),
        (data.aggregator, config.aggregator_pool),
    ]:
        expected[who.index] += amount
    assert result.earned == expected


@given(st.integers(0, 2**32), st.integers(0, 9), st.integers(1, 6), st.booleans())
def test_settle__p17__conserves_money(seed: int, trainers: int, evaluators: int, trained_too: bool) -> None:
    """P-17, P-12: what is earned is at most the pools, is all in the ledger, and every member can prove its own."""
    data = make_input(seed, trainers, evaluators, trained_too=trained_too)
    result = settle(data)
    pools = data.config.trainer_pool + data.config.evaluator_pool + data.config.aggregator_pool
    assert data.config.aggregator_pool <= result.earned_total <= pools
    before = sum(account.cumulative for account in data.ledger.values())
    assert sum(account.cumulative for account in result.ledger.values()) == before + result.earned_total
    for index, account in result.ledger.items():
        assert account.cumulative == data.ledger.get(
            index, Account(account.operator, 0)
        ).cumulative + result.earned.get(index, 0)
        assert result.rewards.holds(index, account.operator, account.cumulative)
    assert result.reward_root == result.rewards.root


def test_settle__more_parameters_than_a_block__is_the_same_as_in_one_piece() -> None:
    params = 2 * BLOCK_PARAMS + 5
    config = replace(make_input().config, params=params)
    data = make_input(seed=5, params=params, config=config)
    result = settle(data)
    assert len(result.included) > 0
    assert result.model.tolist() == model_by_hand(data, result.settled.scores, result.settled.scales)


def test_settle__order_of_the_votes__does_not_matter() -> None:
    data = make_input(seed=3, evaluators=5)
    turned = replace(data, votes=list(reversed(data.votes)))
    one, other = settle(data), settle(turned)
    assert (one.medians, one.row_root, one.reward_root) == (other.medians, other.row_root, other.reward_root)
    assert one.earned == other.earned


def all_excluded() -> SettlementInput:
    data = make_input(trainers=3)
    vector = ScoreVector(9, (0, 0, 0), (0, 0, 0))
    return replace(data, votes=[replace(vote, vector=vector) for vote in data.votes])


def test_settle__p6__nobody_included__only_momentum_moves_the_model() -> None:
    """P-6: N = 0: the aggregate is 0."""
    data = all_excluded()
    result = settle(data)
    assert result.included == ()
    assert result.model.tolist() == model_by_hand(data, (0, 0, 0), (0, 0, 0))
    assert result.row_root == rows.row_root([data.previous, data.old, result.model])
    assert [result.earned[i] for i in range(3)] == [0, 0, 0]


def test_settle__p23__missing_words_of_an_excluded_update__are_no_matter() -> None:
    """P-23: what a majority cannot fetch is left out, and the settlement needs no one to have it."""
    data = all_excluded()
    without = replace(data, updates=[replace(u, q=None) for u in data.updates])
    assert settle(without).row_root == settle(data).row_root


def included_input() -> SettlementInput:
    data = make_input(trainers=3)
    vector = ScoreVector(9, (5, 5, 5), (65536, 65536, 65536))
    return replace(data, votes=[replace(vote, vector=vector) for vote in data.votes])


def test_settle__p23__missing_words_of_an_included_update__named() -> None:
    """P-23: the error names the reveal index, so that the worker can fetch it from another peer."""
    data = included_input()
    updates = [data.updates[0], replace(data.updates[1], q=None), data.updates[2]]
    with pytest.raises(MissingUpdate, match="update 1 is included") as caught:
        settle(replace(data, updates=updates))
    assert caught.value.index == 1
    assert caught.value.hint


def test_settle__p5__words_of_another_root__refused() -> None:
    """P-5: a damaged copy never gets into a settlement."""
    data = included_input()
    wrong = np.array(data.updates[2].q)
    wrong[7] ^= 1
    for q in (wrong, wrong[:-1]):
        updates = [*data.updates[:2], replace(data.updates[2], q=q)]
        with pytest.raises(UpdateMismatch, match="update 2 does not hash to its revealed root"):
            settle(replace(data, updates=updates))


def test_settle__model_of_another_length__refused() -> None:
    data = make_input()
    with pytest.raises(ValueError, match="a vector is int32"):
        settle(replace(data, old=data.old[:-1]))


def test_settle__member_index_with_two_operators__refused() -> None:
    data = make_input()
    with pytest.raises(ValueError, match="member 0 is"):
        settle(replace(data, aggregator=Member(0, member(1).operator)))


def test_settle__p12__an_operator_in_every_role__is_paid_once_for_all() -> None:
    """P-12: one leaf holds what all roles earned."""
    data = included_input()
    votes = [replace(data.votes[0], evaluator=member(1)), *data.votes[1:]]
    result = settle(replace(data, votes=votes, aggregator=member(1)))
    assert result.earned[1] > data.config.aggregator_pool + data.config.trainer_pool // 4
    assert result.ledger[1].cumulative == result.earned[1]


def test_settle__inputs__are_not_touched() -> None:
    data = make_input(seed=8)
    before = [encode(q) for q in (data.old, data.previous, *(u.q for u in data.updates if u.q is not None))]
    ledger = dict(data.ledger)
    settle(data)
    after = [encode(q) for q in (data.old, data.previous, *(u.q for u in data.updates if u.q is not None))]
    assert (before, ledger) == (after, data.ledger)
