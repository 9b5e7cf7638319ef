"""Why a round is void: what P-10 says of its numbers."""

from __future__ import annotations

from collections.abc import Mapping

from parley.chain.model import Phase, Policy, RoundState
from parley.chain.view import LAST_TURN, stages, turn_at
from parley.history.model import Void

LAST_PHASE: Mapping[Void, Phase] = {
    Void.COMMITS: Phase.TRAIN,
    Void.REVEALS: Phase.REVEAL,
    Void.SCORE_COMMITS: Phase.SCORE_COMMIT,
    Void.SCORE_REVEALS: Phase.SCORE_REVEAL,
    Void.SETTLEMENT: Phase.SETTLE,
}
"""The phase after which a round is void for each reason; those that would have followed never came."""

_TOO_FEW = {phase: reason for reason, phase in LAST_PHASE.items()}


def why_void(state: RoundState, policy: Policy, time: int, read_at: int) -> Void | None:
    """The reason for which a round may be void at `time`, or `None` if there is none.

    Args:
        state: of the round.
        policy: the round's.
        time: chain time, seconds.
        read_at: as of `turn_at`.
    """
    for end, phase, count, least in stages(state, policy):
        if time < end:
            return None
        if count < least:
            return _TOO_FEW[phase]
    over = state.final_at == 0 and turn_at(state, policy, time, read_at) > LAST_TURN
    return Void.SETTLEMENT if over else None
