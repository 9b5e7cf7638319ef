"""The tasks that come with Parley, on real data that ships inside scikit-learn.

| name | data | model |
|---|---|---|
| `digits` | 1797 handwritten digits of 8x8 pixels, 10 classes | MLP 64-64-10, 4810 parameters |
| `breast-cancer` | 569 cell-nucleus measurements, 30 features, 2 classes | MLP 30-16-2, 530 parameters |

This module imports neither torch nor scikit-learn; `Builtin.task` and `Builtin.dataset` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import cast

from parley.tasks.builtin import sources
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.document import FixedPoint
from parley.tasks.errors import DocumentError
from parley.tasks.protocol import Hyper, Task


@dataclass(frozen=True, slots=True)
class Builtin:
    """A task that comes with Parley, with defaults that were measured (`parley.tasks.simulate`).

    Attributes:
        name: for documents and the command line.
        code: module and class of the task.
        source: the name of the data set.
        schema: what samples look like.
        params: number of parameters.
        hyper: default hyper-parameters.
        fixed_point: default numbers on the wire.
    """

    name: str
    code: tuple[str, str]
    source: sources.Source
    schema: DataSchema
    params: int
    hyper: Hyper
    fixed_point: FixedPoint

    def task(self, hyper: Hyper | None = None) -> Task:
        """Make the task; imports torch."""
        module, name = self.code
        factory = getattr(import_module(module), name)
        return cast(Task, factory(self.schema, self.hyper if hyper is None else hyper))

    def dataset(self) -> Dataset:
        """All samples; imports scikit-learn."""
        X, y = self.source()
        return Dataset(X, y, self.schema)


BUILTINS: dict[str, Builtin] = {
    task.name: task
    for task in (
        Builtin(
            name="digits",
            code=("parley.tasks.builtin.models", "Digits"),
            source=sources.digits,
            schema=DataSchema(features=(64,), classes=10, bound=1.0),
            params=4810,
            hyper=Hyper(epochs=5, batch_size=16, learning_rate=0.2),
            fixed_point=FixedPoint(frac_bits=24, clip=8.0, initial_norm=2.5),
        ),
        Builtin(
            name="breast-cancer",
            code=("parley.tasks.builtin.models", "BreastCancer"),
            source=sources.breast_cancer,
            schema=DataSchema(features=(30,), classes=2, bound=1000.0),
            params=530,
            hyper=Hyper(epochs=5, batch_size=16, learning_rate=0.1),
            fixed_point=FixedPoint(frac_bits=24, clip=8.0, initial_norm=1.0),
        ),
    )
}
"""The tasks by name."""


def builtin(name: str) -> Builtin:
    """The task of that name.

    Raises:
        DocumentError: there is none.
    """
    if name not in BUILTINS:
        raise DocumentError(f"there is no built-in task {name!r:.80}", hint=f"known tasks: {', '.join(BUILTINS)}")
    return BUILTINS[name]
