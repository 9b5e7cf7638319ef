"""The circuit breaker, by a clock of the test's own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.endpoint_breaker import (
    FIRST_WAIT,
    LAST_HOPE,
    LONGEST_RETRY_AFTER,
    LONGEST_WAIT,
    Breaker,
    State,
)

pytestmark = pytest.mark.unit


def test_breaker__failures_in_a_row__back_off_twice_as_long_up_to_a_bound() -> None:
    """F-66: an endpoint that is down is asked ever more rarely."""
    breaker, now, waits = Breaker(chance=lambda: 0.0), 100.0, []
    for _ in range(12):
        breaker.failed(now)
        waits.append(breaker.wait(now))
    assert waits[:4] == pytest.approx([FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT])
    assert waits[-1] == LONGEST_WAIT
    assert breaker.wait(now, last_hope=True) == LAST_HOPE


def test_breaker__half_open__lets_one_request_try() -> None:
    """F-66: when an endpoint comes back it is not run over by everybody at once."""
    breaker = Breaker(chance=lambda: 0.0)
    assert breaker.state(0.0) is State.CLOSED
    assert breaker.begin(0.0, 10)
    assert breaker.begin(0.0, 10)
    breaker.failed(0.0)
    assert breaker.state(0.05) is State.OPEN
    assert not breaker.begin(0.05, 10)
    assert breaker.begin(0.2, 10)
    assert breaker.state(0.2) is State.HALF_OPEN
    assert not breaker.begin(0.2, 10)
    assert breaker.wait(0.2) > 0
    breaker.succeeded()
    assert breaker.begin(0.2, 10)
    assert breaker.wait(0.2) == 0


def test_breaker__whoever_tried_never_came_back__lets_another_try() -> None:
    breaker = Breaker(chance=lambda: 0.0)
    breaker.failed(0.0)
    assert breaker.begin(1.0, 10)
    assert not breaker.begin(10.9, 10)
    assert breaker.begin(11.1, 10)


@pytest.mark.parametrize(
    ("asked", "waits"), [(7.0, 7.0), (1e9, LONGEST_RETRY_AFTER), (0.0, FIRST_WAIT), (None, FIRST_WAIT)]
)
def test_breaker__retry_after__is_kept_within_bounds(asked: float | None, waits: float) -> None:
    """F-66: who asks to be left alone is, but cannot switch itself off for ever; not even the last hope is sooner."""
    breaker = Breaker(chance=lambda: 0.0)
    breaker.failed(50.0, asked)
    assert breaker.wait(50.0) == pytest.approx(waits)
    assert breaker.wait(50.0, last_hope=True) == pytest.approx(waits)


@given(st.lists(st.sampled_from(["fail", "ask", "tick"]), max_size=60), st.floats(0, 1))
def test_breaker__any_history__bounds_requests_to_a_dead_endpoint(history: list[str], chance: float) -> None:
    """F-66: no request storm: between two requests to an endpoint that never answers lies at least the back-off."""
    breaker, now, asked = Breaker(chance=lambda: chance), 0.0, []
    for step in history:
        if step == "tick":
            now += 0.3
        elif breaker.begin(now, 10):
            asked.append(now)
            breaker.failed(now)
    for number, (first, second) in enumerate(pairwise(asked)):
        assert second - first >= min(LONGEST_WAIT, FIRST_WAIT * 2**number) - 1e-9
