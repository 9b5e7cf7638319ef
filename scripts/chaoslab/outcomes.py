"""How a round ended, and why: what P-10 says of its numbers."""

from __future__ import annotations

from enum import StrEnum

from chaoslab.history import Past
from parley.chain.model import Policy
from parley.chain.view import LAST_TURN, turn_at


class Void(StrEnum):
    """Why a round is void (P-10)."""

    COMMITS = "too few commits"
    REVEALS = "too few reveals"
    SCORE_COMMITS = "too few score commits"
    SCORE_REVEALS = "too few score reveals"
    SETTLEMENT = "no settlement"


def why_void(past: Past, policy: Policy) -> Void | None:
    """The reason for which a round may be void at the time at which it ended, `None` if there is none."""
    state = past.state
    stages = (
        (state.train_end, state.committed, policy.min_trainers, Void.COMMITS),
        (state.reveal_end, state.revealed, policy.min_trainers, Void.REVEALS),
        (state.score_commit_end, state.scores_committed, policy.quorum, Void.SCORE_COMMITS),
        (state.score_reveal_end, state.scores_revealed, policy.quorum, Void.SCORE_REVEALS),
    )
    for end, count, least, reason in stages:
        if past.ended < end:
            return None
        if count < least:
            return reason
    unsettled = past.record.header is None and state.final_at == 0
    over = turn_at(state, policy, past.ended, past.read_at) > LAST_TURN
    return Void.SETTLEMENT if unsettled and over else None
