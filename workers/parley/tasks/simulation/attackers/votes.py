"""Evaluators that score nothing: a constant, the last medians, random numbers, friends (F-21 to F-23)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from parley.numerics.rules import BASIS
from parley.numerics.scoring import MAX_SCORE, ScoreVector
from parley.tasks.simulation.panel import Sitting


@dataclass(frozen=True)
class Constant:
    """Gives everybody the same score (F-23).

    Attributes:
        score: 1 to 65535.
    """

    score: int = 1

    def vote(self, sitting: Sitting) -> ScoreVector:
        """The same score for all."""
        return sitting.vector([self.score] * len(sitting.updates))


@dataclass(frozen=True)
class LastMedians:
    """Copies the scores that the last round settled (F-22)."""

    def vote(self, sitting: Sitting) -> ScoreVector:
        """The last medians; in the first round an equal split."""
        if sitting.settled is None:
            return sitting.vector([1 + BASIS // len(sitting.updates)] * len(sitting.updates))
        return sitting.vector(sitting.settled.scores)


@dataclass(frozen=True)
class Guesser:
    """Splits the basis points at random (F-23).

    Attributes:
        index: tells the seeds of several apart.
    """

    index: int

    def vote(self, sitting: Sitting) -> ScoreVector:
        """A split drawn from Dirichlet(1, ..., 1)."""
        random = np.random.default_rng([sitting.seed, sitting.round, 19, self.index])
        return sitting.vector([1 + int(BASIS * share) for share in random.dirichlet([1.0] * len(sitting.updates))])


@dataclass(frozen=True)
class Colluder:
    """Votes its friends up and everybody else out (F-21).

    Attributes:
        friends: their reveal indices.
        kind: gives others 1, which leaves them in without pay, instead of 0.
    """

    friends: Collection[int] = ()
    kind: bool = False

    def vote(self, sitting: Sitting) -> ScoreVector:
        """The highest score for friends."""
        others = 1 if self.kind else 0
        return sitting.vector([MAX_SCORE if i in self.friends else others for i in range(len(sitting.updates))])
