"""Workers that start in no time: one process imports all that is slow, and each `parley ...` is a fork of it.

For tests that start many, and the short form of the chaos run, which would else spend most of their time importing.
Each fork is a process of its own, with its own key and folder, and is killed like any other.

`python -m tests.support.nursery` reads a request a line, `{"arguments": [...], "environment": {...}, "log": "..."}`,
answers with `born PID`, and says `gone PID STATUS` once that has ended; a negative status is a signal's number.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from parley.children import ONE_THREAD, die_with_parent
from parley.errors import DeadlineExceeded

ROOT = str(Path(__file__).resolve().parents[2])
REAP_SECONDS = 0.05
BIRTH_SECONDS = 120.0
"""The first fork waits for the imports."""

LAZY = (
    "parley.chain.deployments",
    "parley.chain.rpc",
    "parley.chain.sender",
    "parley.cli.actions.federations",
    "parley.cli.actions.operators",
    "parley.cli.actions.supervision",
    "parley.cli.actions.workers",
    "parley.cli.commands.run",
    "parley.roles.keeper",
    "parley.roles.loop",
    "parley.roles.watchdog",
)
"""What commands import only once they run."""


class Fork:
    """A forked `parley`, with as much of `subprocess.Popen` as is needed.

    Attributes:
        pid: its process id.
        log: the file that holds what it printed.
        returncode: how it ended, as far as was asked.
    """

    def __init__(self, nursery: Nursery, pid: int, log: Path) -> None:
        self._nursery = nursery
        self.pid = pid
        self.log = log
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended, `None` while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.status(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(REAP_SECONDS)
        return status

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that the workers are forks of; a context manager that ends it, and by that them."""

    def __init__(self) -> None:
        self._status: dict[int, int] = {}
        self._born: list[int] = []
        self._rest = b""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": ROOT},
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one call to prctl, no locks taken
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Fork:
        """Start `python -m <arguments>`, which are those of `parley`.

        Args:
            arguments: the first is the module's name.
            log: what it prints is appended to this file.
            environment: its own, beyond that of all.

        Raises:
            DeadlineExceeded: it was not born in time.
        """
        request = {"arguments": list(arguments), "environment": dict(environment or {}), "log": str(log)}
        cast(IO[bytes], self._process.stdin).write((json.dumps(request) + "\n").encode())
        until = time.monotonic() + BIRTH_SECONDS
        while not self._born:
            if time.monotonic() > until:
                raise DeadlineExceeded("the nursery of workers does not answer")
            self._listen(REAP_SECONDS)
        return Fork(self, self._born.pop(), log)

    def status(self, pid: int) -> int | None:
        """How a fork ended, `None` while it runs."""
        self._listen(0)
        return self._status.get(pid)

    def _listen(self, seconds: float) -> None:
        """Take in what the process has said, and wait so long for more."""
        output = cast(IO[bytes], self._process.stdout)
        while select.select([output], [], [], seconds)[0]:
            heard = output.read(65_536)
            if not heard:
                return
            *lines, self._rest = (self._rest + heard).split(b"\n")
            for line in lines:
                word, pid, *status = line.split()
                if word == b"born":
                    self._born.append(int(pid))
                else:
                    self._status[int(pid)] = int(status[0])
            seconds = 0


def main() -> None:
    """Import what is slow, then fork for each request, until there are no more."""
    from parley.cli import main as parley
    from parley.roles.warmup import warm_kernels, warm_task
    from parley.tasks.builtin import builtin

    for module in LAZY:
        import_module(module)
    warm_kernels()
    warm_task(builtin("breast-cancer").task())
    rest = b""
    while True:
        if select.select([0], [], [], REAP_SECONDS)[0]:
            heard = os.read(0, 65_536)
            if not heard:
                return
            *lines, rest = (rest + heard).split(b"\n")
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    _live(json.loads(line), parley)
                _say(f"born {pid}")
        _reap()


def _reap() -> None:
    """Tell of all forks that have ended."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _say(f"gone {ended[0]} {os.waitstatus_to_exitcode(ended[1])}")
    except ChildProcessError:
        return


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def _live(request: Mapping[str, Any], parley: Any) -> None:  # noqa: ANN401 - what the console script calls
    """Be `python -m parley ...`, and end with it."""
    os.setsid()
    die_with_parent()
    os.environ.update(request["environment"])
    sys.argv = list(request["arguments"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code: object = 1
    try:
        parley()
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
