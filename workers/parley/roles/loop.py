"""The loop of a worker: read a view, let a pure function name the next action, do it, return.

A cycle keeps nothing that it could not rebuild from chain and store. Errors fall into two classes: those that the next
cycle may cure are logged, those that only a person can cure stop the worker.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from logging import DEBUG, INFO
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from parley.chain.view import View
from parley.errors import ConfigError, ContractRevert, KeystoreError, ParleyError
from parley.roles.actions import Action, Wait
from parley.roles.checks import RewardCheck
from parley.roles.convictions import SettlementConvicted
from parley.roles.worker import Worker

FATAL = (ConfigError, KeystoreError, SettlementConvicted)
"""What no restart cures."""

EARLY = ("RoundCoordinator_WrongTime", "RoundCoordinator_WrongPhase", "RoundCoordinator_WrongTurn")
"""Reverts of a poke that comes a moment too soon, or after somebody else's: no news."""


class RoleWorker(Protocol):
    """A role: decides and executes."""

    @property
    def worker(self) -> Worker:
        """Its key, connection and store."""
        ...

    def warm_up(self) -> None:
        """Do what is slow only the first time."""
        ...

    def decide(self, view: View) -> Action:
        """Name the next action."""
        ...

    def execute(self, action: Action, view: View) -> None:
        """Do it."""
        ...


class Loop:
    """Runs a role until it is stopped.

    Args:
        role: what to run.
        poll_seconds: how often the chain is looked at.
    """

    def __init__(self, role: RoleWorker, poll_seconds: float) -> None:
        self._role = role
        self._log = role.worker.log
        self._poll_seconds = poll_seconds
        self._stop = threading.Event()
        self._failure: ParleyError | None = None
        self._said: str | None = None
        self._check = RewardCheck(role.worker)

    def stop(self) -> None:
        """End after the cycle that is running; safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Run until `stop`, or until an error that no cycle can cure.

        Raises:
            ParleyError: such an error.
        """
        self._role.warm_up()
        self._log.info("ready")
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            self._guarded_cycle,
            "interval",
            seconds=self._poll_seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
        scheduler.start()
        try:
            self._stop.wait()
        finally:
            scheduler.shutdown(wait=True)
        if self._failure is not None:
            raise self._failure

    def cycle(self) -> Action:
        """One cycle: read, decide, execute."""
        view = self._role.worker.reader.view()
        self._check.inspect(view)
        action = self._role.decide(view)
        if isinstance(action, Wait):
            self._say(view, action)
            return action
        self._said = None
        name = type(action).__name__
        self._log.info("begin", action=name, round=view.round.round, phase=view.phase.name)
        self._role.execute(action, view)
        self._log.info("done", action=name, round=view.round.round)
        return action

    def _say(self, view: View, action: Wait) -> None:
        """Log a wait once, not at every cycle."""
        said = f"{view.round.round} {view.phase.name} {action.reason}"
        if said != self._said:
            self._log.debug("wait", reason=action.reason, round=view.round.round, phase=view.phase.name)
            self._said = said

    def _guarded_cycle(self) -> None:
        if self._stop.is_set():
            return
        try:
            self.cycle()
        except FATAL as error:
            self._failure = error
            self._stop.set()
        except ContractRevert as error:
            early = any(name in error.message for name in EARLY)
            self._log.log(DEBUG if early else INFO, "refused by the contract; looking again", reason=error.message)
        except ParleyError as error:
            self._log.warning("cycle failed; trying again", reason=error.message, hint=error.hint)
        except Exception:  # noqa: BLE001 - a bug in one cycle must not end a worker whose stake is locked
            self._log.exception("cycle failed unexpectedly; trying again")
