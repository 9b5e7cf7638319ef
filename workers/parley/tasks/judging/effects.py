"""What one update does, sample by sample, to the losses that one evaluator saw: why it got the score that it got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.numerics.fixed_point import dequantise
from parley.tasks.dataset import Dataset, Indices, Labels
from parley.tasks.judging.halves import half
from parley.tasks.judging.judge import Judgement, prepare
from parley.tasks.judging.marginals import Matrix, add_one_in, capped, losses_on, losses_without, marginals, rises
from parley.tasks.protocol import Losses, Task


@dataclass(frozen=True, slots=True)
class Marginal:
    """One measure of what an update is worth.

    Attributes:
        gain: D, the mean by which it lowers a sample's loss; negative where it does harm.
        z: the same in standard errors.
    """

    gain: float
    z: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample that an update harmed.

    Attributes:
        number: in the shard, from 0.
        label: its class.
        without: its loss under the mean of the other updates.
        with_it: under the mean of all.
    """

    number: int
    label: int
    without: float
    with_it: float


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What an update does to the samples of one half.

    Attributes:
        samples: their numbers in the shard, from 0, shape (n,).
        labels: their classes, shape (n,).
        replayed: it is nearly made of updates of the last three rounds, and worth nothing for that.
        sound: its losses are numbers wherever those before it are; if not, nothing of what follows is known.
        without: losses under the mean of the others, shape (n,).
        with_it: losses under the mean of all, shape (n,).
        left_out: leave-one-out.
        added: add-one-in.
    """

    samples: Indices
    labels: Labels
    replayed: bool
    sound: bool
    without: Losses
    with_it: Losses
    left_out: Marginal
    added: Marginal

    @property
    def harmed(self) -> int:
        """How many samples are better off without it."""
        return int((self.with_it > self.without).sum())

    def worst(self, count: int) -> Sequence[Sample]:
        """The samples whose loss it raises most, the worst first, at most `count`."""
        rise = self.with_it - self.without
        order = np.argsort(-rise, kind="stable")[:count]
        return [self._sample(int(place)) for place in order if rise[place] > 0]

    def _sample(self, place: int) -> Sample:
        return Sample(
            int(self.samples[place]), int(self.labels[place]), float(self.without[place]), float(self.with_it[place])
        )


def effect_of(task: Task, shard: Dataset, given: Judgement, index: int) -> Effect:
    """What a fit update does, judged together with the other fit ones as `judge` does.

    Args:
        task: how losses are computed.
        shard: the round's validation shard, of `MIN_SAMPLES` samples at least.
        given: the round, as one evaluator judged it.
        index: reveal index of the update.

    Raises:
        ValueError: the update was not fit.
        TaskCodeError: the task's losses are not one number a sample.
    """
    ready = prepare(given)
    row = ready.fit.index(index)
    replayed = bool(ready.replayed[row])
    numbers = half(len(shard), given.salt)
    data, look = shard.take(numbers), dequantise(given.look, given.frac_bits)
    loss_at, together = losses_on(task, data, look), ready.scaled
    added, sound = add_one_in(loss_at, look, together, given.frac_bits)
    while sound[row] and not sound.all():
        row, together = int(sound[:row].sum()), together[sound]
        added, sound = add_one_in(loss_at, look, together, given.frac_bits)
    if not sound[row]:
        return _unsound(numbers, data, replayed=replayed)
    full, without = losses_without(loss_at, look, together, given.frac_bits)
    return Effect(
        samples=numbers,
        labels=data.y,
        replayed=replayed,
        sound=True,
        without=capped(without[row]),
        with_it=capped(full),
        left_out=_of(rises(full, without), row),
        added=_of(added, row),
    )


def _unsound(numbers: Indices, data: Dataset, *, replayed: bool) -> Effect:
    blank, nothing = np.zeros(len(data)), Marginal(0.0, 0.0)
    return Effect(numbers, data.y, replayed, False, blank, blank, nothing, nothing)


def _of(differences: Matrix, row: int) -> Marginal:
    both = marginals(differences)
    return Marginal(float(both.gain[row]), float(both.z[row]))
