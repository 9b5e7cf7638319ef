"""What an update adds to the others and to nothing: leave-one-out and add-one-in (section 6).

Both are differences of the losses of the same samples under two models, so that a sample's own difficulty cancels out,
and come with their distance from zero in standard errors. Alone, leave-one-out lets two opposed updates make each
other look indispensable, and add-one-in pays for what others bring too; the smaller of the two does neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parley.heartbeat import BEAT
from parley.numerics.fixed_point import Quantised, dequantise
from parley.tasks.dataset import Dataset
from parley.tasks.errors import TaskCodeError
from parley.tasks.protocol import Losses, Task

LOSS_CAP = 1e6
"""A sample's loss counts as this where it is larger, infinite or NaN, so that all arithmetic on losses is finite."""

Matrix = npt.NDArray[np.float64]
"""One row of per-sample numbers for each update, shape (N, n)."""

Model = npt.NDArray[np.float64]
"""A model, shape (P,), as reals."""

LossAt = Callable[[Model], Losses]
"""Losses on the evaluator's samples under a model; may hold NaN and infinity."""


@dataclass(frozen=True, slots=True, eq=False)
class Marginals:
    """What each update is worth by one of the two measures.

    Attributes:
        gain: D, the mean by which it lowers a sample's loss, shape (N,); negative where it does harm.
        z: the same in standard errors, shape (N,); infinite where all samples agree exactly, 0 where nothing changes or
            there are fewer than two samples.
    """

    gain: npt.NDArray[np.float64]
    z: npt.NDArray[np.float64]


def losses_on(task: Task, data: Dataset, look: Model) -> LossAt:
    """How models are measured: the task's losses on `data`, tried once on the model that the round starts from.

    A model built from a peer's update may be absurd enough for the task's code to give up: that is no number, not an
    error. On the look-ahead point it is one.

    Raises:
        TaskCodeError: on the look-ahead point the task's losses have a wrong shape.
    """
    shape = np.shape(task.losses(look, data))
    if shape != (len(data),):
        raise TaskCodeError(f"losses of {len(data)} samples have shape ({len(data)},), not {shape}")

    def loss_at(model: Model) -> Losses:
        BEAT.beat()
        try:
            return np.asarray(task.losses(model, data), np.float64).reshape(len(data))
        except (ArithmeticError, RuntimeError, ValueError):
            return np.full(len(data), np.nan)

    return loss_at


def leave_one_out(loss_at: LossAt, look: Model, updates: Quantised, frac_bits: int) -> Matrix:
    """By how much the loss of the mean model rises without each update, sample by sample.

    Args:
        loss_at: how models are measured.
        look: the look-ahead point, shape (P,).
        updates: the scaled fit updates x, int32 of shape (N, P).
        frac_bits: fraction bits of x.

    Returns:
        Loss of `look + mean of the others` minus loss of `look + mean of all`, shape (N, n); alone, an update is
        compared with `look`.
    """
    return rises(*losses_without(loss_at, look, updates, frac_bits))


def losses_without(loss_at: LossAt, look: Model, updates: Quantised, frac_bits: int) -> tuple[Losses, Matrix]:
    """The losses that `leave_one_out` compares: of the mean of all, shape (n,), and of all but each, shape (N, n)."""
    total = updates.sum(axis=0, dtype=np.int64)
    full = loss_at(look + _reals(total, frac_bits) / len(updates))
    others = max(len(updates) - 1, 1)
    return full, np.array([loss_at(look + _reals(total - x, frac_bits) / others) for x in updates])


def rises(full: Losses, without: Matrix) -> Matrix:
    """From the losses with all, shape (n,), to those without each, shape (N, n)."""
    return capped(without) - capped(full)


def add_one_in(
    loss_at: LossAt, look: Model, updates: Quantised, frac_bits: int
) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """By how much each update alone, at its weight in the mean, lowers the loss, sample by sample.

    Args:
        loss_at: how models are measured.
        look: the look-ahead point, shape (P,).
        updates: the scaled fit updates x, int32 of shape (N, P).
        frac_bits: fraction bits of x.

    Returns:
        Loss of `look` minus loss of `look + x_i / N`, shape (N, n); and for each update whether its losses are numbers
        wherever those of `look` are, shape (N,).
    """
    return falls(loss_at(look), losses_alone(loss_at, look, updates, frac_bits))


def losses_alone(loss_at: LossAt, look: Model, updates: Quantised, frac_bits: int) -> Matrix:
    """The losses of `look + x_i / N`, shape (N, n)."""
    return np.array([loss_at(look + dequantise(x, frac_bits) / len(updates)) for x in updates])


def falls(before: Losses, after: Matrix) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """From the losses before, shape (n,), to those after each update, shape (N, n), as of `add_one_in`."""
    sound = np.asarray(np.isfinite(after[:, np.isfinite(before)]).all(axis=1), np.bool_)
    return capped(before) - capped(after), sound


def marginals(differences: Matrix) -> Marginals:
    """Mean and standard error of paired differences, shape (N, n), n samples."""
    samples = differences.shape[1]
    gain: npt.NDArray[np.float64] = differences.mean(axis=1)
    if samples < 2:
        return Marginals(gain, np.zeros(len(gain)))
    error = differences.std(axis=1, ddof=1) / samples**0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        z: npt.NDArray[np.float64] = np.where(gain == 0, 0.0, gain / error)
    return Marginals(gain, z)


def _reals(total: npt.NDArray[np.int64], frac_bits: int) -> Model:
    """An exact sum of quantised updates as reals."""
    return total.astype(np.float64) * 2.0**-frac_bits


def capped(losses: Losses) -> Losses:
    """Losses with nothing beyond +-`LOSS_CAP` in them, and no NaN."""
    return np.clip(np.nan_to_num(losses, nan=LOSS_CAP, posinf=LOSS_CAP, neginf=-LOSS_CAP), -LOSS_CAP, LOSS_CAP)
