"""Whether a member had to act in a round and can no more, as the coordinator sees it (P-7). Pure."""

from __future__ import annotations

from parley.audit.replay import State
from parley.chain.model import Role, RoundState
from parley.chain.view import LAST_TURN


def is_absent(state: State, operator: str, role: Role, time: int) -> bool:
    """Whether an absence may be reported: `RoundCoordinator._absent` in Python.

    Args:
        state: of the federation.
        operator: who is said to be absent.
        role: in which role, one.
        time: of the report, seconds.
    """
    round_ = state.round
    if round_ is None or not state.live or not state.rosters.acts(operator, role, round_.round):
        return False
    if role is Role.TRAINER:
        return _trainer(state, round_, operator, time)
    if round_.revealed < state.policy.min_trainers:
        return False
    found = _evaluator if role is Role.EVALUATOR else _aggregator
    return found(state, round_, operator, time)


def _trainer(state: State, round_: RoundState, operator: str, time: int) -> bool:
    if time >= round_.train_end and operator not in state.committed:
        return True
    enough = round_.committed >= state.policy.min_trainers
    return time >= round_.reveal_end and enough and operator not in state.revealed


def _evaluator(state: State, round_: RoundState, operator: str, time: int) -> bool:
    """Only whoever has a seat has to score; that is known once seats are drawn."""
    seat = state.seat_of(operator)
    if seat is None:
        return False
    if time >= round_.score_commit_end and operator not in state.scores_committed:
        return True
    enough = round_.scores_committed >= state.policy.quorum
    return time >= round_.score_reveal_end and enough and seat not in state.scores_revealed


def _aggregator(state: State, round_: RoundState, operator: str, time: int) -> bool:
    """One of its turns passed without a settlement, and none is left to it.

    After a conviction only the turns since then count.
    """
    if state.seed is None or time < round_.score_reveal_end or round_.scores_revealed < state.policy.quorum:
        return False
    settled, missed = round_.final_at != 0, False
    end = round_.turn if settled else state.turn(time)
    for turn in range(round_.turn if state.convicted else 0, LAST_TURN):
        if state.whose(turn) != operator:
            continue
        if turn < end:
            missed = True
        elif not settled or turn == end:
            return False
    return missed
