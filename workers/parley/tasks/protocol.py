"""What a task is: a model as one flat vector, how to train it and how to measure it.

The rest of Parley knows nothing of layers. It sees float32 vectors of shape (P,), whose order the task's `layout`
fixes: the tensors one after another, each in row-major order.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from parley.tasks.dataset import DataSchema, Dataset

Vector = npt.NDArray[np.float32]
"""A model's parameters, shape (P,), dtype float32, in the order of the task's layout."""

Start = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""Where training starts: a dequantised model, shape (P,)."""

Losses = npt.NDArray[np.float64]
"""The loss of each sample, shape (n,), dtype float64; NaN and infinity are allowed and count against the model."""

Option = bool | int | float | str


class Hyper(BaseModel):
    """Hyper-parameters of local training, part of the task document.

    Attributes:
        epochs: passes over the local data in each round.
        batch_size: samples to a step.
        learning_rate: of plain stochastic gradient descent.
        momentum: of the local optimiser (the server's is the federation's `beta`); 0 to below 1.
        weight_decay: L2 penalty.
        options: whatever else a task of one's own reads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    epochs: int = Field(default=5, ge=1, le=10_000)
    batch_size: int = Field(default=16, ge=1, le=65_536)
    learning_rate: float = Field(default=0.1, gt=0, le=1000)
    momentum: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    options: dict[str, Option] = Field(default_factory=dict, max_length=64)


class TensorSpec(NamedTuple):
    """One named tensor of a model.

    Attributes:
        name: as the model calls it, `hidden.weight` for instance.
        shape: its sizes; () is a single number.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Numbers in the tensor."""
        return int(np.prod(self.shape, dtype=np.int64))


@runtime_checkable
class Task(Protocol):
    """What is trained. Implementations may keep scratch state; one instance serves one thread."""

    @property
    def schema(self) -> DataSchema:
        """What samples look like."""
        ...

    @property
    def hyper(self) -> Hyper:
        """The hyper-parameters that the task document fixes."""
        ...

    @property
    def layout(self) -> tuple[TensorSpec, ...]:
        """The tensors in the order in which the vector holds them."""
        ...

    @property
    def params(self) -> int:
        """Number of parameters P, the sum of the layout's sizes."""
        ...

    def init(self, seed: int) -> Vector:
        """A fresh model, the same for the same seed."""
        ...

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        """Train on local data and return the trained model (not the update).

        A task that can go on after its process died takes a `journal` besides: see `parley.tasks.journal`.

        Args:
            start: the look-ahead point (P-6), shape (P,).
            data: own samples and opened shards (P-24).
            seed: decides the order of samples and whatever else is random; the same on the same machine.
            hyper: hyper-parameters of this call.
        """
        ...

    def losses(self, vector: Start, data: Dataset) -> Losses:
        """The loss of each sample under a model, shape (n,)."""
        ...

    def metric(self, vector: Start, data: Dataset) -> float:
        """What people look at: the accuracy, 0 to 1."""
        ...

    def load(self, path: Path) -> Dataset:
        """Read a private data set from a file.

        Raises:
            DataError: the file is missing or does not hold samples of this schema.
        """
        ...


def tensors(task: Task, vector: Vector) -> dict[str, Vector]:
    """A model's tensors by name, for export; views into `vector`.

    Raises:
        ValueError: the vector does not have the task's length.
    """
    if vector.shape != (task.params,):
        raise ValueError(f"the model has {task.params} parameters, not shape {vector.shape}")
    ends = np.cumsum([spec.size for spec in task.layout])[:-1]
    parts = np.split(vector, ends)
    return {spec.name: part.reshape(spec.shape) for spec, part in zip(task.layout, parts, strict=True)}
