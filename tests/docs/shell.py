"""A bash that takes one script after another, as a reader types them, and leaves no process behind.

Background jobs and variables live on from script to script. Whatever the shell starts inherits a mark in its
environment, by which it is found and ended: processes of nobody else bear it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

END_SECONDS = 20.0
POLL_SECONDS = 0.1


class ShellError(AssertionError):
    """A script failed, or took too long; the message holds what it printed."""


class Shell:
    """The shell.

    Args:
        start: folder to start in.
        scratch: for scripts, their output and, as TMPDIR, for temporary folders.
        variables: added to the environment; inherited variables of Parley are taken out of it.
    """

    def __init__(self, start: Path, scratch: Path, variables: dict[str, str]) -> None:
        self._scratch = scratch
        self._count = 0
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PARLEY_", "VIRTUAL_ENV"))}
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=start,
            env={**inherited, **variables, "TMPDIR": str(scratch)},
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._type("set -e")

    def run(self, script: str, seconds: float) -> str:
        """Run a script, stopping at the first command that fails.

        Returns:
            what it printed to standard output.

        Raises:
            ShellError: a command failed, or the script takes longer than that.
        """
        self._count += 1
        paths = {kind: self._scratch / f"{self._count}.{kind}" for kind in ("sh", "out", "err", "done")}
        paths["sh"].write_text(script)
        began = time.monotonic()
        self._type(f"{{ . '{paths['sh']}'; }} </dev/null >'{paths['out']}' 2>'{paths['err']}'; touch '{paths['done']}'")
        while not paths["done"].exists():
            if self._process.poll() is not None or time.monotonic() - began > seconds:
                ended = f"ended with {self._process.returncode}" if self._process.returncode is not None else "hangs"
                raise ShellError(f"{ended}:\n{script}\n{paths['out'].read_text()}\n{paths['err'].read_text()}")
            time.sleep(POLL_SECONDS)
        return paths["out"].read_text()

    def folder(self) -> Path:
        """Where the shell is now."""
        return Path(f"/proc/{self._process.pid}/cwd").readlink()

    def started(self) -> list[int]:
        """Processes that the shell has started and that still run."""
        return [pid for pid in _marked(str(self._scratch)) if pid != self._process.pid]

    def _type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in _marked(str(self._scratch)):
                _signal(pid, number)
            until = time.monotonic() + END_SECONDS
            while (self._process.poll() is None or self.started()) and time.monotonic() < until:
                time.sleep(POLL_SECONDS)
        assert self._process.stdin is not None
        self._process.stdin.close()


def _marked(scratch: str) -> list[int]:
    """Processes whose environment holds our mark."""
    mark = f"TMPDIR={scratch}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended, or is another user's
        if mark in environment:
            found.append(int(entry.name))
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it has ended meanwhile
