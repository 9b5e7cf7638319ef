"""Processes that die at a failpoint, cheaply: one process imports what is slow, its forks are killed one by one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from parley.failpoints import VARIABLE, Failpoint


def die_at(point: Failpoint, passage: int, work: Callable[[], object]) -> None:
    """Run `work` in a fork that must be killed at a passage of a failpoint; for processes without threads.

    Raises:
        RuntimeError: it ended in another way.
    """
    child = os.fork()
    if child == 0:
        os.environ[VARIABLE] = f"{point}:{passage}"
        try:
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError(f"{point}:{passage} was survived: status {status}")


def run_module(module: str, *args: object, timeout: float = 120) -> str:
    """What a module of the tests prints, run as a process of its own; its failure is the test's."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, args)], capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
