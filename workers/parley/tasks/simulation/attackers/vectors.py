"""What attackers compute with."""

from __future__ import annotations

import numpy as np

from parley.tasks.dataset import Dataset
from parley.tasks.simulation.participants import Real, Sight

POWER_STEPS = 12
"""Steps of the power iteration."""

PROBE = 1e-2
"""How far from a model its curvature is probed."""


def unit(vector: Real) -> Real:
    """The vector at norm 1; zero stays zero."""
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector


def sized(vector: Real, sight: Sight, factor: float = 1.0) -> Real:
    """The vector at `factor` times the norm that the last round allowed."""
    return unit(vector) * sight.norm * factor


def pooled(sets: list[Dataset]) -> Dataset | None:
    """All samples of some data sets; `None` where there is none."""
    return sets[0].joined(sets[1:]) if sets else None


def gradient(sight: Sight, at: Real, data: Dataset) -> Real:
    """The gradient of the mean loss: what one step over all samples at rate 1 takes off the model."""
    step = sight.hyper.model_copy(update={"epochs": 1, "batch_size": len(data), "learning_rate": 1.0})
    start = at.astype(np.float32)
    return start.astype(np.float64) - sight.task.train(start, data, seed=0, hyper=step)


def sharpest(sight: Sight, data: Dataset) -> Real:
    """The direction in which the loss bends most near the next model: moving along it hurts, either way.

    Power iteration with differences of gradients; norm 1.
    """
    at = sight.look + sight.aggregate / 2
    direction = unit(sight.random(7).normal(0.0, 1.0, sight.task.params))
    for _ in range(POWER_STEPS):
        step = PROBE * direction
        direction = unit(gradient(sight, at + step, data) - gradient(sight, at - step, data))
    return direction
