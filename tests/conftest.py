"""Rules and fixtures of every Python test.

Each test bears exactly one of the markers `unit` and `integration`; unit tests cannot open network sockets.
Hypothesis draws the same examples in every run; `HYPOTHESIS_PROFILE=deep` draws many more, anew each time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

# Before torch or NumPy is imported: threads of several test processes on two cores only get into each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import structlog
from hypothesis import HealthCheck, settings

from parley.redaction import REDACTOR
from tests.support.anvil import AnvilNode, running_anvil
from tests.support.sockets import blocked_sockets

# A shell lets what it starts in the background ignore Ctrl-C, and processes hand that on to those that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

KINDS = ("unit", "integration")

_BREAKDOWNS: list[str] = []
"""What broke test processes down, outside any test."""

BREAKDOWN_LINES = 20

settings.register_profile("default", deadline=None, derandomize=True, max_examples=100)
settings.register_profile(
    "deep", deadline=None, max_examples=5000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def kinds_of(item: pytest.Item) -> list[str]:
    """Return the markers among `unit` and `integration` that a test bears."""
    return [kind for kind in KINDS if item.get_closest_marker(kind)]


def pytest_internalerror(excrepr: object) -> None:
    """Keep what breaks pytest down: xdist fails in its wake, at greater length, and of a log often the end is kept."""
    _BREAKDOWNS.append(str(excrepr))


def pytest_unconfigure() -> None:
    """Repeat the end of the first breakdown, the cause of the others, as the last of the output."""
    for breakdown in _BREAKDOWNS[:1]:
        sys.stderr.write("\n".join(["first breakdown:", *breakdown.splitlines()[-BREAKDOWN_LINES:], ""]))


@pytest.fixture(autouse=True)
def _one_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse a test without exactly one kind; block sockets if the kind is `unit`."""
    kinds = kinds_of(request.node)
    if len(kinds) != 1:
        pytest.fail(f"a test bears exactly one marker of {KINDS}, this one bears {kinds}", pytrace=False)
    if kinds == ["unit"]:
        with blocked_sockets():
            yield
    else:
        yield


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Let no test's choice of what is logged, and where, outlive it; nor its secrets, which no log shows."""
    yield
    structlog.reset_defaults()
    REDACTOR.forget()


@pytest.fixture
def anvil() -> Iterator[AnvilNode]:
    """An own, empty Anvil chain that mines every transaction at once."""
    with running_anvil() as node:
        yield node


@pytest.fixture(scope="module")
def module_anvil() -> Iterator[AnvilNode]:
    """An Anvil chain that the tests of one module share: cheaper, but they see each other's state."""
    with running_anvil() as node:
        yield node
