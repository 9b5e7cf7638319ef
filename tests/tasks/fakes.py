"""A task whose losses can be computed by hand, and small data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.protocol import Hyper, Losses, Start, TensorSpec, Vector

SCALE = 2**16
"""The tests' fixed point: 16 fraction bits."""


def schema(features: int = 3, classes: int = 2, bound: float = 1e6) -> DataSchema:
    return DataSchema(features=(features,), classes=classes, bound=bound)


def dataset(samples: int, features: int = 3, classes: int = 2, seed: int = 0) -> Dataset:
    """Gaussian samples; every label occurs as often as any other."""
    random = np.random.default_rng(seed)
    return Dataset(random.normal(size=(samples, features)), np.arange(samples) % classes, schema(features, classes))


def targets(samples: int, centre: list[float], spread: float, seed: int = 0) -> Dataset:
    """Samples around a centre: the model that `Nearest` is to find."""
    noise = np.random.default_rng(seed).normal(0, spread, (samples, len(centre)))
    return Dataset(np.array(centre) + noise, np.zeros(samples, np.int64), schema(len(centre)))


@dataclass
class Nearest:
    """The model is a point, the loss of a sample its squared distance; the best model is the mean.

    Attributes:
        dimensions: number of parameters.
        limit: beyond this absolute value of a parameter the losses are NaN.
        gives_up: raise instead.
    """

    dimensions: int = 3
    limit: float = np.inf
    gives_up: bool = False

    @property
    def schema(self) -> DataSchema:
        return schema(self.dimensions)

    @property
    def hyper(self) -> Hyper:
        return Hyper()

    @property
    def layout(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec("point", (self.dimensions,)),)

    @property
    def params(self) -> int:
        return self.dimensions

    def init(self, seed: int) -> Vector:
        return np.zeros(self.dimensions, np.float32)

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        return (0.5 * start + 0.5 * data.X.mean(axis=0)).astype(np.float32)

    def losses(self, vector: Start, data: Dataset) -> Losses:
        if np.abs(vector).max() > self.limit:
            if self.gives_up:
                raise FloatingPointError("absurd model")
            return np.full(len(data), np.nan)
        return ((data.X.astype(np.float64) - vector) ** 2).sum(axis=1)

    def metric(self, vector: Start, data: Dataset) -> float:
        return 1.0 / (1.0 + float(self.losses(vector, data).mean()))

    def load(self, path: Path) -> Dataset:
        raise NotImplementedError


def q(*values: float) -> np.ndarray:
    """Reals in the tests' fixed point."""
    return np.round(np.array(values) * SCALE).astype(np.int32)
