"""Tasks of one's own: a template, a check, and what a task consists of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parley.cli.actions.task_files import TaskDefinition
from parley.errors import Conflict
from parley.files import write_whole
from parley.storage.files import explained
from parley.tasks.data_file import load
from parley.tasks.dataset import Dataset
from parley.tasks.document import TaskDocument
from parley.tasks.partition import iid, split
from parley.tasks.userland import Report, check, template

USUAL_TRAINERS = 5
"""As many share the data of a built-in task."""


@dataclass(frozen=True)
class TaskFacts:
    """What a task consists of.

    Attributes:
        name: what people call it.
        model: the code that defines it.
        params: number of parameters.
        hyper: hyper-parameters of local training.
        data_schema: what samples look like.
        fixed_point: recommended numbers on the wire.
        validation: sealed or public; `None` before it is sealed.
        shards: number of validation shards, `None` before it is sealed.
        tensors: shape of each tensor by name; `None` where the code was not loaded.
    """

    name: str
    model: dict[str, Any]
    params: int
    hyper: dict[str, Any]
    data_schema: dict[str, Any]
    fixed_point: dict[str, Any]
    validation: str | None = None
    shards: int | None = None
    tensors: dict[str, list[int]] | None = None


def new_task(name: str, folder: Path) -> list[str]:
    """Write a working template of a task.

    Returns:
        the paths of its files.

    Raises:
        DocumentError: the name is none.
        Conflict: one of the files is there already; none is written.
        StorageError: the disk is full.
    """
    files = {folder / file: text for file, text in template(name).items()}
    for path in files:
        if path.exists():
            raise Conflict(f"{path} is there already", hint="choose another name or folder; nothing was written")
    written: list[Path] = []
    try:
        for path, text in files.items():
            with explained(path):
                write_whole(path, text.encode(), replace=False)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return [str(path) for path in files]


def check_task(definition: TaskDefinition, data: Path | None) -> Report:
    """Run one local round of a task and say what is wrong with it.

    Args:
        definition: the task.
        data: samples to train on; by default one trainer's share of its own if it is built in, else random ones.

    Raises:
        DataError: the file does not hold samples of the task.
    """
    samples: Dataset | None = None
    if data is not None:
        samples = load(data, definition.task.schema)
    elif definition.builtin is not None:
        train = split(definition.builtin.dataset(), seed=0).train
        samples = train.take(iid(train.y, USUAL_TRAINERS, seed=0)[0])
    return check(definition.task, samples, definition.fixed_point)


def facts_of_definition(definition: TaskDefinition) -> TaskFacts:
    """What a task consists of before it is sealed."""
    task = definition.task
    return TaskFacts(
        name=definition.name,
        model=definition.model.model_dump(),
        params=task.params,
        hyper=task.hyper.model_dump(),
        data_schema=task.schema.model_dump(),
        fixed_point=definition.fixed_point.model_dump(),
        tensors={spec.name: list(spec.shape) for spec in task.layout},
    )


def facts_of_document(document: TaskDocument) -> TaskFacts:
    """What a task document says."""
    return TaskFacts(
        name=document.name,
        model=document.model.model_dump(),
        params=document.params,
        hyper=document.hyper.model_dump(),
        data_schema=document.data_schema.model_dump(),
        fixed_point=document.fixed_point.model_dump(),
        validation="sealed" if document.validation.sealed else "public",
        shards=len(document.validation.shards),
    )


def report_facts(report: Report) -> dict[str, Any]:
    """A report as facts, its outcome first."""
    return {"ok": report.ok, **asdict(report)}
