"""Times as people read them; programs have seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def clock(time: int) -> str:
    """Date and time: "2026-11-21 20:44:51 UTC"."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def short_clock(time: int, now: int) -> str:
    """The time alone where it is of the same day as `now`, else with its date."""
    there, here = (datetime.fromtimestamp(seconds, UTC) for seconds in (time, now))
    return there.strftime("%H:%M:%S" if there.date() == here.date() else "%Y-%m-%d %H:%M:%S")


def span(seconds: int) -> str:
    """How long: "12 s", "3 min 05 s", "2 h 10 min", "3 d 4 h"."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
