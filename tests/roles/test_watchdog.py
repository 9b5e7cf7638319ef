"""A worker that hangs ends itself, so that it is started anew (F-63)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import structlog
from structlog.testing import capture_logs

from parley.errors import ExitCode
from parley.heartbeat import Heartbeat
from parley.roles.watchdog import Watchdog, stacks

pytestmark = pytest.mark.unit

PRIVATE_KEY = "0x" + "5a" * 32
SECONDS = 0.2


def hangs_with(secret: str, release: threading.Event) -> str:
    """A call that never returns and has a secret among its values."""
    release.wait(20)
    return secret


def watched(beats: Callable[[Heartbeat, threading.Event], None]) -> list[int]:
    """With which codes the process was ended while `beats` ran."""
    ended: list[int] = []
    done = threading.Event()
    heart = Heartbeat()
    with Watchdog(SECONDS, structlog.get_logger(), heart, lambda code: (ended.append(code), done.set())):
        beats(heart, done)
    return ended


def test_watchdog__silence__logs_where_every_thread_stands_and_ends_the_process() -> None:
    """F-63: files, lines and functions are told, values are not: they may be secrets."""
    release = threading.Event()
    stuck = threading.Thread(target=hangs_with, args=(PRIVATE_KEY, release), name="cycle")
    stuck.start()
    with capture_logs() as logs:
        ended = watched(lambda _, done: done.wait(20))
    release.set()
    stuck.join()
    assert ended == [ExitCode.HUNG]
    (entry,) = logs
    assert entry["log_level"] == "critical"
    place = next(frames for thread, frames in entry["threads"].items() if thread.startswith("cycle "))
    assert any(frame.startswith("test_watchdog.py:") and frame.endswith(" hangs_with") for frame in place)
    assert PRIVATE_KEY not in str(logs)


def test_watchdog__signs_of_life__lets_the_process_be() -> None:
    def busy(heart: Heartbeat, done: threading.Event) -> None:
        for _ in range(30):
            heart.beat()
            done.wait(SECONDS / 20)

    assert watched(busy) == []


def test_stacks__of_this_thread__innermost_call_first() -> None:
    mine = next(frames for thread, frames in stacks().items() if thread.endswith(f" {threading.get_ident()}"))
    assert mine[0].endswith(" stacks")
    assert " test_stacks__of_this_thread__innermost_call_first" in mine[1] + mine[2]


def test_heartbeat__age__grows_until_the_next_beat() -> None:
    now = [10.0]
    heart = Heartbeat(lambda: now[0])
    now[0] = 15.0
    assert heart.age() == 5.0
    heart.beat()
    assert heart.age() == 0.0
