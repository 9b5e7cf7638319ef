"""The workers' processes: started, killed, started again; and when each of them could act."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from chaoslab.history import WIPED, Outage
from parley.children import process_started
from parley.cli.demo.processes import last_line, spawn
from tests.support.nursery import Fork

READY = b'"ready"'
"""What a worker logs once it has loaded all that is slow to load."""

KEPT = ("parley.toml", "password", "keystores", "data.npz", "validation", "log")
"""What a worker whose disk is lost gets back: configuration, key, data, and the sponsor's chain of keys."""

RPC = "rpc"
"""Why a worker is out whose way to the node is broken; it is over when that is repaired, not when it is ready."""

PAUSE_SECONDS = 2.0
"""Between two starts of a worker that ends by itself."""

END_SECONDS = 60.0
"""Within which a worker ends after SIGTERM."""


Process = subprocess.Popen[bytes] | Fork
"""A worker's: started by itself, or forked in a nursery."""


@dataclass(slots=True)
class Member:
    """A worker.

    Attributes:
        name: of the player.
        kind: its command.
        home: its folder.
        process: the running one, or the last.
        offset: where the output of this process begins in its log, bytes.
        ready: it has said that it is.
        wanted: it is to run.
        term_sent: when it was asked to end, monotonic seconds; 0 if it was not.
        started: when it was started, monotonic seconds.
    """

    name: str
    kind: str
    home: Path
    process: Process | None = None
    offset: int = 0
    ready: bool = False
    wanted: bool = False
    term_sent: float = 0.0
    started: float = 0.0

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        """Its output."""
        return self.home / "log"


@dataclass(slots=True)
class Crew:
    """All workers; leaving the block ends them.

    Attributes:
        now: gives the chain's time.
        begin: starts a process: `python -m` arguments, log.
        members: by name.
        outages: that are over.
        exits: workers that ended by themselves, in disorder or too late.
        pids: of all processes ever started, each with its start time in ticks.
        trouble: what is wrong with chain or stores right now.
    """

    now: Callable[[], int]
    begin: Callable[[Sequence[str], Path], Process] = spawn
    members: dict[str, Member] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    pids: dict[int, int | None] = field(default_factory=dict)
    trouble: set[str] = field(default_factory=set)
    _open: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, name: str, kind: str, home: Path) -> None:
        """Let a worker be one of them."""
        self.members[name] = Member(name, kind, home)

    def start(self, name: str) -> None:
        """Start a worker; it is out until it is ready."""
        member = self.members[name]
        if member.runs:
            return
        member.log.touch()
        member.offset = member.log.stat().st_size
        command = ["parley", member.kind, "run", "--config", str(member.home / "parley.toml")]
        member.process = self.begin(command, member.log)
        member.ready, member.wanted, member.term_sent, member.started = False, True, 0.0, time.monotonic()
        self.pids[member.process.pid] = process_started(member.process.pid)

    def kill(self, name: str, why: str) -> bool:
        """Kill a worker; false if it is down already."""
        return self._signal(name, why, signal.SIGKILL)

    def term(self, name: str, why: str) -> bool:
        """Ask a worker to end; false if it is down already, or not ready yet: so early the signal just ends it."""
        if not self.members[name].ready or not self._signal(name, why, signal.SIGTERM):
            return False
        self.members[name].term_sent = time.monotonic()
        return True

    def wipe(self, name: str) -> bool:
        """Kill a worker and remove all that it has but `KEPT`; false if it is down already."""
        if not self.kill(name, WIPED):
            return False
        member = self.members[name]
        if member.process is not None:
            member.process.wait()
        for entry in member.home.iterdir():
            if entry.name not in KEPT:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        return True

    def begin_outage(self, name: str, why: str) -> None:
        """From now on it cannot act."""
        self._open.setdefault((name, why), self.now())

    def end_outage(self, name: str, why: str) -> None:
        """From now on it can again, as far as this goes."""
        start = self._open.pop((name, why), None)
        if start is not None:
            self.outages.append(Outage(name, why, start, self.now()))

    def all_outages(self) -> tuple[Outage, ...]:
        """Those that are over, and those that go on."""
        return (*self.outages, *(Outage(name, why, start, None) for (name, why), start in self._open.items()))

    def watch(self) -> None:
        """See who has become ready, and who has ended by itself; the latter is started again, as a supervisor would."""
        for member in self.members.values():
            if member.wanted and not member.runs:
                self._mourn(member)
            elif member.runs and not member.ready and READY in _tail(member):
                member.ready = True
                for name, why in [key for key in self._open if key[0] == member.name and key[1] != RPC]:
                    self.end_outage(name, why)

    def _mourn(self, member: Member) -> None:
        """Start a worker again that ended by itself. While it starts, it may, if node or store are away."""
        if time.monotonic() < member.started + PAUSE_SECONDS:
            return
        excused = not member.ready and (bool(self.trouble) or (member.name, RPC) in self._open)
        if not excused:
            code = None if member.process is None else member.process.returncode
            self.exits.append(f"{member.name} ended by itself with exit code {code}: {last_line(member.log)}")
        self.start(member.name)

    def restart(self, name: str) -> None:
        """Start a worker that was sent a signal; one that still has not ended is killed, and that is noted."""
        member = self.members[name]
        self._await_end(member, max(0.0, member.term_sent + END_SECONDS - time.monotonic()))
        self.start(name)

    def all_ready(self, names: Iterable[str] | None = None) -> bool:
        """Whether those named, or all, have said that they are ready."""
        return all(self.members[name].ready and self.members[name].runs for name in names or self.members)

    def stop(self) -> None:
        """End all: SIGTERM together, SIGKILL for those that do not listen, which is noted."""
        running = [member for member in self.members.values() if member.runs]
        for member in running:
            self.term(member.name, "end")
        until = time.monotonic() + END_SECONDS
        for member in running:
            self._await_end(member, max(0.0, until - time.monotonic()))

    def __enter__(self) -> Self:
        """Return the crew."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        self.stop()

    def _signal(self, name: str, why: str, number: signal.Signals) -> bool:
        member = self.members[name]
        if member.process is None or not member.runs:
            return False
        member.wanted = False
        self.begin_outage(name, why)
        member.ready = False
        member.process.send_signal(number)
        return True

    def _await_end(self, member: Member, seconds: float) -> None:
        if member.process is None:
            return
        try:
            code = member.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.exits.append(f"{member.name} did not end {END_SECONDS:g} s after SIGTERM: {last_line(member.log)}")
            member.process.kill()
            member.process.wait()
            return
        if member.term_sent and code not in (0, -signal.SIGKILL):
            self.exits.append(f"{member.name} ended with exit code {code} after SIGTERM: {last_line(member.log)}")


def _tail(member: Member) -> bytes:
    """What the running process has said."""
    with member.log.open("rb") as log:
        log.seek(member.offset)
        return log.read()
