"""An evaluator's whole judgement of a round, as one pure function (section 6, P-24, P-25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.numerics.fixed_point import Quantised, dequantise
from parley.numerics.rules import rescale
from parley.numerics.scoring import ScoreVector, norm_bound, norm_sq, scale_for
from parley.tasks.dataset import Dataset
from parley.tasks.judging.halves import half
from parley.tasks.judging.marginals import LossAt, Model, add_one_in, leave_one_out, losses_on, marginals
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


def judge(task: Task, shard: Dataset | None, given: Judgement) -> ScoreVector:
    """Score all revealed updates.

    Args:
        task: how losses are computed.
        shard: this round's validation shard; `None`, or fewer than `MIN_SAMPLES` samples, means that none was opened,
        and
            gives an equal split.
        given: the round.

    Returns:
        The vector to commit to: R, and by reveal index score and scale, (0, 0) where unfit.

    Raises:
        TaskCodeError: the task's losses are not one number a sample.
    """
    fit = [index for index, q in enumerate(given.updates) if q is not None]
    updates = [q for q in given.updates if q is not None]
    squares = [norm_sq(q) for q in updates]
    norm = norm_bound(squares, given.last_norm)
    scales = [scale_for(square, norm) for square in squares]
    moving = np.array([square > 0 for square in squares], np.bool_)
    if not updates or shard is None or len(shard) < MIN_SAMPLES:
        scores = equal_scores(moving)
    else:
        scaled = np.array([rescale(q, scale) for q, scale in zip(updates, scales, strict=True)])
        look = dequantise(given.look, given.frac_bits)
        loss_at = losses_on(task, shard.take(half(len(shard), given.salt)), look)
        scores = score_updates(loss_at, look, scaled, given.frac_bits, replays(updates, given.past))
    return _vector(norm, len(given.updates), fit, scores.tolist(), scales)


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
    if len(updates) == 0:
        return np.zeros(0, np.int64)
    added, sound = add_one_in(loss_at, look, updates, frac_bits)
    if sound.all():
        left_out = leave_one_out(loss_at, look, updates, frac_bits)
        return verdicts(marginals(left_out), marginals(added), replayed)
    scores: Scores = np.full(len(updates), HARMFUL, np.int64)
    scores[sound] = score_updates(loss_at, look, updates[sound], frac_bits, replayed[sound])
    return scores


def _vector(norm: int, count: int, fit: list[int], scores: list[int], scales: list[int]) -> ScoreVector:
    """The vector over all `count` revealed updates, from the entries of the fit ones."""
    entries = dict(zip(fit, zip(scores, scales, strict=True), strict=True))
    columns = [entries.get(index, (0, 0)) for index in range(count)]
    return ScoreVector(norm, tuple(score for score, _ in columns), tuple(scale for _, scale in columns))
