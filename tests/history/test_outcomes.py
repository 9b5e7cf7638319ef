"""Why a round may be void, the second before, at and after that is known (P-10)."""

from __future__ import annotations

import pytest

from parley.chain.model import Phase
from parley.history.model import State, Verdict, Void
from tests.history.tape import EVALUATORS, OPENED, TRAINERS, Tape, played, vector

pytestmark = pytest.mark.unit

TRAIN_END = OPENED + 30
GOOD = (vector(0, 2, 3), vector(0, 2, 3), vector(1, 2, 3))


def few_commits() -> tuple[Tape, int]:
    return Tape().commits(*TRAINERS[:2]), TRAIN_END


def few_reveals() -> tuple[Tape, int]:
    tape = Tape().commits()
    return tape.reveals(*TRAINERS[:2]), OPENED + 3 + 1 + 10


def few_score_commits() -> tuple[Tape, int]:
    tape = Tape().commits().reveals().opens()
    end = tape.time + 1 + 25
    return tape.judges(*EVALUATORS[:2]), end


def few_score_reveals() -> tuple[Tape, int]:
    tape = Tape().up_to_scores()
    end = tape.time + 1 + 10
    return tape.tells(*GOOD[:2]), end


def nobody_settles() -> tuple[Tape, int]:
    tape = Tape().up_to_scores().tells(*GOOD)
    return tape, tape.time + 1 + 5 * 12


def nobody_settles_again() -> tuple[Tape, int]:
    """After a conviction of turn 0 four turns are left."""
    tape = played(*GOOD).convicts(wait=3)
    return tape, tape.time + 4 * 12


CASES = [
    (few_commits, Void.COMMITS, Phase.TRAIN),
    (few_reveals, Void.REVEALS, Phase.REVEAL),
    (few_score_commits, Void.SCORE_COMMITS, Phase.SCORE_COMMIT),
    (few_score_reveals, Void.SCORE_REVEALS, Phase.SCORE_REVEAL),
    (nobody_settles, Void.SETTLEMENT, Phase.SETTLE),
    (nobody_settles_again, Void.SETTLEMENT, Phase.SETTLE),
]
EACH = pytest.mark.parametrize(("made", "reason", "last"), CASES, ids=[case[0].__name__ for case in CASES])


@EACH
def test_void__around_the_moment__is_known_at_the_phases_end_and_not_before(
    made: object, reason: Void, last: Phase
) -> None:
    """P-10: [start, end): in the last second somebody may still act."""
    tape, moment = made()  # type: ignore[operator]
    assert [tape.told(moment + second).void for second in (-1, 0, 1, 1000)] == [None, reason, reason, reason]
    assert tape.told(moment).state is State.OPEN
    assert tape.told().void is None, "without a time nobody can say"


@EACH
@pytest.mark.parametrize("wait", [0, 1, 500])
def test_void__ended__reason_and_no_window_after_it(made: object, reason: Void, last: Phase, wait: int) -> None:
    tape, moment = made()  # type: ignore[operator]
    told = tape.voids(moment + wait).told()
    assert (told.state, told.void) == (State.VOID, reason)
    assert told.windows[-1].phase is last
    assert told.ended is not None
    assert told.ended.time == moment + wait
    assert told.earned == {}


def test_void__settled_round__never() -> None:
    tape = played(*GOOD)
    assert tape.told(tape.time + 10_000).void is None
    assert tape.finishes().told().void is None


def test_void__first_reason_in_time__counts() -> None:
    """Too few commits are too few of everything after."""
    tape, _ = few_commits()
    assert tape.told(OPENED + 10_000).void is Void.COMMITS


@pytest.mark.parametrize(("evaluators", "silent"), [(2, 0), (3, 3)])
def test_silent__too_few_score_commits__nobody_could_reveal(evaluators: int, silent: int) -> None:
    """P-10: who could not reveal is not to blame; who could and did not is."""
    tape = Tape().commits().reveals().opens().judges(*EVALUATORS[:evaluators])
    round_ = tape.voids(OPENED + 1_000).told()
    assert round_.void is (Void.SCORE_REVEALS if silent else Void.SCORE_COMMITS)
    assert (len(round_.panel), len(round_.silent)) == (evaluators, silent)


def test_withheld__too_few_commits__are_not_left_out() -> None:
    """P-10: who committed could not reveal."""
    tape = Tape().commits(*TRAINERS[:2])
    assert {update.verdict for update in tape.told().updates} == {Verdict.NOT_REVEALED}
    round_ = tape.voids(OPENED + 1_000).told()
    assert round_.void is Void.COMMITS
    assert {update.verdict for update in round_.updates} == {Verdict.UNSETTLED}
    blamed = Tape().commits().reveals(*TRAINERS[:2]).voids(OPENED + 1_000).told()
    assert blamed.void is Void.REVEALS
    assert [update.verdict for update in blamed.updates][2] is Verdict.NOT_REVEALED
