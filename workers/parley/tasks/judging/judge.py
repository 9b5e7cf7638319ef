"""An evaluator's whole judgement of a round, as one pure function (section 6, P-24, P-25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.numerics.fixed_point import Quantised, dequantise
from parley.numerics.rules import rescale
from parley.numerics.scoring import ScoreVector, norm_bound, norm_sq, scale_for
from parley.tasks.dataset import Dataset
from parley.tasks.judging.comparisons import Comparisons, Samples
from parley.tasks.judging.halves import half
from parley.tasks.judging.marginals import LossAt, Model, falls, losses_on, marginals, rises
from parley.tasks.judging.replays import replays
from parley.tasks.judging.verdicts import HARMFUL, Flags, Scores, equal_scores, verdicts
from parley.tasks.protocol import Task
from parley.tasks.shards import MIN_SAMPLES


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a judgement is of.

    Attributes:
        look: the look-ahead point that updates are relative to, int32 of shape (P,) (P-6).
        updates: the revealed updates in reveal order, int32 of shape (P,); `None` where unfit or unavailable.
        past: the revealed updates of the last three rounds, as far as they are to be had, in any order.
        last_norm: L, the norm of the last final settlement, or the policy's `initialNorm`, in q (P-25).
        frac_bits: fraction bits s.
        salt: of the evaluator's score commitment, 32 bytes; picks its half of the shard.
    """

    look: Quantised
    updates: Sequence[Quantised | None]
    past: Sequence[Quantised]
    last_norm: int
    frac_bits: int
    salt: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What of a judgement no loss and no evaluator's half has a part in: exact integers but for `replayed`.

    Attributes:
        fit: reveal indices of the fit updates.
        norm: R (P-25).
        scales: of the fit updates.
        moving: which of them are not zero.
        scaled: the fit updates, rescaled, int32 of shape (N, P).
        replayed: which of them are replays.
    """

    fit: tuple[int, ...]
    norm: int
    scales: tuple[int, ...]
    moving: Flags
    scaled: Quantised
    replayed: Flags

    def vector(self, count: int, scores: Scores) -> ScoreVector:
        """The vector over all `count` revealed updates, from the scores of the fit ones."""
        entries = dict(zip(self.fit, zip(scores.tolist(), self.scales, strict=True), strict=True))
        columns = [entries.get(index, (0, 0)) for index in range(count)]
        return ScoreVector(self.norm, tuple(score for score, _ in columns), tuple(scale for _, scale in columns))


def judge(task: Task, shard: Dataset | None, given: Judgement) -> ScoreVector:
    """Score all revealed updates.

    Args:
        task: how losses are computed.
        shard: this round's validation shard; `None`, or fewer than `MIN_SAMPLES` samples, means that none was opened,
            and gives an equal split.
        given: the round.

    Returns:
        The vector to commit to: R, and by reveal index score and scale, (0, 0) where unfit.

    Raises:
        TaskCodeError: the task's losses are not one number a sample.
    """
    own = None if shard is None or len(shard) < MIN_SAMPLES else shard.take(half(len(shard), given.salt))
    (vector,) = _judged(task, own, given, [slice(None)])
    return vector


def judge_panel(task: Task, shard: Dataset | None, given: Judgement, salts: Sequence[bytes]) -> tuple[ScoreVector, ...]:
    """What evaluators with these salts find, at the cost of one: `given.salt` is of no matter.

    Losses are taken of the whole shard at once, which on some machines makes their last bits others than those of half
    of it. What must be exactly what an evaluator computed is computed by `judge`.

    Args:
        task: how losses are computed.
        shard: as of `judge`.
        given: the round.
        salts: of the evaluators' score commitments.
    """
    whole = None if shard is None or len(shard) < MIN_SAMPLES else shard
    halves = [slice(None) if whole is None else half(len(whole), salt) for salt in salts]
    return _judged(task, whole, given, halves)


def prepare(given: Judgement) -> Prepared:
    """Scale the fit updates, and tell the replays."""
    fit = tuple(index for index, q in enumerate(given.updates) if q is not None)
    updates = [q for q in given.updates if q is not None]
    squares = [norm_sq(q) for q in updates]
    norm = norm_bound(squares, given.last_norm)
    scales = tuple(scale_for(square, norm) for square in squares)
    scaled = np.array([rescale(q, scale) for q, scale in zip(updates, scales, strict=True)], np.int32)
    moving = np.array([square > 0 for square in squares], np.bool_)
    return Prepared(fit, norm, scales, moving, scaled, replays(updates, given.past))


def score_updates(loss_at: LossAt, look: Model, updates: Quantised, frac_bits: int, replayed: Flags) -> Scores:
    """The scores of the fit updates, which are judged together.

    An update under which a loss is no number although it was one before is harmful whatever else it does, and the
    others are judged without it: it would blind every comparison that it takes part in.

    Args:
        loss_at: how models are measured.
        look: the look-ahead point, shape (P,).
        updates: the scaled fit updates x, int32 of shape (N, P).
        frac_bits: fraction bits of x.
        replayed: which are replays, shape (N,).
    """
    return _scores(Comparisons(loss_at, look, updates, frac_bits), slice(None), replayed)


def _judged(task: Task, samples: Dataset | None, given: Judgement, parts: Sequence[Samples]) -> tuple[ScoreVector, ...]:
    """The vectors that follow from parts of the samples; equal scores where there are none."""
    ready, count = prepare(given), len(given.updates)
    if samples is None or not ready.fit:
        return tuple(ready.vector(count, equal_scores(ready.moving)) for _ in parts)
    look = dequantise(given.look, given.frac_bits)
    compared = Comparisons(losses_on(task, samples, look), look, ready.scaled, given.frac_bits)
    return tuple(ready.vector(count, _scores(compared, part, ready.replayed)) for part in parts)


def _scores(compared: Comparisons, samples: Samples, replayed: Flags) -> Scores:
    """The scores of all updates on some of the samples."""
    scores: Scores = np.full(len(replayed), HARMFUL, np.int64)
    chosen = np.ones(len(replayed), np.bool_)
    while chosen.any():
        added, sound = falls(*compared.alone(chosen, samples))
        if sound.all():
            left_out = rises(*compared.without(chosen, samples))
            scores[chosen] = verdicts(marginals(left_out), marginals(added), replayed[chosen])
            break
        chosen[chosen] = sound
    return scores
