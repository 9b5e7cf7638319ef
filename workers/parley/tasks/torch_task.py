"""Tasks whose model is a torch module: the flat vector, plain SGD, losses and accuracy.

A task of one's own subclasses `TorchTask` and says what `build` returns; the rest may stay. One thread, no
accelerator, no data loader: the models that this is for are small, and workers share a machine.

Importing this module imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from parley.tasks import data_file
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.errors import TaskCodeError
from parley.tasks.journal import TrainingJournal
from parley.tasks.protocol import Hyper, Losses, Start, TensorSpec, Vector
from parley.tasks.sgd import Descent

torch.set_num_threads(1)

CHUNK = 4096
"""Samples evaluated at a time."""


class TorchTask:
    """A classifier of float samples. One instance serves one thread.

    The vector holds the module's parameters in the order of `named_parameters`, each in row-major order. A module must
    keep nothing else that training changes: batch normalisation is refused, group or layer normalisation is fine.

    Args:
        schema: what samples look like.
        hyper: hyper-parameters of the task document.

    Raises:
        TaskCodeError: the module has no parameters, some that are not float32, or running statistics.
    """

    def __init__(self, schema: DataSchema, hyper: Hyper) -> None:
        self._schema = schema
        self._hyper = hyper
        self._module = self._built(seed=0)
        _check_module(self._module)
        self._layout = tuple(TensorSpec(name, tuple(p.shape)) for name, p in self._module.named_parameters())

    def build(self) -> nn.Module:
        """A fresh module: float32 samples (n, *features) to logits (n, classes)."""
        raise NotImplementedError(f"{type(self).__name__}.build must return a torch module")

    def sample_losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        """The loss of each sample, shape (n,): cross-entropy of logits (n, classes), labels int64 (n,)."""
        return nn.functional.cross_entropy(outputs, y, reduction="none")

    @property
    def schema(self) -> DataSchema:
        """What samples look like."""
        return self._schema

    @property
    def hyper(self) -> Hyper:
        """The hyper-parameters of the task document."""
        return self._hyper

    @property
    def layout(self) -> tuple[TensorSpec, ...]:
        """The module's parameters in the order of the vector."""
        return self._layout

    @property
    def params(self) -> int:
        """Number of parameters."""
        return sum(spec.size for spec in self._layout)

    def init(self, seed: int) -> Vector:
        """A fresh model by torch's own initialisation."""
        module = self._built(seed)
        return np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])

    def train(
        self, start: Start, data: Dataset, *, seed: int, hyper: Hyper, journal: TrainingJournal | None = None
    ) -> Vector:
        """Stochastic gradient descent over shuffled batches, from `start`.

        With a journal it goes on where it was when its process died, and ends with the same bits.
        """
        X, y = _tensors(data)
        self._module.train()
        with _seeded(seed):
            descent = Descent.fresh(self._checked(start))
            if journal is not None:
                begun = descent.progress()
                descent = Descent.of(journal.begin(begun, start, data, seed=seed, hyper=hyper, code=self._code()))
            for batch in descent.batches(len(y), hyper):
                descent.descend(self._gradient(descent.vector, X[batch], y[batch]), hyper)
                if journal is not None:
                    journal.step(descent.progress)
        return descent.vector.numpy()

    def losses(self, vector: Start, data: Dataset) -> Losses:
        """The loss of each sample, shape (n,), from logits in double precision."""
        parts = [self.sample_losses(outputs.double(), y) for outputs, y in self._outputs(vector, data)]
        return torch.cat(parts).numpy().astype(np.float64)

    def metric(self, vector: Start, data: Dataset) -> float:
        """Accuracy, 0 to 1."""
        hits = sum(int((outputs.argmax(dim=1) == y).sum()) for outputs, y in self._outputs(vector, data))
        return hits / len(data)

    def load(self, path: Path) -> Dataset:
        """Read a private data set from an `.npz` of X and y.

        Raises:
            DataError: the file is missing or does not hold samples of this schema.
        """
        return data_file.load(path, self._schema)

    def _built(self, seed: int) -> nn.Module:
        with _seeded(seed):
            return self.build()

    def _code(self) -> str:
        """What a checkpoint of this training rests on, besides its inputs."""
        return f"{type(self).__qualname__} {self._layout} torch {torch.__version__}"

    def _parameters(self, vector: Tensor) -> dict[str, Tensor]:
        """The module's parameters as views into the vector."""
        parts = torch.split(vector, [spec.size for spec in self._layout])
        return {spec.name: part.view(spec.shape) for spec, part in zip(self._layout, parts, strict=True)}

    def _gradient(self, vector: Tensor, X: Tensor, y: Tensor) -> Tensor:
        """The gradient of the mean loss of a batch, shape (P,)."""
        leaf = vector.detach().requires_grad_()
        outputs = functional_call(self._module, self._parameters(leaf), (X,))
        (gradient,) = torch.autograd.grad(self.sample_losses(outputs, y).mean(), leaf)
        return gradient

    def _outputs(self, vector: Start, data: Dataset) -> Iterator[tuple[Tensor, Tensor]]:
        """What the module makes of the samples, chunk by chunk, with their labels."""
        parameters = self._parameters(torch.from_numpy(self._checked(vector).astype(np.float32)))
        X, y = _tensors(data)
        self._module.eval()
        with torch.no_grad():
            for start in range(0, len(y), CHUNK):
                part = slice(start, start + CHUNK)
                yield functional_call(self._module, parameters, (X[part],)), y[part]

    def _checked(self, vector: Start) -> Start:
        if vector.shape != (self.params,):
            raise ValueError(f"a model is a vector of {self.params} parameters, not of shape {vector.shape}")
        return vector


def _check_module(module: nn.Module) -> None:
    """Refuse a module that a flat float32 vector does not describe."""
    parameters = dict(module.named_parameters())
    if not parameters:
        raise TaskCodeError("the module has no parameters", hint="return a torch.nn.Module with layers from build()")
    for name, parameter in parameters.items():
        if parameter.dtype != torch.float32:
            raise TaskCodeError(
                f"parameter {name} is {parameter.dtype}, not torch.float32", hint="call .float() in build()"
            )
    for name, _ in module.named_buffers():
        if name.rpartition(".")[2].startswith("running_"):
            raise TaskCodeError(
                f"{name} changes in training but is no parameter",
                hint="use GroupNorm or LayerNorm instead of BatchNorm",
            )


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """All of torch's random numbers follow from the seed inside, and are as before outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _tensors(data: Dataset) -> tuple[Tensor, Tensor]:
    """The samples as tensors; copies, for a data set's arrays are read-only."""
    return torch.from_numpy(data.X.copy()), torch.from_numpy(data.y.copy())
