"""Trainings that tests kill: `python -m tests.tasks.trainees CHECKPOINT:PASSAGE ...`.

Each argument is a training in a process of its own, killed after it wrote its checkpoint for that many times.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import nn

from parley.failpoints import Failpoint
from parley.tasks.journal import TrainingJournal
from parley.tasks.protocol import Hyper, Vector
from parley.tasks.torch_task import TorchTask
from tests.support.killing import die_at
from tests.tasks.fakes import dataset, schema

HYPER = Hyper(epochs=3, batch_size=8, learning_rate=0.1, momentum=0.9, weight_decay=0.01)
DATA = dataset(37)
SEED = 5
STEPS = HYPER.epochs * 5
"""Five batches an epoch: four of eight samples and one of five."""


class Dropping(TorchTask):
    """A module that draws random numbers at every step, besides the order of samples."""

    def build(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.4), nn.ReLU(), nn.Linear(8, 2))


def trained(journal: TrainingJournal | None = None, *, seed: int = SEED, hyper: Hyper = HYPER) -> Vector:
    """The model that all of these trainings must end with."""
    task = Dropping(schema(), HYPER)
    start = task.init(1).astype(np.float64)
    return task.train(start, DATA, seed=seed, hyper=hyper, journal=journal)


def journal_at(path: Path, warn: Callable[[str], None] = print, beat: Callable[[], None] = int) -> TrainingJournal:
    """A journal that is written at every step."""
    return TrainingJournal(path, seconds=0, warn=warn, beat=beat)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        path, _, passage = argument.rpartition(":")
        die_at(Failpoint.IN_TRAINING, int(passage), lambda path=path: trained(journal_at(Path(path))))
