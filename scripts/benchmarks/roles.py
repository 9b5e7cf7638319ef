"""CPU and memory of each role's worker, at rest and at work, beside a bare process that polls the node as often.

A small federation (breast-cancer) plays a round or three. At work is from a round's opening to some seconds after its
settlement; at rest the remainder of its challenge window, in which nothing is left to do but to look.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from benchmarks.measure import Figure, Memory
from chaoslab.rig import Rig, Scale, rigged
from chaoslab.usage import Usage, usage_of
from parley.chain.model import Phase
from parley.chain.reader import Reader
from parley.chain.view import View
from parley.cli import logs
from parley.cli.actions.plan import PolicyPlan
from parley.cli.demo.plan import SPONSOR
from parley.errors import DeadlineExceeded, ParleyError

POLL_SECONDS = 1.0
TICK_SECONDS = 0.5
AFTERMATH_SECONDS = 6
"""After a settlement, in which all others recompute it."""

ROUND_SECONDS = 180.0

LIGHT, HEAVY = "web3 alone", "web3 and torch alone"
"""Names of the bare processes."""

ROLES = {SPONSOR: LIGHT, "trainer-1": HEAVY, "evaluator-1": HEAVY, "aggregator-1": LIGHT, "watcher-1": LIGHT}
"""Workers that are measured, and what each is measured against."""


class Mode(StrEnum):
    """What a federation is doing."""

    REST = "at rest"
    WORK = "at work"


@dataclass(slots=True)
class Cost:
    """What a process used in a mode.

    Attributes:
        cpu: seconds of CPU.
        seconds: of the clock.
        rss: the most memory, bytes.
    """

    cpu: float = 0.0
    seconds: float = 0.0
    rss: int = 0

    @property
    def a_minute(self) -> float:
        """Seconds of CPU a minute."""
        return self.cpu / self.seconds * 60


@dataclass(slots=True)
class Meter:
    """Adds up what processes use, by mode."""

    costs: dict[tuple[str, Mode], Cost] = field(default_factory=lambda: defaultdict(Cost))
    _last: dict[str, tuple[float, float]] = field(default_factory=dict)

    def read(self, now: float, mode: Mode, uses: Mapping[str, Usage]) -> None:
        """Take what was used since the last reading as used in `mode`; `now` in seconds."""
        for name, use in uses.items():
            before, cpu = self._last.get(name, (now, use.cpu))
            cost = self.costs[name, mode]
            cost.seconds += now - before
            cost.cpu += use.cpu - cpu
            cost.rss = max(cost.rss, use.rss)
            self._last[name] = (now, use.cpu)


def mode_of(view: View) -> Mode:
    """What the federation is doing at a view's block."""
    record = view.record
    if view.phase is not Phase.CHALLENGE or record is None or record.header is None:
        return Mode.WORK
    return Mode.REST if view.block.timestamp >= record.header.posted_at + AFTERMATH_SECONDS else Mode.WORK


def measure(*, quick: bool) -> Iterator[Figure | Memory]:
    """The costs of each role; `quick`: of a single round.

    Raises:
        ParleyError: the federation could not be set up, or a round does not end.
    """
    logs.configure("warning", "human")
    rounds, challenge = (1, 20) if quick else (3, 30)
    with tempfile.TemporaryDirectory(prefix="parley-roles-") as folder, ExitStack() as things:
        scale = Scale(
            Path(folder),
            rounds,
            task="breast-cancer",
            trainers=3,
            aggregators=1,
            nodes=0,
            poll_seconds=POLL_SECONDS,
            policy=PolicyPlan(challenge=challenge),
        )
        rig = things.enter_context(rigged(scale, lambda _: None))
        floors = {
            LIGHT: things.enter_context(_bare(rig.stage.node.url)),
            HEAVY: things.enter_context(_bare(rig.stage.node.url, "torch")),
        }
        rig.start(lambda _: None)
        meter = _metered(rig, floors, rounds)
    yield from figures(meter)


def figures(meter: Meter) -> Iterator[Figure | Memory]:
    """CPU, then memory, of each role in each mode, each beside its floor."""
    costs = meter.costs
    for mode in Mode:
        for name, floor in ROLES.items():
            task = f"{name.partition('-')[0]} {mode}"
            yield Figure(f"{task}: CPU", "Parley", costs[name, mode].a_minute, 1, "minute")
            yield Figure(f"{task}: CPU", floor, costs[floor, mode].a_minute, 1, "minute")
            yield Memory(f"{task}: memory", "Parley", costs[name, mode].rss)
            yield Memory(f"{task}: memory", floor, costs[floor, mode].rss)


def _metered(rig: Rig, floors: Mapping[str, int], rounds: int) -> Meter:
    """Measure until so many rounds are over."""
    reader = Reader(rig.stage.contracts.coordinator.w3, rig.stage.contracts, rig.stage.fid, rig.stage.trainers[0])
    members = rig.crew.members
    pids = {name: process.pid for name in ROLES if (process := members[name].process) is not None} | dict(floors)
    meter, until = Meter(), time.monotonic() + rounds * ROUND_SECONDS
    while (view := reader.view()).round.round < rounds or view.federation.live:
        rig.crew.watch()
        if rig.crew.exits:
            raise ParleyError(rig.crew.exits[0], hint=f"read the logs in {rig.stage.plan.folder}")
        if time.monotonic() > until:
            raise DeadlineExceeded(f"round {view.round.round} does not end: {view.phase.name.lower()}")
        if view.federation.live:
            meter.read(time.monotonic(), mode_of(view), {name: usage_of(pid) for name, pid in pids.items()})
        time.sleep(TICK_SECONDS)
    return meter


@contextmanager
def _bare(url: str, *libraries: str) -> Iterator[int]:
    """A bare process that polls; its id."""
    command = [sys.executable, str(Path(__file__).with_name("floor.py")), url, f"{POLL_SECONDS:g}", *libraries]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise ParleyError("the bare process to compare with did not start")
        yield process.pid
    finally:
        process.kill()
        process.communicate()
