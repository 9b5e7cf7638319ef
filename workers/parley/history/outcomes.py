"""Where a round stands, and why it is void: what P-10 says of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parley.chain.model import Phase, Policy
from parley.chain.view import LAST_TURN
from parley.history.model import Void
from parley.history.windows import Windows

LAST_PHASE: Mapping[Void, Phase] = {
    Void.COMMITS: Phase.TRAIN,
    Void.REVEALS: Phase.REVEAL,
    Void.SCORE_COMMITS: Phase.SCORE_COMMIT,
    Void.SCORE_REVEALS: Phase.SCORE_REVEAL,
    Void.SETTLEMENT: Phase.SETTLE,
}
"""The phase after which a round is void for each reason; those that would have followed never came."""


def why_void(windows: Windows, policy: Policy, time: int | None) -> Void | None:
    """The reason for which a round may be void at `time`, chain seconds; `None` if there is none, or no time."""
    if time is None:
        return None
    over = not windows.is_settled and windows.turn(time) > LAST_TURN
    return too_few(windows.end, windows.count, policy, time) or (Void.SETTLEMENT if over else None)


def too_few(end: Callable[[Phase], int], count: Callable[[Phase], int], policy: Policy, time: int) -> Void | None:
    """The first phase over at `time` in which too few acted, as a reason, or `None`.

    Args:
        end: of a phase, seconds.
        count: how many acted in it.
        policy: the round's.
        time: chain time, seconds.
    """
    stages = (
        (Phase.TRAIN, policy.min_trainers, Void.COMMITS),
        (Phase.REVEAL, policy.min_trainers, Void.REVEALS),
        (Phase.SCORE_COMMIT, policy.quorum, Void.SCORE_COMMITS),
        (Phase.SCORE_REVEAL, policy.quorum, Void.SCORE_REVEALS),
    )
    found = (reason for phase, least, reason in stages if time >= end(phase) and count(phase) < least)
    return next(found, None)


def phase_of(windows: Windows, policy: Policy, time: int) -> Phase | None:
    """The phase at `time`, chain seconds: `Phases.phaseOf` from events alone; `None` once the round has ended."""
    if windows.is_over:
        return None
    if why_void(windows, policy, time) is not None:
        return Phase.VOIDABLE
    for phase in (Phase.TRAIN, Phase.REVEAL, Phase.KEY, Phase.SCORE_COMMIT, Phase.SCORE_REVEAL):
        if time < windows.end(phase):
            return phase
    if windows.final_at is None:
        return Phase.SETTLE
    return Phase.CHALLENGE if time < windows.final_at or windows.contested else Phase.FINALIZABLE


def phase_end(windows: Windows, policy: Policy, time: int) -> int | None:
    """When the phase at `time` ends at the latest, or its turn, chain seconds; `None` where only an act ends it."""
    phase = phase_of(windows, policy, time)
    if phase is None or phase > Phase.CHALLENGE:
        return None
    if phase is Phase.SETTLE:
        return windows.turn_end(time)
    end = windows.final_at if phase is Phase.CHALLENGE else windows.end(phase)
    return end if end is not None and end > time else None
