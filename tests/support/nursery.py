"""Workers as processes that start in no time: one process imports what is slow, and each `parley ...` is its fork.

`python -m tests.support.nursery` reads a request a line, `{"arguments": [...], "environment": {...}, "log": "..."}`,
and answers twice: with the process id once it runs, with its exit status, negative for a signal, once it has ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from parley.failpoints import VARIABLE, Failpoint

SECONDS = 60.0
"""How long anything may take here."""

LAZY = (
    "parley.chain.deployments",
    "parley.chain.rpc",
    "parley.chain.sender",
    "parley.cli.actions.federations",
    "parley.cli.actions.operators",
    "parley.cli.actions.supervision",
    "parley.cli.actions.workers",
    "parley.roles.keeper",
    "parley.roles.loop",
    "parley.roles.watchdog",
)
"""What commands import only once they run."""


class Child:
    """A running `parley`.

    Attributes:
        pid: its process id.
        log: the file that holds what it printed.
    """

    def __init__(self, nursery: Nursery, pid: int, log: Path) -> None:
        self._nursery = nursery
        self.pid = pid
        self.log = log

    def ended(self) -> int:
        """Wait for its end; its exit code, negative for a signal."""
        return self._nursery.answer(self.log)

    def killed(self) -> None:
        """Wait until its failpoint has killed it."""
        assert self.ended() == -signal.SIGKILL, self.log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, and wait for its end."""
        os.kill(self.pid, number)
        return self.ended()


class Nursery:
    """Starts workers, one at a time; a context manager that ends what still runs.

    Args:
        folder: of the logs.
        environment: of all of them, beyond that of the test.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._running: int | None = None
        self._count = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            os.kill(self._running, signal.SIGKILL)
        self._process.communicate()

    def start(self, *arguments: object, at: Failpoint | None = None, **environment: str) -> Child:
        """Start `parley` with these arguments, to be killed at a failpoint if one is given."""
        self._count += 1
        log = self._folder / f"process-{self._count}.log"
        point = {} if at is None else {VARIABLE: at.value}
        request = {
            "arguments": [str(argument) for argument in arguments],
            "environment": {**self._environment, **environment, **point},
            "log": str(log),
        }
        self._input.write((json.dumps(request) + "\n").encode())
        self._running = self._read(log)
        return Child(self, self._running, log)

    def answer(self, log: Path) -> int:
        """The exit status of what runs."""
        status = self._read(log)
        self._running = None
        return status

    @property
    def _input(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    def _read(self, log: Path) -> int:
        output = cast(IO[bytes], self._process.stdout)
        ready, _, _ = select.select([output], [], [], SECONDS)
        assert ready, f"no answer in {SECONDS:g} s: {log.read_text() if log.exists() else 'not started'}"
        return int(output.readline())


def main() -> None:
    """Import what is slow, then fork for each request."""
    from parley.cli import main as parley
    from parley.roles.warmup import warm_kernels, warm_task
    from parley.tasks.builtin import builtin

    for module in LAZY:
        import_module(module)
    warm_kernels()
    warm_task(builtin("breast-cancer").task())
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line))
            parley()
            os._exit(0)
        _tell(pid)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become(request: Mapping[str, Any]) -> None:
    """Turn this fork into a process of its own."""
    os.environ.update(request["environment"])
    sys.argv = ["parley", *request["arguments"]]
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


if __name__ == "__main__":
    main()
