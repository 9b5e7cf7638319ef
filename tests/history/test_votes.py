"""What votes come to, and what they earn (P-11, P-12, P-26): the same as a settlement computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.history.model import Verdict
from parley.history.votes import Ballot, Tally, tally
from parley.numerics import scoring
from parley.numerics.scoring import ScoreVector
from tests.history.tape import AGGREGATOR, EVALUATORS, TRAINERS, vector
from tests.numerics.strategies import vectors
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit


def ballots(*told: ScoreVector, own: dict[int, int] | None = None) -> list[Ballot]:
    """Ballots by seat; `own`: reveal index of an evaluator's own update, by seat."""
    mine = own or {}
    return [
        Ballot(seat, TRAINERS[mine[seat]] if seat in mine else EVALUATORS[seat], scores, mine.get(seat))
        for seat, scores in enumerate(told)
    ]


def counted(*told: ScoreVector, own: dict[int, int] | None = None, final: bool = True) -> Tally:
    """The count, as a settlement of the aggregator has it."""
    trainers = TRAINERS[: len(told[0].scores)]
    return tally(POLICY, trainers, ballots(*told, own=own), AGGREGATOR, final=final)


def unfit(*scores: int | None) -> ScoreVector:
    """Scores, `None` for unfit; 0 is harmful here, and keeps its scale."""
    return ScoreVector(9, tuple(s or 0 for s in scores), tuple(0 if s is None else 100 for s in scores))


@pytest.mark.parametrize(
    ("votes", "score", "verdict"),
    [
        ((3001, 2001, 5001), 3001, Verdict.PAID),
        ((2, 2, 2), 2, Verdict.PAID),
        ((1, 1, 9000), 1, Verdict.USELESS),
        ((0, 1, 1), 1, Verdict.USELESS),
        ((0, 0, 9000), 0, Verdict.OUTVOTED),
        ((0, 0, 0), 0, Verdict.OUTVOTED),
        ((None, None, 9000), 0, Verdict.UNAVAILABLE),
        ((None, 0, 0), 0, Verdict.OUTVOTED),
        ((None, None, 0), 0, Verdict.UNAVAILABLE),
        ((0, 0, 5, 5), 1, Verdict.USELESS),
        ((0, 0, 0, 5), 0, Verdict.OUTVOTED),
        ((None, None, 0, 0), 0, Verdict.UNAVAILABLE),
        ((None, 0, 0, 0), 0, Verdict.OUTVOTED),
    ],
    ids=str,
)
def test_verdict__of_the_votes_on_an_update__names_what_became_of_it(
    votes: tuple[int | None, ...], score: int, verdict: Verdict
) -> None:
    """P-11: half of an even panel excludes nobody; P-23: what a majority cannot fetch is left out."""
    (entry,) = counted(*(unfit(vote) for vote in votes)).entries
    assert (entry.score, entry.verdict) == (score, verdict)


def test_verdict__two_votes_only__too_few() -> None:
    """P-11: fewer than three votes leave an update out; one's own is none."""
    told = [unfit(5, 5), unfit(5, 5), unfit(5, 5)]
    first, second = counted(*told, own={0: 0}).entries
    assert (first.score, first.verdict) == (0, Verdict.TOO_FEW_VOTES)
    assert second.verdict is Verdict.PAID
    assert [vote.own for vote in first.votes] == [True, False, False]
    assert not any(vote.own for vote in second.votes)


def test_votes__each_evaluator__is_named_with_what_it_said() -> None:
    entry = counted(unfit(7), unfit(None), unfit(0)).entries[0]
    said = [(vote.seat, vote.operator, vote.score, vote.scale) for vote in entry.votes]
    assert said == [(0, EVALUATORS[0], 7, 100), (1, EVALUATORS[1], 0, 0), (2, EVALUATORS[2], 0, 100)]


def test_tally__no_settlement_stands__nothing_is_settled_and_nothing_earned() -> None:
    told = tally(POLICY, TRAINERS[:1], ballots(vector(5), vector(5), vector(5)), None, final=False)
    assert (told.norm, told.quality, told.earned) == (None, {}, {})
    assert (told.entries[0].score, told.entries[0].verdict, told.entries[0].earned) == (None, Verdict.UNSETTLED, 0)
    assert len(told.entries[0].votes) == 3


def test_tally__settled_but_not_final__scores_without_money() -> None:
    told = counted(vector(5), vector(5), vector(5), final=False)
    assert told.entries[0].score == 5
    assert (told.entries[0].earned, told.earned, told.evaluators) == (0, {}, {})
    assert told.quality.keys() == set(EVALUATORS[:3])


def test_tally__operator_in_all_roles__earns_the_sum() -> None:
    """P-12: one account for all that an operator does."""
    told = [vector(5, 2, 9), vector(5, 2, 9), vector(5, 2, 9), vector(5, 3, 9)]
    everybody = ballots(*told, own={0: 0})
    found = tally(POLICY, TRAINERS[:3], everybody, TRAINERS[0], final=True)
    one = TRAINERS[0]
    assert found.entries[0].earned > 0
    assert found.evaluators[one] > 0
    assert found.earned[one] == found.entries[0].earned + found.evaluators[one] + POLICY.aggregator_pool


def test_tally__nobody_useful__only_the_aggregator_earns_what_is_certain() -> None:
    """P-12: 0 where the denominator is 0."""
    found = counted(vector(1, 1), vector(1, 1), vector(1, 1))
    assert [entry.earned for entry in found.entries] == [0, 0]
    assert found.earned[AGGREGATOR] == POLICY.aggregator_pool


@given(st.data())
def test_tally__any_votes__pays_what_the_numerics_pay_and_no_more_than_the_reward(data: st.DataObject) -> None:
    """P-11, P-12, P-26: one arithmetic for settlement and story."""
    count, seats = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    told = [data.draw(vectors(count)) for _ in range(seats)]
    own = data.draw(st.dictionaries(st.integers(0, seats - 1), st.integers(0, count - 1), max_size=seats))
    places = [own.get(seat) for seat in range(seats)]
    found = counted(*told, own=own)
    settled = scoring.medians(told, places, count)
    assert tuple(entry.score for entry in found.entries) == settled.scores
    assert tuple(entry.scale for entry in found.entries) == settled.scales
    assert found.norm == settled.norm
    assert [entry.earned for entry in found.entries] == scoring.trainer_shares(POLICY.trainer_pool, settled.scores)
    assert sum(found.earned.values()) <= POLICY.reward
    included = {Verdict.PAID, Verdict.USELESS}
    assert all((entry.verdict in included) == bool(entry.score) for entry in found.entries)
