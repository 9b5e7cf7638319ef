"""A worker that hangs ends itself, so that it is started anew (F-63)."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import structlog
from structlog.testing import capture_logs

from parley.errors import ExitCode
from parley.heartbeat import Heartbeat
from parley.roles.watchdog import Watchdog, stacks

PRIVATE_KEY = "0x" + "5a" * 32
SECONDS = 0.2


def hangs_with(secret: str, release: threading.Event) -> str:
    """A call that never returns and has a secret among its values."""
    release.wait(20)
    return secret


def watched(beats: Callable[[Heartbeat, threading.Event], object]) -> list[int]:
    """With which codes the process was ended while `beats` ran."""
    ended: list[int] = []
    done = threading.Event()
    heart = Heartbeat()

    def end(code: int) -> None:
        ended.append(code)
        done.set()

    with Watchdog(SECONDS, structlog.get_logger(), heart, end):
        beats(heart, done)
    return ended


@pytest.mark.integration
def test_process__node_is_a_black_hole__ends_with_a_code_of_its_own_and_tells_no_secret() -> None:
    """F-63: a supervisor starts it anew; the log says in which call it hung."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.roles.hanging", "1", PRIVATE_KEY], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == ExitCode.HUNG, done.stderr
    told = done.stdout + done.stderr
    assert "no sign of life" in told
    assert "hanging.py:" in told
    assert PRIVATE_KEY not in told


@pytest.mark.unit
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


@pytest.mark.unit
def test_watchdog__signs_of_life__lets_the_process_be() -> None:
    def busy(heart: Heartbeat, done: threading.Event) -> None:
        for _ in range(30):
            heart.beat()
            done.wait(SECONDS / 20)

    assert watched(busy) == []


@pytest.mark.unit
def test_stacks__of_this_thread__innermost_call_first() -> None:
    mine = next(frames for thread, frames in stacks().items() if thread.endswith(f" {threading.get_ident()}"))
    assert mine[0].endswith(" stacks")
    assert " test_stacks__of_this_thread__innermost_call_first" in mine[1] + mine[2]


@pytest.mark.unit
def test_heartbeat__age__grows_until_the_next_beat() -> None:
    now = [10.0]
    heart = Heartbeat(lambda: now[0])
    now[0] = 15.0
    assert heart.age() == 5.0
    heart.beat()
    assert heart.age() == 0.0
