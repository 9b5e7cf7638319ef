"""What came of a worker's deeds, and what follows from it: tried again, given up for the round, or the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from logging import DEBUG, INFO, WARNING

from parley.chain.errors import NonceTaken, Reverted
from parley.chain.verdicts import Verdict, verdict_of
from parley.errors import ContractRevert, ParleyError
from parley.metrics import ACTIONS
from parley.roles.actions import Action, Wait
from parley.roles.given_up import GivenUp
from parley.roles.worker import Log

EARLY = ("RoundCoordinator_WrongTime", "RoundCoordinator_WrongPhase", "RoundCoordinator_WrongTurn")
"""Reverts of a poke that comes a moment too soon, or after somebody else's: no news."""

STRANGERS = 3
"""So many nonces taken by a stranger end the worker: somebody else has its key."""


class Outcomes:
    """Judges errors, and remembers what was given up.

    Args:
        log: who hears of errors.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._given_up = GivenUp()
        self._acting: Action | None = None
        self._strangers = 0

    def enter(self, round_number: int, reorgs: int) -> None:
        """Say which round runs, and how many reorganisations were seen: both give everything another chance."""
        self._given_up.enter(round_number, reorgs)

    def gave_up(self, action: Action) -> bool:
        """Whether a deed is not to be tried again in this round."""
        return action in self._given_up

    @contextmanager
    def of(self, action: Action) -> Iterator[None]:
        """Do it within this block, so that an error is known to be its; it is counted in any case."""
        name = type(action).__name__
        self._acting = action
        try:
            yield
        except ParleyError as error:
            ACTIONS.labels(action=name, outcome=verdict_of(error).value).inc()
            raise
        except BaseException:
            ACTIONS.labels(action=name, outcome="bug").inc()
            raise
        self._acting = None
        ACTIONS.labels(action=name, outcome="ok").inc()

    def judge(self, error: ParleyError) -> Verdict:
        """What follows from an error that ended a cycle; what is given up is remembered."""
        action, self._acting = self._acting, None
        verdict = self._verdict(error, action)
        if verdict == Verdict.GIVE_UP and action is not None:
            self._given_up.add(action)
        self._tell(error, action, verdict)
        return verdict

    def _verdict(self, error: ParleyError, action: Action | None) -> Verdict:
        verdict = verdict_of(error)
        self._strangers += isinstance(error, NonceTaken)
        if self._strangers >= STRANGERS:
            return Verdict.STOP
        mined = isinstance(error, Reverted) and error.transaction is not None
        if mined and action is not None and self._given_up.reverted(action) and verdict == Verdict.RETRY:
            return Verdict.GIVE_UP
        return verdict

    def _tell(self, error: ParleyError, action: Action | None, verdict: Verdict) -> None:
        """Log it as loudly as it matters."""
        if verdict == Verdict.STOP:
            return  # raised, and told by whoever runs the loop
        deed = None if action is None or isinstance(action, Wait) else type(action).__name__
        if verdict == Verdict.GIVE_UP:
            self._log.warning("given up for this round", action=deed, reason=error.message, hint=error.hint)
        elif isinstance(error, ContractRevert):
            early = any(name in error.message for name in EARLY)
            self._log.log(DEBUG if early else INFO, "refused by the contract; looking again", reason=error.message)
        else:
            self._log.log(WARNING, "cycle failed; trying again", action=deed, reason=error.message, hint=error.hint)
