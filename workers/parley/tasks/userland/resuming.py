"""Whether a task's training, broken off and taken up again, ends with the same bits (`parley task check`)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from parley.tasks.dataset import Dataset
from parley.tasks.journal import Progress, TrainingJournal, is_resumable, train
from parley.tasks.protocol import Task, Vector

STEPS = 3
"""After so many steps the training is broken off."""


class Interrupted(Exception):
    """The training was broken off."""


class _Interrupting(TrainingJournal):
    """Breaks the training off, as a killed process would, once some steps are written down."""

    _left = STEPS

    def step(self, progress: Callable[[], Progress]) -> None:
        super().step(progress)
        self._left -= 1
        if self._left == 0:
            raise Interrupted


def resumed(task: Task, start: Vector, data: Dataset, *, seed: int, warn: Callable[[str], None]) -> Vector | None:
    """Train, break off, go on.

    Args:
        task: whose own hyper-parameters are used.
        start: where to start.
        data: samples.
        seed: of the random numbers.
        warn: told in one line why a checkpoint was not used or not written.

    Returns:
        the model in the end; `None` if the task's `train` takes no journal.
    """
    if not is_resumable(task):
        return None
    with tempfile.TemporaryDirectory(prefix="parley-check-") as folder:
        for kind in (_Interrupting, TrainingJournal):
            journal = kind(Path(folder) / "checkpoint", seconds=0, warn=warn)
            try:
                model = train(task, start.copy(), data, seed=seed, hyper=task.hyper, journal=journal, patience=0)
            except Interrupted:
                continue
    return model
