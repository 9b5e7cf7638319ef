"""Schedules are pure: the same seed brings the same faults."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.kinds import Fault
from tests.faults.schedule import as_schedule, during, healthy, in_turn, seeded, steady

pytestmark = pytest.mark.unit


def test_seeded__same_seed__draws_the_same_in_any_order() -> None:
    weights: dict[Fault | None, float] = {None: 3, Fault.DROP: 1, Fault.DELAY: 1}
    first, second = seeded(7, weights), seeded(7, weights)
    assert [first(n) for n in range(200)] == [second(n) for n in reversed(range(200))][::-1]
    assert [first(n) for n in range(200)] != [seeded(8, weights)(n) for n in range(200)]


def test_seeded__weights__are_proportions() -> None:
    drawn = Counter(map(seeded("a", {None: 3, Fault.DROP: 1}), range(4000)))
    assert set(drawn) == {None, Fault.DROP}
    assert 800 < drawn[Fault.DROP] < 1200


@pytest.mark.parametrize("weights", [{}, {Fault.DROP: 0.0}])
def test_seeded__nothing_to_draw__is_refused(weights: dict[Fault | None, float]) -> None:
    with pytest.raises(ValueError, match="must not all be 0"):
        seeded(1, weights)


def test_during__within_and_without__takes_the_fault_or_the_other_schedule() -> None:
    schedule = during(2, 3, Fault.GARBAGE, steady(Fault.DELAY))
    assert [schedule(n) for n in range(5)] == [Fault.DELAY] * 2 + [Fault.GARBAGE] * 2 + [Fault.DELAY]
    assert [during(0, 0, Fault.DROP)(n) for n in range(2)] == [Fault.DROP, None]


def test_in_turn__more_requests_than_faults__starts_again() -> None:
    assert [in_turn(None, Fault.DROP)(n) for n in range(4)] == [None, Fault.DROP] * 2
    with pytest.raises(ValueError, match="no faults"):
        in_turn()


def test_as_schedule__fault_none_or_schedule__all_serve() -> None:
    assert (as_schedule(Fault.DROP)(5), as_schedule(None)(5), as_schedule(healthy)) == (Fault.DROP, None, healthy)
