"""Phases and turns in Python, as `Phases` of the contracts derives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.model import Phase
from parley.chain.view import phase_at, turn_at
from tests.roles.builders import FEDERATION, POLICY, round_in

pytestmark = pytest.mark.unit

ROUND = replace(
    round_in(Phase.TRAIN), train_end=100, reveal_end=200, key_end=300, score_commit_end=400, score_reveal_end=500
)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (99, Phase.TRAIN),
        (100, Phase.REVEAL),
        (199, Phase.REVEAL),
        (200, Phase.KEY),
        (299, Phase.KEY),
        (300, Phase.SCORE_COMMIT),
        (399, Phase.SCORE_COMMIT),
        (400, Phase.SCORE_REVEAL),
        (499, Phase.SCORE_REVEAL),
        (500, Phase.SETTLE),
        (500 + 5 * 12 - 1, Phase.SETTLE),
        (500 + 5 * 12, Phase.VOIDABLE),
    ],
)
def test_phase_at__each_edge__end_is_excluded(time: int, expected: Phase) -> None:
    """P-10: a phase is [start, end)."""
    assert phase_at(FEDERATION, ROUND, POLICY, time, read_at=50) == expected


@pytest.mark.parametrize(
    ("changes", "time", "expected"),
    [
        ({"committed": 2}, 99, Phase.TRAIN),
        ({"committed": 2}, 100, Phase.VOIDABLE),
        ({"revealed": 2}, 199, Phase.REVEAL),
        ({"revealed": 2}, 200, Phase.VOIDABLE),
        ({"scores_committed": 2}, 399, Phase.SCORE_COMMIT),
        ({"scores_committed": 2}, 400, Phase.VOIDABLE),
        ({"scores_revealed": 2}, 499, Phase.SCORE_REVEAL),
        ({"scores_revealed": 2}, 500, Phase.VOIDABLE),
        ({"final_at": 600}, 599, Phase.CHALLENGE),
        ({"final_at": 600}, 600, Phase.FINALIZABLE),
    ],
)
def test_phase_at__too_few_or_settled__is_known_at_the_end_of_its_phase(
    changes: dict[str, int], time: int, expected: Phase
) -> None:
    """P-10: too few commits, reveals or scores void a round at the end of their phase, not before."""
    assert phase_at(FEDERATION, replace(ROUND, **changes), POLICY, time, read_at=50) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("closed", "expected"), [(False, Phase.IDLE), (True, Phase.CLOSED)])
def test_phase_at__no_live_round__is_idle_or_closed(closed: bool, expected: Phase) -> None:
    """P-8: between rounds."""
    assert phase_at(replace(FEDERATION, live=False, closed=closed), ROUND, POLICY, 1, read_at=0) == expected


def test_turn_at__read_in_settle_after_a_conviction__counts_on_from_there() -> None:
    """P-27: the lens tells the running turn; the attempt it started from follows from the time it was read at."""
    running = replace(ROUND, phase=Phase.SETTLE, turn=3)
    assert [turn_at(running, POLICY, t, read_at=515) for t in (515, 523, 524, 536)] == [3, 3, 4, 5]


def test_turn_at__read_before_settle__starts_at_the_attempt() -> None:
    """P-27: turns begin when the scores are revealed."""
    assert [turn_at(ROUND, POLICY, t, read_at=50) for t in (500, 511, 512, 536)] == [0, 0, 1, 3]


def test_phase_at__contested__challenge_goes_on_until_the_demand_is_answered() -> None:
    """P-22: a settlement is not final while data that was demanded has not been supplied."""
    posted = replace(ROUND, final_at=550)
    assert phase_at(FEDERATION, posted, POLICY, 560, read_at=540) == Phase.FINALIZABLE
    assert phase_at(FEDERATION, posted, POLICY, 560, read_at=540, contested=True) == Phase.CHALLENGE
