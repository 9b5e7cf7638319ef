"""Which fault hits which request: pure functions of the request's number, so that a seed reproduces a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from tests.faults.kinds import Fault

Schedule = Callable[[int], Fault | None]
"""From the number of a request, counted from 0 since the schedule was set, to what happens to it; `None`: nothing."""


def healthy(_number: int) -> Fault | None:
    """Nothing ever happens."""
    return None


def steady(fault: Fault | None) -> Schedule:
    """The same to every request."""
    return lambda _number: fault


def during(first: int, last: int, fault: Fault, otherwise: Schedule = healthy) -> Schedule:
    """A fault from request `first` to request `last`, both included; before and after it as of another schedule."""
    return lambda number: fault if first <= number <= last else otherwise(number)


def in_turn(*faults: Fault | None) -> Schedule:
    """One after the other, then from the start again."""
    if not faults:
        raise ValueError("no faults to take turns")
    return lambda number: faults[number % len(faults)]


def seeded(seed: int | str, weights: Mapping[Fault | None, float]) -> Schedule:
    """Drawn for each request by itself, so that requests in parallel change nothing.

    Args:
        seed: the same seed draws the same.
        weights: how often each fault comes, in proportion; `None` is no fault.

    Raises:
        ValueError: there are no weights, or they are all 0.
    """
    if not weights or sum(weights.values()) <= 0:
        raise ValueError("weights of faults must not all be 0")
    faults, shares = list(weights), list(weights.values())
    return lambda number: Random(f"{seed}/{number}").choices(faults, shares)[0]


def as_schedule(given: Schedule | Fault | None) -> Schedule:
    """A schedule, one fault for all requests, or none."""
    return given if callable(given) else steady(given)
