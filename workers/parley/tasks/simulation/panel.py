"""Whoever scores updates, and what it can know while it scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Protocol

import numpy as np

from parley.numerics.fixed_point import Quantised, dequantise
from parley.numerics.keccak import keccak256
from parley.numerics.rules import UNIT_SCALE, rescale
from parley.numerics.scoring import ScoreVector, SettledScores, lower_median, norm_bound, norm_sq, scale_for
from parley.tasks.dataset import Dataset
from parley.tasks.judging import Judgement, judge
from parley.tasks.judging.halves import half
from parley.tasks.judging.marginals import leave_one_out, losses_on, marginals
from parley.tasks.judging.verdicts import verdicts
from parley.tasks.protocol import Task


@dataclass(frozen=True, eq=False)
class Sitting:
    """What an evaluator can know while it scores.

    Attributes:
        task: what is trained.
        round: number, from 1.
        seed: of the federation.
        shard: what the round is judged on.
        look: the look-ahead point, int32 of shape (P,).
        updates: the revealed updates in reveal order, int32 of shape (P,) each.
        past: the revealed updates of the last three rounds.
        last_norm: L, the last settled norm, in q (P-25).
        frac_bits: fraction bits s.
        settled: the last round's settled scores; `None` in the first.
    """

    task: Task
    round: int
    seed: int
    shard: Dataset
    look: Quantised
    updates: Sequence[Quantised]
    past: Sequence[Quantised]
    last_norm: int
    frac_bits: int
    settled: SettledScores | None

    def salt(self, index: int) -> bytes:
        """The salt of an evaluator's commitment, 32 bytes."""
        return keccak256(f"{self.seed} {self.round} {index}".encode())

    def vector(self, scores: Sequence[int]) -> ScoreVector:
        """A vote with these scores and the norm and scales that honest evaluators find."""
        squares = [norm_sq(q) for q in self.updates]
        norm = norm_bound(squares, self.last_norm)
        return ScoreVector(norm, tuple(scores), tuple(scale_for(square, norm) for square in squares))


class Evaluator(Protocol):
    """Whoever scores updates."""

    def vote(self, sitting: Sitting) -> ScoreVector:
        """This round's scores."""
        ...


@dataclass(frozen=True)
class HonestEvaluator:
    """Scores as the evaluator's worker does (section 6).

    Attributes:
        index: tells the salts of evaluators apart.
    """

    index: int

    def vote(self, sitting: Sitting) -> ScoreVector:
        """The default scoring on its half of the shard."""
        given = Judgement(
            look=sitting.look,
            updates=sitting.updates,
            past=sitting.past,
            last_norm=sitting.last_norm,
            frac_bits=sitting.frac_bits,
            salt=sitting.salt(self.index),
        )
        return judge(sitting.task, sitting.shard, given)


@dataclass(frozen=True)
class NaiveEvaluator:
    """Scores by leave-one-out alone, without a test for replays or a norm that holds: what the rules improve on.

    Attributes:
        index: tells the salts of evaluators apart.
        bounded: scales updates down to the lower median of all norms, zero updates counted in.
    """

    index: int
    bounded: bool = False

    def vote(self, sitting: Sitting) -> ScoreVector:
        """0 for the harmful, 1 plus the share of all useful leave-one-out gains for the useful, 1 for the others."""
        norm, scales = self._scales(sitting)
        updates = np.array([rescale(q, scale) for q, scale in zip(sitting.updates, scales, strict=True)])
        sample = sitting.shard.take(half(len(sitting.shard), sitting.salt(self.index)))
        look = dequantise(sitting.look, sitting.frac_bits)
        worth = marginals(leave_one_out(losses_on(sitting.task, sample, look), look, updates, sitting.frac_bits))
        scores = verdicts(worth, worth, np.zeros(len(updates), np.bool_))
        return ScoreVector(norm, tuple(scores.tolist()), scales)

    def _scales(self, sitting: Sitting) -> tuple[int, tuple[int, ...]]:
        if not self.bounded:
            return sitting.last_norm, (UNIT_SCALE,) * len(sitting.updates)
        squares = [norm_sq(q) for q in sitting.updates]
        norm = isqrt(lower_median(squares))
        return norm, tuple(scale_for(square, norm) for square in squares)
