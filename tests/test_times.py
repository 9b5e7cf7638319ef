"""Times and amounts as people read them."""

from __future__ import annotations

import pytest

from parley.amounts import WEI, tokens
from parley.times import clock, short_clock, span

pytestmark = pytest.mark.unit

NOON = 1_795_262_400
"""2026-11-21 12:00:00 UTC."""


def test_clock__seconds__date_and_time_in_utc() -> None:
    assert clock(NOON) == "2026-11-21 12:00:00 UTC"
    assert clock(0) == "1970-01-01 00:00:00 UTC"


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOON, "12:00:00"),
        (NOON + 43_199, "23:59:59"),
        (NOON + 43_200, "2026-11-22 00:00:00"),
        (NOON - 43_201, "2026-11-20 23:59:59"),
    ],
)
def test_short_clock__another_day__has_its_date(time: int, text: str) -> None:
    assert short_clock(time, NOON) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 00 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h 00 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d 0 h"),
        (100 * 86_400, "100 d 0 h"),
    ],
)
def test_span__each_length__in_two_units_at_most(seconds: int, text: str) -> None:
    assert span(seconds) == text


def test_tokens__to_the_wei__exact() -> None:
    assert [tokens(wei) for wei in (0, 1, WEI, 1_500 * WEI)] == ["0", "0.000000000000000001", "1", "1,500"]
