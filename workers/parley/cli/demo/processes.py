"""The demo's processes: started with a log each, watched, and ended by their pid, whatever happens.

Should the demo itself be killed before it could end them, the kernel does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from parley.children import ONE_THREAD, die_with_parent
from parley.errors import ParleyError

GRACE_SECONDS = 8.0
"""Between SIGTERM and SIGKILL."""


class ProcessDied(ParleyError):
    """A worker of the demo ended by itself."""


@dataclass(slots=True)
class Child:
    """A running process.

    Attributes:
        name: of the player.
        process: the process.
        log: where its output goes.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Cast:
    """The processes of a demo; leaving the block ends them all."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(self, name: str, arguments: Sequence[str], log: Path) -> None:
        """Start `python -m <arguments>` in a session of its own, so that a Ctrl-C reaches only the demo itself."""
        self._children.append(Child(name, spawn(arguments, log), log))

    def check(self) -> None:
        """See that all are alive.

        Raises:
            ProcessDied: one is not; the message ends with the last line of its log.
        """
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise ProcessDied(
                    f"{child.name} ended with exit code {code}: {last_line(child.log)}", hint=f"read {child.log}"
                )

    def stop(self) -> None:
        """End all: SIGTERM together, then SIGKILL for those that do not listen."""
        for child in self._children:
            _signal(child.process, signal.SIGTERM)
        for child in self._children:
            try:
                child.process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(child.process, signal.SIGKILL)
                child.process.wait()
        self._children.clear()

    def __enter__(self) -> Self:
        """Return the cast."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        self.stop()


def spawn(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m <arguments>` in a session of its own, with its output appended to a log.

    Start it from a thread that lives as long as the process is to: the kernel ends it with that thread.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ONE_THREAD},
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one call to prctl, no locks taken
        )


def last_line(log: Path) -> str:
    """The last line of a log that is not empty."""
    try:
        lines = log.read_bytes()[-4096:].decode(errors="replace").strip().splitlines()
    except OSError:
        return "no log"
    return lines[-1] if lines else "its log is empty"


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        process.send_signal(number)
