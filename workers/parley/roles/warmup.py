"""Everything that is slow only the first time, done before a worker says that it is ready.

A round's windows may be short; loading compiled kernels and torch takes seconds.
"""

from __future__ import annotations

import numpy as np

from parley.numerics import rows, rules, word_tree
from parley.numerics.fixed_point import encode
from parley.numerics.scoring import norm_sq
from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Task

_PARAMS = 16


def warm_kernels() -> None:
    """Load, or compile once per machine, what commitments, judgements and settlements compute with."""
    q = np.zeros((3, _PARAMS), np.int32)
    word_tree.root(encode(q[0]))
    norm_sq(q[0])
    for rule in rules.Rule:
        rules.aggregate(rule, q, [1, 1, 1], [1, 1, 1], 0)
    rules.look_ahead(q[0], q[0], 0)
    rows.row_root(list(q))


def warm_task(task: Task) -> None:
    """Run one tiny step of training and judging, on zeros."""
    data = Dataset(np.zeros((2, *task.schema.features), np.float32), np.zeros(2, np.int64), task.schema)
    start = np.zeros(task.params, np.float32)
    task.losses(start, data)
    task.train(start, data, seed=0, hyper=task.hyper.model_copy(update={"epochs": 1}))
