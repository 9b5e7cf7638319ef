"""The built-in tasks: real data of the documented size, models of the documented size, quick training."""

from __future__ import annotations

import time

import numpy as np
import pytest

from parley.tasks.builtin import BUILTINS, builtin
from parley.tasks.errors import DocumentError
from parley.tasks.partition import split
from parley.tasks.userland import check

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("name", "samples", "classes"), [("digits", 1797, 10), ("breast-cancer", 569, 2)])
def test_dataset__builtin__is_whole_and_scaled(name: str, samples: int, classes: int) -> None:
    data = builtin(name).dataset()
    assert len(data) == samples
    assert np.count_nonzero(data.counts()) == classes
    assert np.abs(data.X.mean(axis=0)).max() < 1.0
    assert data.X.std(axis=0).max() < 3.0


@pytest.mark.parametrize("name", BUILTINS)
def test_task__builtin__passes_the_check_that_users_tasks_must_pass(name: str) -> None:
    known = builtin(name)
    train = split(known.dataset(), 0).train
    report = check(known.task(), train.take(np.arange(0, len(train), 5)), known.fixed_point)
    assert report.findings == []
    assert report.params == known.params


@pytest.mark.parametrize("name", BUILTINS)
def test_train__local_round_on_300_samples__is_under_a_second(name: str) -> None:
    known = builtin(name)
    task, data = known.task(), known.dataset().take(np.arange(300))
    start = task.init(0)
    begun = time.process_time()
    task.train(start, data, seed=0, hyper=known.hyper)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(("name", "least"), [("digits", 0.9), ("breast-cancer", 0.93)])
def test_train__all_data_in_one_place__learns_the_task(name: str, least: float) -> None:
    known = builtin(name)
    task, parts = known.task(), split(known.dataset(), 0)
    hyper = known.hyper.model_copy(update={"epochs": 25})
    assert task.metric(task.train(task.init(0), parts.train, seed=0, hyper=hyper), parts.test) > least


def test_builtin__unknown_name__lists_the_known() -> None:
    with pytest.raises(DocumentError, match="no built-in task 'x'"):
        builtin("x")
