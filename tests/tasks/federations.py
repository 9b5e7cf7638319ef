"""Federations under attack, for tests: what the attacker took, what an honest trainer took, what the model is worth.

Pay is in shares of the trainers' pools of all rounds. Bounds in tests are the figures of the design's table with a
tolerance for few seeds and rounds; they were fixed before the tests ran.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scripts.incentives.perceptron import fast_digits

from parley.numerics.scoring import ScoreVector
from parley.tasks.simulate import POOL, Config, Evaluator, Ground, Participant, Played, Sitting
from parley.tasks.simulate import federate as federate_with

Muster = Callable[[Ground], Sequence[Participant]]
Panel = Sequence[Evaluator] | None

TOLERANCE = 0.03
"""Accuracy that an attack may cost on one seed: a test set of 360 samples is good to about 0.012."""


def federate(config: Config, muster: Muster = lambda ground: ground.honest, panel: Panel = None) -> list[Played]:
    """A federation on digits, trained without torch's overhead for each step."""
    return federate_with(config, muster, panel, fast_digits())


@dataclass(frozen=True)
class Outcome:
    """A federation that is over, or the mean of several.

    Attributes:
        hostile: what all identities of the attacker took.
        honest: what an honest trainer took on average.
        accuracy: of the last model.
        left_out: share of the honest updates that were left out.
    """

    hostile: float
    honest: float
    accuracy: float
    left_out: float


def outcome(played: Sequence[Played], hostile: Sequence[int]) -> Outcome:
    """Sum rounds up, given the attacker's reveal indices."""
    count = len(played[0].result.settled.scores)
    pay = [sum(one.result.earned[i] for one in played) / (POOL * len(played)) for i in range(count)]
    honest = [i for i in range(count) if i not in hostile]
    left_out = np.mean([[i not in one.result.included for i in honest] for one in played])
    return Outcome(
        sum(pay[i] for i in hostile), float(np.mean([pay[i] for i in honest])), played[-1].accuracy, float(left_out)
    )


def turned(config: Config, *turn: Callable[[Ground], Participant]) -> Outcome:
    """As many of the first trainers as there are functions, replaced by what these make of the ground."""
    played = federate(config, lambda ground: [*(one(ground) for one in turn), *ground.honest[len(turn) :]])
    return outcome(played, range(len(turn)))


def joined(config: Config, identities: Callable[[Ground], Sequence[Participant]]) -> Outcome:
    """The honest trainers, with the attacker's identities behind them."""
    played = federate(config, lambda ground: [*ground.honest, *identities(ground)])
    return outcome(played, range(config.trainers, len(played[0].result.settled.scores)))


def mean(outcomes: Sequence[Outcome]) -> Outcome:
    """The mean of several federations."""
    rows = np.array([[one.hostile, one.honest, one.accuracy, one.left_out] for one in outcomes])
    return Outcome(*rows.mean(axis=0).tolist())


@cache
def calm(config: Config) -> Outcome:
    """The same federation when nobody attacks."""
    return outcome(federate(config), [])


class Recorded:
    """An evaluator whose votes are kept."""

    def __init__(self, inner: Evaluator) -> None:
        self.inner = inner
        self.votes: list[ScoreVector] = []

    def vote(self, sitting: Sitting) -> ScoreVector:
        self.votes.append(self.inner.vote(sitting))
        return self.votes[-1]
