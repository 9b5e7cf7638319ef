"""Trainers that tests kill: `python -m tests.roles.trainees FOLDER POINT:PASSAGE ...`, one process for each death."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import structlog

from parley.chain.model import Phase
from parley.chain.view import View
from parley.failpoints import Failpoint
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode, quantise
from parley.roles.actions import CommitUpdate, RevealUpdate
from parley.roles.checkpoints import Checkpoints
from parley.roles.drafts import Drafts
from parley.roles.shards import OpenedShards
from parley.roles.trainer import Trainer
from parley.roles.warmup import warm_task
from parley.roles.worker import Worker
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Task
from tests.roles.builders import ME, RECORD, TERMS, view_in
from tests.support.killing import die_at

KNOWN = builtin("breast-cancer")
DATA = Dataset(np.random.default_rng(0).normal(size=(100, 30)), np.arange(100) % 2, KNOWN.schema)
STEPS = 5 * 7
"""Five epochs of seven batches."""


def task() -> Task:
    return KNOWN.task()


def view() -> View:
    """A round in which this trainer is to commit."""
    return replace(view_in(Phase.TRAIN), terms=replace(TERMS, params=KNOWN.params))


def trainer(home: Path, sent: list[tuple[object, ...]], log: object = None) -> Trainer:
    """A trainer that keeps its state in `home` and sends into a list."""
    q = quantise(task().init(3), TERMS.frac_bits)
    worker = SimpleNamespace(
        key=b"k" * 32,
        operator=ME,
        token_price=0,
        drafts=Drafts(home / "drafts"),
        log=log or structlog.get_logger(),
        models=lambda _: (q, q),
        library=SimpleNamespace(put=lambda revealed: (word_tree.root(encode(revealed)), b"d" * 32)),
        send=lambda *arguments, **_: sent.append(arguments),
    )
    shards = SimpleNamespace(before=lambda *_: [])
    checkpoints = Checkpoints(home / "checkpoints", seconds=0)
    return Trainer(cast(Worker, worker), task(), DATA, cast(OpenedShards, shards), checkpoints)


def reveal(home: Path, commitment: object, log: object = None) -> tuple[object, ...]:
    """What a trainer sends that committed, was restarted, and finds what is in `home`."""
    sent: list[Any] = []
    record = replace(RECORD, commitments={ME: commitment})
    now = replace(view_in(Phase.REVEAL, record=record), terms=view().terms)
    trainer(home, sent, log).execute(RevealUpdate(record.number), now)
    (arguments,) = sent
    return cast(tuple[object, ...], arguments)


def commit(home: Path, log: object = None) -> tuple[object, ...]:
    """What a trainer sends that starts with what is in `home`."""
    sent: list[Any] = []
    trainer(home, sent, log).execute(CommitUpdate(view().round.round), view())
    (arguments,) = sent
    return cast(tuple[object, ...], arguments)


if __name__ == "__main__":
    # once for all forks
    warm_task(task())
    word_tree.root(encode(quantise(task().init(0), TERMS.frac_bits)))
    for argument in sys.argv[2:]:
        point, _, passage = argument.partition(":")
        die_at(Failpoint(point), int(passage or 1), lambda: commit(Path(sys.argv[1])))
