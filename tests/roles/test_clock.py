"""Clocks that differ: what a worker does follows from the chain's alone (F-62)."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from parley import roles
from parley.chain.model import Phase, Role
from parley.roles import aggregator, evaluator, pokes, sponsor, trainer, watcher, worth
from parley.roles.clock import QUIET_SECONDS, ClockCheck
from tests.roles.builders import MEMBER, NOW, view_in

pytestmark = pytest.mark.unit

HOUR = 3600
LOCAL_CLOCK = re.compile(r"time\.time\b|datetime\.now|time_ns|utcnow|import time\b")

USES_A_CLOCK = {
    "clock.py",  # compares both clocks
    "keeper.py",  # how often a pin is looked after
    "loop.py",  # when the first cycle begins; how long a cycle took
}
"""For what no decision depends on."""


@pytest.mark.parametrize("hours", [-1, 1])
def test_decide__local_clock_is_an_hour_off__decides_the_same(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-62: every role, in every phase, and what it sends."""

    def decisions() -> list[object]:
        done: list[object] = []
        for phase in Phase:
            for role in (Role.TRAINER, Role.EVALUATOR, Role.AGGREGATOR):
                me = replace(MEMBER, roles=role, seated=True, aggregator_position=0)
                view = view_in(phase, me=me)
                facts = watcher.Facts(view.operator)
                done += [trainer.decide(view), evaluator.decide(view, True), aggregator.decide(view)]
                done += [sponsor.decide(view, holds_keys=True, confirmations=1), watcher.decide(view, facts)]
                done += [pokes.due(view, 4), worth.poke(view, 1), worth.update_commitment(view, 1)]
        return done

    expected = decisions()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + hours * HOUR)
    assert decisions() == expected


def test_roles__sources__ask_the_local_clock_only_where_nothing_is_decided() -> None:
    """F-62: phases and deadlines are of the chain."""
    sources = sorted(Path(roles.__file__).parent.glob("*.py"))
    assert len(sources) > 20
    assert {path.name for path in sources if LOCAL_CLOCK.search(path.read_text())} == USES_A_CLOCK


class Clocks:
    """A worker that looks at the chain, and both clocks.

    Args:
        ahead: seconds by which the local clock is ahead.
    """

    def __init__(self, ahead: float) -> None:
        self.elapsed = 0.0
        self.check = ClockCheck(
            structlog.get_logger(), now=lambda: NOW + self.elapsed + ahead, elapsed=lambda: self.elapsed
        )

    def look(self, head: int, after: float = 1.0, age: float = 0.0) -> float | None:
        """Look at a block that was made `age` seconds before."""
        self.elapsed += after
        return self.check.look(bytes([head]), lambda: int(NOW + self.elapsed - age))


@pytest.mark.parametrize(("ahead", "expected"), [(HOUR, HOUR - 1), (-HOUR, -HOUR), (6.5, 5.5), (-6, -6)])
def test_look__clocks_differ__is_told_and_measured(ahead: float, expected: float) -> None:
    """F-62: a block that just appeared tells the chain's time, but for the second since the last look."""
    clocks = Clocks(ahead)
    with capture_logs() as logs:
        clocks.look(1)
        assert clocks.look(2) == expected
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("the local clock and the chain's differ", "warning")
    ]
    assert REGISTRY.get_sample_value("parley_clock_skew_seconds") == expected


@pytest.mark.parametrize("ahead", [0, 5.9, -5])
def test_look__clocks_agree_within_five_seconds__says_nothing(ahead: float) -> None:
    clocks = Clocks(ahead)
    with capture_logs() as logs:
        clocks.look(1)
        assert clocks.look(2) is not None
    assert logs == []


def test_look__idle_chain__old_head_says_nothing_about_the_clock() -> None:
    """The first block seen, one seen before, and one after a long pause may be of any age."""
    clocks = Clocks(0)
    with capture_logs() as logs:
        assert clocks.look(1, age=9000) is None
        assert clocks.look(1, age=9001) is None
        assert clocks.look(2, after=60, age=50) is None
    assert logs == []


def test_look__stays_wrong__is_told_again_only_after_a_while() -> None:
    clocks = Clocks(HOUR)
    with capture_logs() as logs:
        for head in range(int(QUIET_SECONDS) // 10 + 5):
            clocks.look(head, after=10)
    assert len(logs) == 2


def test_look__nothing_to_learn__does_not_ask_for_the_time() -> None:
    """An idle worker costs the node nothing more."""
    check = ClockCheck(structlog.get_logger(), elapsed=lambda: 0.0)

    def asked() -> int:
        raise AssertionError("the node was asked")

    assert check.look(b"a", asked) is None
    assert check.look(b"a", asked) is None
