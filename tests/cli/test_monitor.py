"""Health of a worker: alive, ready, gauges; and how systemd is told. No network."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parley import metrics
from parley.chain.errors import Unreachable
from parley.chain.model import Phase
from parley.cli.monitor import PROBE_SECONDS, Check, Monitor, Probe, balance_look, disk_look
from parley.cli.systemd import Watchdog, notify, watchdog_seconds
from parley.heartbeat import Heartbeat
from tests.roles.builders import view_in

pytestmark = pytest.mark.unit

HANG = 100.0
START = 1_700_000_000.0


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class World:
    """A monitor of a worker whose time, heart and cycles the test makes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.heart = Heartbeat(self.clock)
        self.monitor = Monitor(self.heart, HANG, "0xKEY", self.clock)

    def cycle(self, *, succeeds: bool) -> None:
        """A cycle: a view is read, and then it succeeds or not."""
        self.clock.now += 1
        self.heart.beat()
        self.monitor.observe(view_in(Phase.TRAIN))
        if succeeds:
            metrics.LAST_CYCLE.set(self.clock.now)

    def probed(self) -> None:
        """Chain and store have been found well."""
        for name in ("chain", "store"):
            self.monitor.note(name, Check(ok=True, detail="well"))

    def failing(self) -> set[str]:
        """The checks that are not as they should be."""
        return {name for name, check in self.monitor.ready().checks.items() if not check.ok}


@pytest.fixture
def world() -> Iterator[World]:
    metrics.LAST_CYCLE.set(0)
    yield World()
    metrics.LAST_CYCLE.set(0)


def test_alive__idle_worker_that_beats__is_alive_however_long_it_idles(world: World) -> None:
    """F-63: a worker without anything to do is no hanging one."""
    for _ in range(1000):
        world.clock.now += 10
        world.heart.beat()
        assert world.monitor.alive().ok


def test_alive__silence__is_told_before_the_watchdog_ends_the_worker(world: World) -> None:
    """F-63: hanging at three quarters of hang_seconds, with the age in the reason."""
    world.clock.now += 0.74 * HANG
    assert world.monitor.alive().ok
    world.clock.now += 0.02 * HANG
    answer = world.monitor.alive()
    assert not answer.ok
    assert answer.checks["heartbeat"].detail == "last sign of life 76.0 seconds ago, at most 75 are usual"
    world.heart.beat()
    assert world.monitor.alive().ok


def test_ready__from_the_start__names_each_check_until_all_are_met(world: World) -> None:
    assert world.failing() == {"chain", "store", "role", "cycle"}
    world.probed()
    assert world.failing() == {"role", "cycle"}
    world.cycle(succeeds=False)
    assert world.failing() == {"cycle"}
    world.cycle(succeeds=True)
    assert world.failing() == set()
    assert world.monitor.ready().ok


def test_ready__one_cycle_that_runs_for_long__stays_ready(world: World) -> None:
    """F-63: training beats at every step and reads no view meanwhile; it is neither hanging nor failing."""
    world.cycle(succeeds=True)
    world.cycle(succeeds=False)
    for _ in range(100):
        world.clock.now += 60
        world.heart.beat()
        world.probed()
        assert world.failing() == set()


def test_ready__cycles_fail_again_and_again__not_ready_until_one_succeeds(world: World) -> None:
    world.probed()
    world.cycle(succeeds=True)
    for _ in range(3):
        world.cycle(succeeds=False)
        assert world.failing() == set()
    world.cycle(succeeds=False)
    assert world.failing() == {"cycle"}
    assert "3 failed since" in world.monitor.ready().checks["cycle"].detail
    world.cycle(succeeds=True)
    world.cycle(succeeds=False)
    assert world.failing() == set()


def test_ready__probe_that_is_stuck__is_not_believed_for_ever(world: World) -> None:
    world.probed()
    world.cycle(succeeds=True)
    world.clock.now += 3 * PROBE_SECONDS + 1
    world.heart.beat()
    assert world.failing() == {"chain", "store"}


def test_observe__view__tells_the_free_stake(world: World) -> None:
    world.monitor.observe(view_in(Phase.TRAIN, free_stake=7))
    assert metrics.FREE_STAKE._value.get() == 7


def test_probe__looks__set_gauges_and_note_what_fails(world: World, tmp_path: Path) -> None:
    def broken() -> str:
        raise Unreachable("the node does not answer")

    probe = Probe(world.monitor, {"chain": broken, "store": lambda: "well", "disk": disk_look(tmp_path)})
    probe.look()
    checks = world.monitor.ready().checks
    assert checks["chain"] == Check(ok=False, detail="the node does not answer")
    assert checks["store"].ok
    assert 0 < metrics.DISK_FREE._value.get() <= shutil.disk_usage(tmp_path).total
    assert balance_look(lambda: 5 * 10**17)() == "the chain answers; the key has 0.5 ether"
    assert metrics.BALANCE._value.get() == 5 * 10**17


def test_probe__started__looks_at_once_and_ends(world: World) -> None:
    seen: list[int] = []
    probe = Probe(world.monitor, {"store": lambda: f"{seen.append(1)}"}, seconds=0.01)
    probe.start()
    until = time.monotonic() + 10
    while len(seen) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    probe.stop()
    after = len(seen)
    assert after >= 3
    time.sleep(0.05)
    assert len(seen) == after


# ---------------------------------------------------------------------------------------------------------- systemd


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket at which systemd would listen."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield listener


def waiting(listener: socket.socket) -> list[bytes]:
    """What has arrived and was not read."""
    found = []
    while True:
        try:
            found.append(listener.recv(100))
        except BlockingIOError:
            return found


def test_notify__nobody_listens__does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    assert not notify("READY=1")


def test_notify__abstract_name__arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"parley-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        assert notify("READY=1")
        assert listener.recv(100) == b"READY=1"


def test_watchdog__worker_lives_then_hangs__systemd_hears_of_it_only_while_it_lives(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-63: READY once, WATCHDOG while the heart beats, silence when it does not, STOPPING at the end."""
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    alive = [True]
    with Watchdog(lambda: alive[0]) as watchdog:
        assert systemd.recv(100) == b"WATCHDOG=1"
        watchdog.ready("round 1")
        watchdog.ready("round 2")
        heard: Any = {systemd.recv(100) for _ in range(5)}
        assert heard == {b"WATCHDOG=1", b"READY=1\nSTATUS=round 1"}
        alive[0] = False
        time.sleep(0.05)
        systemd.setblocking(False)
        assert set(waiting(systemd)) <= {b"WATCHDOG=1"}
        time.sleep(0.05)
        assert waiting(systemd) == []
    assert systemd.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize(
    ("microseconds", "process", "seconds"),
    [("2000000", None, 2.0), ("2000000", "1", None), ("0", None, None), ("soon", None, None), (None, None, None)],
)
def test_watchdog_seconds__of_each_environment__only_if_meant_for_us(
    monkeypatch: pytest.MonkeyPatch, microseconds: str | None, process: str | None, seconds: float | None
) -> None:
    for name, value in (("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", process)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert watchdog_seconds() == seconds
