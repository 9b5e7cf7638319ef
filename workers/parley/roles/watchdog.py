"""Ends a process that hangs, so that its supervisor starts it anew (F-63).

A cycle that waits for a store or a node has deadlines of its own. This is for what has none: a system call that never
returns, a deadlock, a kernel that computes for ever. Nothing is lost by it: what was in flight is in the journal
(P-18).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from traceback import walk_stack
from types import TracebackType
from typing import Self

from parley.errors import ExitCode
from parley.heartbeat import BEAT, Heartbeat
from parley.roles.worker import Log


class Watchdog:
    """A thread that watches the heartbeat; use it as a context manager.

    Args:
        seconds: without a sign of life that are taken for hanging.
        log: where it says where every thread stands.
        heartbeat: what it watches.
        end: how the process ends.
    """

    def __init__(
        self, seconds: float, log: Log, heartbeat: Heartbeat = BEAT, end: Callable[[int], object] = os._exit
    ) -> None:
        self._seconds = seconds
        self._log = log
        self._heartbeat = heartbeat
        self._end = end
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._heartbeat.beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds / 10):
            age = self._heartbeat.age()
            if age > self._seconds:
                self._log.critical("no sign of life: ending, to be started anew", seconds=round(age), threads=stacks())
                sys.stderr.flush()
                self._end(ExitCode.HUNG)
                return


def stacks() -> dict[str, list[str]]:
    """Where every thread stands, innermost call first: files, lines and functions, and no values, so no secrets."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        f"{names.get(ident, 'unknown')} {ident}": [
            f"{Path(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}" for frame, line in walk_stack(place)
        ]
        for ident, place in sys._current_frames().items()
    }
