"""Whoever submits updates, and what it can know while it trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Hyper, Task

Real = npt.NDArray[np.float64]
"""A model or update as reals, shape (P,)."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What a participant can know while it trains.

    Attributes:
        task: what is trained.
        hyper: its hyper-parameters.
        round: number, from 1.
        seed: of the federation.
        look: the look-ahead point, from which training starts.
        opened: the shards of earlier rounds, which honest trainers mix into their data (P-24).
        known: validation data that anybody can see: `opened` where shards are sealed, else all of them.
        revealed: the updates of each earlier round as reals, in reveal order, the last round's last.
        aggregate: what the last round's updates were combined into, shape (P,); zero in the first.
        norm: L, the last settled norm (P-25), in units of the model's parameters.
    """

    task: Task
    hyper: Hyper
    round: int
    seed: int
    look: Real
    opened: Sequence[Dataset]
    known: Sequence[Dataset]
    revealed: Sequence[Sequence[Real]]
    aggregate: Real
    norm: float

    def random(self, *purpose: int) -> np.random.Generator:
        """Random numbers of this round, the same for the same purpose."""
        return np.random.default_rng([self.seed, self.round, *purpose])

    def trained(self, data: Dataset, index: int, hyper: Hyper | None = None) -> Real:
        """The update that training on `data` gives, with an order of samples that follows from `index`."""
        seed = int(np.random.SeedSequence([self.seed, self.round, index]).generate_state(1)[0])
        return self.task.train(self.look, data, seed=seed, hyper=hyper or self.hyper).astype(np.float64) - self.look

    def nothing(self) -> Real:
        """A zero update."""
        return np.zeros(self.task.params)


class Participant(Protocol):
    """Whoever submits updates."""

    def update(self, sight: Sight) -> Real:
        """This round's update, shape (P,)."""
        ...


@dataclass(frozen=True, eq=False)
class Honest:
    """Trains on its own data and the opened shards, as the trainer's worker does.

    Attributes:
        data: its own.
        index: tells the seeds of trainers apart.
    """

    data: Dataset
    index: int

    def update(self, sight: Sight) -> Real:
        """The trained model less the look-ahead point."""
        return sight.trained(self.data.joined(sight.opened), self.index)


@dataclass(frozen=True)
class FreeRider:
    """Has no data and sends noise (F-91, F-98).

    Attributes:
        index: tells the seeds of free riders apart.
        deviation: standard deviation of each parameter.
    """

    index: int
    deviation: float = 1e-3

    def update(self, sight: Sight) -> Real:
        """Gaussian noise, anew each round."""
        return sight.random(self.index).normal(0.0, self.deviation, sight.task.params)
