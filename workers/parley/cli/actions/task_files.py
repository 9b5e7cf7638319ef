"""What a federation is to train: a built-in task by its name, or a task of one's own by its TOML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from parley.errors import ConfigError
from parley.tasks.builtin import BUILTINS, Builtin, builtin
from parley.tasks.data_file import load, save
from parley.tasks.dataset import Dataset
from parley.tasks.document import BuiltinModel, FileModel, FixedPoint, TaskDocument, Validation
from parley.tasks.errors import DocumentError
from parley.tasks.partition import Splits, by_label, dirichlet, iid, split, take
from parley.tasks.protocol import Task
from parley.tasks.userland import own_task

SKEWS = ("dirichlet", "iid", "label")


@dataclass(frozen=True)
class TaskDefinition:
    """A task before its validation data are sealed.

    Attributes:
        name: what people call it.
        model: the code that defines it.
        task: the task itself.
        fixed_point: recommended numbers on the wire.
        builtin: the built-in task, `None` for one of one's own.
        commitments: of data sets by name.
    """

    name: str
    model: BuiltinModel | FileModel
    task: Task
    fixed_point: FixedPoint
    builtin: Builtin | None = None
    commitments: dict[str, str] = field(default_factory=dict)

    def document(self, validation: Validation, genesis_seed: int) -> TaskDocument:
        """The task document over sealed shards."""
        return TaskDocument(
            name=self.name,
            model=self.model,
            params=self.task.params,
            hyper=self.task.hyper,
            data_schema=self.task.schema,
            genesis_seed=genesis_seed,
            fixed_point=self.fixed_point,
            validation=validation,
            commitments=self.commitments,
        )


def define(name_or_path: str) -> TaskDefinition:
    """The task that a command line means.

    Raises:
        DocumentError: there is no built-in task of this name, or the settings are not valid.
        TaskCodeError: a task of one's own does not load.
    """
    if name_or_path in BUILTINS:
        return builtin_definition(name_or_path)
    path = Path(name_or_path)
    if path.suffix not in (".toml", ".json"):
        raise DocumentError(
            f"there is no built-in task {name_or_path!r:.80}",
            hint=f"known tasks: {', '.join(BUILTINS)}; or give the .toml of your own (`parley task new`)",
        )
    own = own_task(path)
    return TaskDefinition(own.settings.name, own.model, own.task, own.settings.fixed_point)


def builtin_definition(name: str) -> TaskDefinition:
    """A built-in task with its own hyper-parameters.

    Raises:
        DocumentError: there is none of this name.
    """
    known = builtin(name)
    return TaskDefinition(known.name, BuiltinModel(name=known.name), known.task(), known.fixed_point, known)


def validation_data(definition: TaskDefinition, file: Path | None, seed: int) -> Dataset:
    """What updates are to be scored on.

    Raises:
        ConfigError: no file is named, and the task brings no data.
        DataError: the file does not hold samples of the task.
    """
    if file is not None:
        return load(file, definition.task.schema)
    return all_parts(definition, None, seed).validation


def all_parts(definition: TaskDefinition, file: Path | None, seed: int) -> Splits:
    """Training, validation and test data.

    Args:
        definition: the task.
        file: all data, an `.npz` of X and y; by default what a built-in task brings.
        seed: decides who goes where.

    Raises:
        ConfigError: no file is named, and the task brings no data.
    """
    if file is not None:
        return split(load(file, definition.task.schema), seed)
    if definition.builtin is None:
        raise ConfigError(f"the task {definition.name} brings no data of its own", hint="add --data FILE.npz")
    return split(definition.builtin.dataset(), seed)


@dataclass(frozen=True)
class DataFile:
    """A data set on disk.

    Attributes:
        path: of the file.
        samples: how many.
        classes: samples of each class.
    """

    path: str
    samples: int
    classes: list[int]


def split_data(
    parts: Splits, folder: Path, *, trainers: int, skew: str = "dirichlet", alpha: float = 0.5, seed: int = 0
) -> list[DataFile]:
    """Write trainers' shares, validation and test data as files.

    Args:
        parts: training, validation and test data.
        folder: made if need be; holds `trainer-1.npz` and so on, `validation.npz` and `test.npz`.
        trainers: into how many shares the training data are cut.
        skew: dirichlet, iid or label.
        alpha: of dirichlet; smaller is more skewed.
        seed: decides everything.

    Raises:
        ConfigError: an unknown skew, or no trainer.
        DataError: too few samples, or the disk is full.
    """
    if skew not in SKEWS or trainers < 1:
        raise ConfigError(
            f"{skew!r:.40} for {trainers} trainers is no way to cut data", hint=f"skew: {', '.join(SKEWS)}"
        )
    y = parts.train.y
    cuts = {
        "iid": lambda: iid(y, trainers, seed),
        "label": lambda: by_label(y, trainers, seed),
        "dirichlet": lambda: dirichlet(y, trainers, seed, alpha=alpha),
    }
    shares = take(parts.train, cuts[skew]())
    folder.mkdir(parents=True, exist_ok=True)
    named = {f"trainer-{number}": share for number, share in enumerate(shares, 1)}
    return [
        _written(folder / f"{name}.npz", data)
        for name, data in {**named, "validation": parts.validation, "test": parts.test}.items()
    ]


def _written(path: Path, data: Dataset) -> DataFile:
    save(path, data)
    return DataFile(str(path), len(data), data.counts().tolist())
