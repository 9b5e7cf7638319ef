"""The losses under all models that a judgement compares, each taken once, whoever asks.

The evaluators of a round compare the same models, each on its own half of the shard, and a sample's loss is its own.
Whoever runs the scores of a whole panel again takes the losses of the whole shard once, and of them each one's half.
"""

from __future__ import annotations

from parley.numerics.fixed_point import Quantised
from parley.tasks.dataset import Indices
from parley.tasks.judging.marginals import LossAt, Matrix, Model, losses_alone, losses_without
from parley.tasks.judging.verdicts import Flags
from parley.tasks.protocol import Losses

Samples = Indices | slice
"""Which of the samples."""


class Comparisons:
    """What of a judgement does not depend on whose half of the shard it is.

    Args:
        loss_at: how models are measured, on all samples.
        look: the look-ahead point, shape (P,).
        updates: the scaled fit updates x, int32 of shape (N, P).
        frac_bits: fraction bits of x.
    """

    def __init__(self, loss_at: LossAt, look: Model, updates: Quantised, frac_bits: int) -> None:
        self._loss_at = loss_at
        self._look = look
        self._updates = updates
        self._frac_bits = frac_bits
        self._before: Losses | None = None
        self._alone: dict[bytes, Matrix] = {}
        self._without: dict[bytes, tuple[Losses, Matrix]] = {}

    def alone(self, chosen: Flags, samples: Samples) -> tuple[Losses, Matrix]:
        """Losses of `look`, shape (n,), and of `look + x_i / N` for each of the N chosen updates, shape (N, n)."""
        if self._before is None:
            self._before = self._loss_at(self._look)
        key = chosen.tobytes()
        if key not in self._alone:
            self._alone[key] = losses_alone(self._loss_at, self._look, self._updates[chosen], self._frac_bits)
        return self._before[samples], self._alone[key][:, samples]

    def without(self, chosen: Flags, samples: Samples) -> tuple[Losses, Matrix]:
        """Losses under the mean of all chosen updates, shape (n,), and under that of all but each, shape (N, n)."""
        key = chosen.tobytes()
        if key not in self._without:
            self._without[key] = losses_without(self._loss_at, self._look, self._updates[chosen], self._frac_bits)
        full, without = self._without[key]
        return full[samples], without[:, samples]
