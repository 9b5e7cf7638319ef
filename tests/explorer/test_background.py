"""Work beside the server: goes on after errors and faults, tells what is wrong, and ends when it is told to."""

from __future__ import annotations

import queue
import threading

import pytest

from parley.errors import ChainError
from parley.explorer import background as background_module
from parley.explorer.background import Background

pytestmark = pytest.mark.unit


def test_background__errors_and_faults__are_told_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "PAUSE_AFTER_ERROR", 0.0)
    told: queue.Queue[str | None] = queue.Queue()
    outcomes = [True, ChainError("the node is away"), RuntimeError("a bug"), False]

    def work() -> bool:
        outcome = outcomes.pop(0) if outcomes else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    thread = Background("test", work, 0.001, told.put)
    thread.start()
    seen = [told.get(timeout=5) for _ in range(4)]
    thread.stop()
    assert thread.join(5)
    assert seen[0] is None
    assert seen[1] == "the node is away"
    assert seen[2] is not None
    assert "a fault of Parley in test" in seen[2]
    assert seen[3] is None


def test_background__more_to_do__does_not_pause() -> None:
    left = [3]
    done = threading.Event()

    def work() -> bool:
        left[0] -= 1
        if left[0] == 0:
            done.set()
        return left[0] > 0

    thread = Background("test", work, 60.0)
    thread.start()
    assert done.wait(5)
    thread.stop()
    assert thread.join(5)
    assert left == [0]


def test_background__stuck__is_left_behind() -> None:
    release = threading.Event()

    def work() -> bool:
        release.wait(10)
        return False

    thread = Background("test", work, 60.0)
    thread.start()
    thread.stop()
    assert not thread.join(0.05)
    release.set()
    assert thread.join(5)
