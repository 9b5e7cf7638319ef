"""How a round ended, and why: what P-10 says of the numbers that the lens told."""

from __future__ import annotations

from chaoslab.history import Past
from parley.chain.model import Phase, Policy
from parley.chain.view import LAST_TURN, turn_at
from parley.history.model import Void
from parley.history.outcomes import too_few


def why_void(past: Past, policy: Policy) -> Void | None:
    """The reason for which a round may be void at the time at which it ended, `None` if there is none."""
    state = past.state
    stages = {
        Phase.TRAIN: (state.train_end, state.committed),
        Phase.REVEAL: (state.reveal_end, state.revealed),
        Phase.SCORE_COMMIT: (state.score_commit_end, state.scores_committed),
        Phase.SCORE_REVEAL: (state.score_reveal_end, state.scores_revealed),
    }
    few = too_few(lambda phase: stages[phase][0], lambda phase: stages[phase][1], policy, past.ended)
    unsettled = past.record.header is None and state.final_at == 0
    over = turn_at(state, policy, past.ended, past.read_at) > LAST_TURN
    return few or (Void.SETTLEMENT if unsettled and over else None)
