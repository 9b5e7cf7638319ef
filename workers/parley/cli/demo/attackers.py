"""An attacker's process: `python -m parley.cli.demo.attackers CONFIG`.

CONFIG is an honest worker's; beside it lies the script that says which part is played.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from parley.cli.actions.workers import Equipment, make_aggregator, make_sponsor, make_worker, task_document
from parley.cli.commands.run import equipment_of, run_role
from parley.cli.demo.attacks.behaviours import SCRIPT, Script, disguised
from parley.cli.session import Session
from parley.roles.evaluator import Evaluator
from parley.roles.loop import RoleWorker
from parley.roles.shards import OpenedShards
from parley.roles.trainer import Trainer
from parley.tasks import data_file
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.document import TaskDocument
from parley.tasks.loading import load_task
from parley.tasks.protocol import Task


class Deferred:
    """A task that is loaded when something is first computed with it: most attackers need no torch.

    Args:
        document: describes it.
    """

    def __init__(self, document: TaskDocument) -> None:
        self.schema, self.hyper, self.params = document.data_schema, document.hyper, document.params
        self._load: Callable[[], Task] = cache(lambda: load_task(document))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a task has
        return getattr(self._load(), name)


def role_of(equipment: Equipment, script: Script, data: Path | None) -> RoleWorker:
    """The honest role that is then played otherwise."""
    if script.kind == "sponsor":
        return make_sponsor(equipment)
    if script.kind == "aggregator":
        return make_aggregator(equipment)
    worker = make_worker(equipment, script.kind)
    document = task_document(equipment.store, worker.reader.terms.task_digest)
    task, shards = cast(Task, Deferred(document)), OpenedShards(equipment.store, document, worker.log)
    if script.kind == "evaluator":
        return Evaluator(worker, task, shards)
    return Trainer(worker, task, _data(data, document.data_schema), shards)


def _data(path: Path | None, schema: DataSchema) -> Dataset:
    """A trainer's own; a single sample of zeros for those who have none and train on none."""
    if path is None:
        return Dataset(np.zeros((1, *schema.features), np.float32), np.zeros(1, np.int64), schema)
    return data_file.load(path, schema)


def main(config: Path) -> None:
    """Run until SIGTERM, as an honest worker does."""
    session = Session(config=config)
    script = Script.decode((config.parent / SCRIPT).read_bytes())
    role = role_of(equipment_of(session, acts_for_itself=script.kind == "sponsor"), script, session.settings.data)
    run_role(session, disguised(role, script))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
