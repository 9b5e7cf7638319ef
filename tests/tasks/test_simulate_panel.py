"""Evaluators who score nothing earn less than those who score, and a minority of them settles nothing (P-11, P-26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.scoring import evaluator_quality
from parley.tasks.simulate import Config, Evaluator, HonestEvaluator, Played
from parley.tasks.simulation.attackers.votes import Colluder, Constant, Guesser, LastMedians
from tests.tasks.federations import TOLERANCE, Recorded, calm, federate, outcome

pytestmark = pytest.mark.unit

SEEDS = (0, 1)
SEATS = 5
CONFIG = Config(rounds=6)
LONG = Config(rounds=10, trainers=10)


def panel(*dishonest: Evaluator, seats: int = SEATS) -> list[Evaluator]:
    return [*dishonest, *(HonestEvaluator(index) for index in range(len(dishonest), seats))]


def judged(config: Config, members: Sequence[Evaluator]) -> list[Played]:
    return federate(config, panel=members)


def pay_by_seat(config: Config, rounds: Sequence[Played]) -> np.ndarray:
    """What each seat earned in the rounds in which some trainer did."""
    merit = [played for played in rounds if any(score > 1 for score in played.result.settled.scores)]
    assert len(merit) >= 3, "too few rounds tell evaluators apart"
    return np.array([[played.result.earned[config.trainers + seat] for seat in range(SEATS)] for played in merit]).sum(
        axis=0, dtype=np.float64
    )


def relative(dishonest: Evaluator) -> float:
    """Its pay over an honest evaluator's, over ten rounds with ten trainers on each seed."""
    configs = [replace(LONG, seed=seed) for seed in SEEDS]
    pay = np.sum([pay_by_seat(config, judged(config, panel(dishonest))) for config in configs], axis=0)
    return float(pay[0] / pay[1:].mean())


def test_colluders__two_of_five_for_a_friend__medians_stay_among_honest_votes() -> None:
    """F-21: fewer than half of a panel move a score no further than some honest vote."""
    honest = [Recorded(HonestEvaluator(index)) for index in range(2, SEATS)]
    rounds = judged(CONFIG, [Colluder((0,), kind=True), Colluder((0,), kind=True), *honest])
    for number, played in enumerate(rounds):
        votes = np.array([one.votes[number].scores for one in honest])
        assert (np.array(played.result.settled.scores) >= votes.min(axis=0)).all()
        assert (np.array(played.result.settled.scores) <= votes.max(axis=0)).all()


def test_colluders__half_vote_zero_on_all_others__hardly_anybody_is_left_out() -> None:
    """F-21: half of an even panel excludes nobody by itself (P-11); the model is as good."""
    rounds = judged(CONFIG, panel(Colluder((0,)), Colluder((0,)), seats=4))
    result = outcome(rounds, [])
    assert result.left_out <= 0.1
    assert result.accuracy > calm(CONFIG).accuracy - TOLERANCE


def test_copier__last_round_s_medians__earns_less_than_an_honest_evaluator() -> None:
    """F-22: votes are sealed until all are in; old ones agree no better than trainers' shares last."""
    assert relative(LastMedians()) <= 0.6


@pytest.mark.parametrize("score", [1, 2001, 65535])
def test_constant__any_score__earns_nothing_where_a_trainer_earns(score: int) -> None:
    """F-23: a constant agrees with shifted scores as well as with the settled ones (P-26)."""
    assert pay_by_seat(CONFIG, judged(CONFIG, panel(Constant(score))))[0] == 0


def test_guesser__random_splits__earns_less_than_an_honest_evaluator() -> None:
    """F-23: chance agreement is taken off, and quality counts squared (P-26)."""
    assert relative(Guesser(50)) <= 0.5


@given(st.lists(st.integers(0, 65535), min_size=2, max_size=40), st.integers(0, 65535))
def test_quality__constant_votes_on_any_settled_scores__is_zero(settled: list[int], score: int) -> None:
    """F-23: exactly, whatever the others vote (P-26)."""
    assert evaluator_quality([score] * len(settled), settled, None) == 0
