"""What a running worker tells about itself: is it alive, is it ready, and a few gauges (F-63).

*Alive* means that it gave a sign of life lately: the loop does at every poll, however idle, and training at every step.
*Ready* means that it can do its work: each reason why not is a check with a name. Answers are made of what the worker
noted by itself; whoever asks makes it do nothing.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from parley import metrics
from parley.chain.model import Role
from parley.errors import ParleyError
from parley.heartbeat import Heartbeat

if TYPE_CHECKING:
    from parley.chain.view import View

log = structlog.get_logger(__name__)

ALIVE_SHARE = 0.75
"""Of `hang_seconds`, after which the watchdog ends the process: `/healthz` tells before."""

PROBE_SECONDS = 60.0
"""How often balance, store and disk are looked at, at most."""

STOP_SECONDS = 3.0
"""How long a look that is under way may delay the end of the worker."""

FAILED_CYCLES = 3
"""As many cycles in a row without success are no passing trouble."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        ok: it is as it should be.
        detail: what was found.
    """

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a monitor is told.

    Attributes:
        ok: all checks are.
        checks: by name.
    """

    ok: bool
    checks: Mapping[str, Check]


class Monitor:
    """Collects what the loop and the probe note, and answers from it. Safe to use from any thread.

    Args:
        heart: the worker's signs of life.
        hang_seconds: the silence after which the watchdog ends the worker.
        address: of the worker's unlocked key.
        clock: Unix time, seconds.
    """

    def __init__(
        self, heart: Heartbeat, hang_seconds: float, address: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._heart = heart
        self._alive_seconds = hang_seconds * ALIVE_SHARE
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = 0
        self._success_then = 0.0
        self._notes: dict[str, tuple[float, Check]] = {
            "key": (float("inf"), Check(ok=True, detail=f"{address} is unlocked"))
        }

    def observe(self, view: View) -> None:
        """Note a view that the loop has read at the beginning of a cycle."""
        metrics.FREE_STAKE.set(view.free_stake)
        metrics.BOND.set(view.next_policy.bond if Role.AGGREGATOR in view.me.roles else 0)
        success = last_success()
        with self._lock:
            self._begun = self._begun + 1 if success == self._success_then else 1
            self._success_then = success

    def note(self, name: str, check: Check) -> None:
        """Note what a probe has found."""
        with self._lock:
            self._notes[name] = (self._clock(), check)

    def alive(self) -> Answer:
        """Whether the worker gave a sign of life within `ALIVE_SHARE` of `hang_seconds`."""
        age = self._heart.age()
        ok = age <= self._alive_seconds
        said = f"last sign of life {age:.1f} seconds ago, at most {self._alive_seconds:.0f} are usual"
        return Answer(ok, {"heartbeat": Check(ok, said)})

    def ready(self) -> Answer:
        """Whether the worker can do its work: alive, chain, store, key, warmed up, and cycles that succeed."""
        with self._lock:
            notes = dict(self._notes)
            begun = self._begun
        checks = {
            **self.alive().checks,
            "chain": self._fresh(notes, "chain"),
            "store": self._fresh(notes, "store"),
            "key": notes["key"][1],
            "role": Check(begun > 0, "warmed up" if begun else "warming up"),
            "cycle": self._cycle(begun),
        }
        return Answer(all(check.ok for check in checks.values()), checks)

    def _fresh(self, notes: Mapping[str, tuple[float, Check]], name: str) -> Check:
        """What a probe found, unless it has not looked for long."""
        if name not in notes:
            return Check(ok=False, detail="not looked at yet")
        when, check = notes[name]
        age = self._clock() - when
        return Check(ok=False, detail=f"not looked at for {age:.0f} seconds") if age > 3 * PROBE_SECONDS else check

    def _cycle(self, begun: int) -> Check:
        """Whether cycles succeed; one that runs for long, as training does, is no failure."""
        success = last_success()
        if success <= 0:
            return Check(ok=False, detail="no cycle has succeeded yet")
        failed = 0 if success > self._success_then else begun - 1
        said = f"last success {self._clock() - success:.0f} seconds ago, {failed} failed since"
        return Check(failed < FAILED_CYCLES, said)


class Probe:
    """Looks at balance, store and disk from a thread of its own, so that a slow one delays no cycle.

    Args:
        monitor: what is told.
        looks: what to look at, by name; each returns what it found, or raises `ParleyError` or `OSError`.
        seconds: between two looks.
    """

    def __init__(
        self, monitor: Monitor, looks: Mapping[str, Callable[[], str]], seconds: float = PROBE_SECONDS
    ) -> None:
        self._monitor = monitor
        self._looks = looks
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)

    def look(self) -> None:
        """Look at everything once; what fails is noted."""
        for name, look in self._looks.items():
            try:
                check = Check(ok=True, detail=look())
            except (ParleyError, OSError) as error:
                check = Check(ok=False, detail=str(error))
                log.warning("not usable", what=name, reason=str(error))
            self._monitor.note(name, check)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that is under way is waited for, but not long."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._seconds)


def last_success() -> float:
    """When the last cycle ended well, Unix time; 0 if none has."""
    return float(metrics.LAST_CYCLE._value.get())  # the library has no other way to read a gauge


def balance_look(balance: Callable[[], int]) -> Callable[[], str]:
    """Looks at the ether of the worker's key, so at the chain."""

    def look() -> str:
        wei = balance()
        metrics.BALANCE.set(wei)
        return f"the chain answers; the key has {wei / 1e18:.6g} ether"

    return look


def disk_look(folder: Path) -> Callable[[], str]:
    """Looks at the free space where the worker keeps its state."""

    def look() -> str:
        free = shutil.disk_usage(folder).free
        metrics.DISK_FREE.set(free)
        return f"{free >> 20} MiB free"

    return look
