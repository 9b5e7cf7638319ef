"""Counts the deeds that a worker set about and that were not done when their window closed: `parley_missed_total`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parley.chain.model import Phase
from parley.chain.view import RoundRecord, View
from parley.metrics import MISSED
from parley.roles.actions import Action, CommitScores, CommitUpdate, RevealScores, RevealUpdate, Settle
from parley.roles.worker import Log

Duty = CommitUpdate | RevealUpdate | CommitScores | RevealScores | Settle

WINDOWS: Mapping[type[Duty], Phase] = {
    CommitUpdate: Phase.TRAIN,
    RevealUpdate: Phase.REVEAL,
    CommitScores: Phase.SCORE_COMMIT,
    RevealScores: Phase.SCORE_REVEAL,
    Settle: Phase.SETTLE,
}
"""In which phase each is done."""

_DONE: Mapping[type[Duty], Callable[[RoundRecord, str], bool]] = {
    CommitUpdate: lambda record, operator: operator in record.commitments,
    RevealUpdate: lambda record, operator: record.reveal_index_of(operator) is not None,
    CommitScores: lambda record, operator: operator in record.score_commitments,
    RevealScores: lambda record, operator: any(vector.operator == operator for vector in record.vectors),
}


class Duties:
    """What one worker set about.

    Args:
        log: who hears of what was missed.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._owed: set[Duty] = set()

    def owe(self, action: Action) -> None:
        """Take in what the worker is about to do."""
        if isinstance(action, Duty):
            self._owed.add(action)

    def inspect(self, view: View) -> list[Duty]:
        """Take in a view; what was missed since the last one."""
        over = {duty for duty in self._owed if is_over(view, duty)}
        self._owed -= over
        missed = [duty for duty in over if not is_done(view, duty)]
        for duty in missed:
            name = type(duty).__name__
            MISSED.labels(what=name).inc()
            self._log.error("a deadline passed", missed=name, round=duty.round)
        return missed


def is_over(view: View, duty: Duty) -> bool:
    """Whether the window of a duty has closed."""
    if view.round.round != duty.round or view.phase != WINDOWS[type(duty)]:
        return True
    return isinstance(duty, Settle) and view.turn != duty.turn


def is_done(view: View, duty: Duty) -> bool:
    """Whether the chain shows that it was done; a turn counts as used whoever settled in it."""
    record = view.records.get(duty.round)
    if record is None:
        return False
    if isinstance(duty, Settle):
        standing = () if record.header is None else (record.header,)
        return any(header.turn == duty.turn for header in (*standing, *(c.header for c in record.convictions)))
    return _DONE[type(duty)](record, view.operator)
