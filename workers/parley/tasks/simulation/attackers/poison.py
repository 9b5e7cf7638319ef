"""False labels and backdoors (F-93, F-97)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Start, Task
from parley.tasks.simulation.attackers.vectors import sized
from parley.tasks.simulation.participants import Honest, Real, Sight

TARGET = 0
"""The class that the backdoor's trigger is to give."""

CORNERS = (0, 7, 56, 63)
"""The trigger: these pixels of an 8x8 image at their brightest."""


def mislabelled(owner: Honest) -> Honest:
    """An honest trainer on false labels: class c is called `classes - 1 - c` (F-93)."""
    schema = owner.data.schema
    return Honest(Dataset(owner.data.X, schema.classes - 1 - owner.data.y, schema), owner.index)


def stamped(data: Dataset) -> Dataset:
    """The samples with the trigger on them and the target for a label."""
    X = data.X.copy()
    X.reshape(len(X), -1)[:, CORNERS] = data.schema.bound
    return Dataset(X, np.full(len(data), TARGET), data.schema)


def success(task: Task, model: Start, test: Dataset) -> float:
    """Share of the test samples of other classes that the trigger turns into the target."""
    return task.metric(model, stamped(test.take(np.flatnonzero(test.y != TARGET))))


@dataclass(frozen=True, eq=False)
class Backdoor:
    """Teaches the trigger besides its own data, at the largest norm that counts (F-97).

    Attributes:
        owner: the trainer whose data it has.
    """

    owner: Honest

    def update(self, sight: Sight) -> Real:
        """Trains on each sample twice, once stamped."""
        data = self.owner.data.joined(sight.opened)
        return sized(sight.trained(data.joined([stamped(data)]), self.owner.index), sight, 1.2)
