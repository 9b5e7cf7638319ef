"""A process that measures models, one after the other: `python -m parley.explorer.measuring`.

Reads jobs from standard input and writes outcomes to standard output, a line of JSON each. It is a process of its own
because it loads torch and content of strangers: whatever that does, the page stays up and quick.
"""

from __future__ import annotations

import math
import os
import sys
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from parley.errors import ParleyError
from parley.numerics.fixed_point import dequantise
from parley.roles.library import Library
from parley.storage import Cid, ContentStore, open_store
from parley.tasks.dataset import Dataset
from parley.tasks.document import MAX_BYTES, TaskDocument
from parley.tasks.errors import DocumentError
from parley.tasks.loading import load_task
from parley.tasks.protocol import Task
from parley.tasks.shards import read, unseal

NICENESS = 10
DOCUMENT_SECONDS = 30.0


class Job(BaseModel):
    """A model to measure.

    Attributes:
        stores: addresses of the content stores.
        task: CID of the task document.
        task_file: the operator's own copy of the task's code, where it is not built in.
        shard: CID of the validation shard; shard_size its bytes.
        shard_round: the round that it was sealed for.
        key: hexadecimal, of the shard; `None` where it is public.
        params: parameters of the model; frac_bits its fraction bits.
        model_root: hexadecimal, its word root; model_digest of its CID.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stores: tuple[str, ...]
    task: str
    task_file: Path | None
    shard: str
    shard_size: int
    shard_round: int
    key: str | None
    params: int
    frac_bits: int
    model_root: str
    model_digest: str


class Outcome(BaseModel):
    """What came of it: a value, or why there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float | None = None
    problem: str | None = None


def measure(job: Job) -> float:
    """The task's metric of a model on a validation shard.

    Raises:
        ContentError: the model, the shard or the document is not to be had, or not what it must be.
        TaskError: the task's code is not here, or is another.
    """
    store = _store(job.stores)
    document, task = _task(job.stores, job.task, job.task_file)
    if document.params != job.params:
        raise DocumentError(f"the task has {document.params} parameters, the federation {job.params}")
    q = Library(store, job.params).get(bytes.fromhex(job.model_root), bytes.fromhex(job.model_digest))
    value = float(task.metric(dequantise(q, job.frac_bits), _shard(store, job, document)))
    if not math.isfinite(value):
        raise DocumentError(f"the task's metric is {value}")
    return value


@lru_cache(maxsize=1)
def _store(locations: tuple[str, ...]) -> ContentStore:
    return open_store(locations, owner="explorer")


@lru_cache(maxsize=4)
def _task(stores: tuple[str, ...], cid: str, task_file: Path | None) -> tuple[TaskDocument, Task]:
    data = _store(stores).get_document(Cid.parse(cid), MAX_BYTES, DOCUMENT_SECONDS)
    document = TaskDocument.decode(data)
    return document, load_task(document, task_file)


def _shard(store: ContentStore, job: Job, document: TaskDocument) -> Dataset:
    data = store.get(Cid.parse(job.shard), job.shard_size)
    if job.key is None:
        return read(data, job.shard_round, document.data_schema)
    return unseal(data, job.shard_round, bytes.fromhex(job.key), document.data_schema)


def answer(line: bytes) -> Outcome:
    """The outcome of one job; an error in a task's code ends no process."""
    try:
        return Outcome(value=measure(Job.model_validate_json(line)))
    except ParleyError as error:
        return Outcome(problem=error.message)
    except Exception as error:  # noqa: BLE001 - the task's own code may raise anything
        return Outcome(problem=f"the task's code failed: {error!r:.200}")


def main() -> None:
    """Measure until the input ends."""
    os.nice(NICENESS)
    outcomes = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a task's code prints is no outcome
    for line in sys.stdin.buffer:
        outcomes.write(answer(line).model_dump_json().encode() + b"\n")


if __name__ == "__main__":
    main()
