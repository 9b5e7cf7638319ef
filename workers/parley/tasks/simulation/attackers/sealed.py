"""Training on the data that judges: opened shards (anybody can), sealed ones (whoever has the key), F-101."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.tasks.dataset import Dataset
from parley.tasks.simulation.attackers.vectors import pooled
from parley.tasks.simulation.participants import Honest, Real, Sight


@dataclass(frozen=True)
class ValidationTrainer:
    """Owns no data and trains on the validation data that anybody can see.

    Attributes:
        index: tells the seeds of coalition members apart.
        epochs: over them; `None` for as many as the task says.
        copies: altered copies of each sample that it adds.
    """

    index: int
    epochs: int | None = None
    copies: int = 0

    def update(self, sight: Sight) -> Real:
        """The trained model less the look-ahead point; zero while all is sealed."""
        data = pooled(list(sight.known))
        if data is None:
            return sight.nothing()
        hyper = sight.hyper.model_copy(update={"epochs": self.epochs or sight.hyper.epochs})
        return sight.trained(altered(data, self.copies, sight.random(self.index)), self.index, hyper)


@dataclass(frozen=True, eq=False)
class Insider:
    """Has the round's key before the updates are committed.

    Attributes:
        shards: all of them, in the order of the rounds.
        index: tells its seeds apart.
    """

    shards: Sequence[Dataset]
    index: int

    def update(self, sight: Sight) -> Real:
        """Trains on the opened shards and this round's."""
        return sight.trained(self.shards[0].joined(self.shards[1 : sight.round]), self.index)


@dataclass(frozen=True, eq=False)
class Varied:
    """Trains on its own data and opened shards, and on altered copies of both: more work than is asked.

    Attributes:
        owner: the honest trainer that it would be.
        copies: of each sample.
    """

    owner: Honest
    copies: int = 4

    def update(self, sight: Sight) -> Real:
        """The trained model less the look-ahead point."""
        data = self.owner.data.joined(sight.opened)
        return sight.trained(altered(data, self.copies, sight.random(self.owner.index)), self.owner.index)


def altered(data: Dataset, copies: int, random: np.random.Generator) -> Dataset:
    """The samples, and `copies` of each that are brighter or darker and have noise on them."""
    parts = [data]
    for _ in range(copies):
        gain = random.uniform(0.8, 1.2, (len(data), *[1] * (data.X.ndim - 1)))
        X = np.clip(data.X * gain + random.normal(0.0, 0.05, data.X.shape), -data.schema.bound, data.schema.bound)
        parts.append(Dataset(X, data.y, data.schema))
    return parts[0].joined(parts[1:])
