"""The loop of a worker: read a view, let a pure function name the next action, do it, return.

A cycle keeps nothing that it could not rebuild from chain and store. What goes wrong is judged in one place
(`parley.chain.verdicts`): the next cycle tries again, the deed is given up for this round, or the worker ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from parley.chain.model import Phase
from parley.chain.view import View
from parley.errors import ParleyError
from parley.heartbeat import BEAT
from parley.metrics import CYCLE_SECONDS, CYCLES, LAST_CYCLE, PHASE, ROUND
from parley.roles import pokes
from parley.roles.actions import Action, Wait
from parley.roles.checks import RewardCheck
from parley.roles.clock import ClockCheck
from parley.roles.duties import Duties
from parley.roles.outcomes import Outcomes
from parley.roles.worker import Worker

Listener = Callable[[View], None]
"""Told of every view, once it is read."""


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
        listeners: told of every view at the beginning of its cycle, one after another.
        tend: told of the same view at its end: see `parley.roles.keeper`.
    """

    def __init__(
        self, role: RoleWorker, poll_seconds: float, *listeners: Listener, tend: Listener | None = None
    ) -> None:
        log = role.worker.log
        self._role = role
        self._log = log
        self._poll_seconds = poll_seconds
        self._listeners = listeners
        self._tend = tend
        self._stop = threading.Event()
        self._failure: ParleyError | None = None
        self._said: str | None = None
        self._recovered = False
        self._check = RewardCheck(role.worker)
        self._clock = ClockCheck(log)
        self._duties = Duties(log)
        self._outcomes = Outcomes(log)

    def stop(self) -> None:
        """End after the cycle that is running, which waits for no confirmation any more; safe in a signal handler."""
        self._stop.set()
        self._role.worker.stop()

    def run(self) -> None:
        """Run until `stop`, until the federation is closed, or until an error that no cycle can cure.

        Raises:
            ParleyError: such an error.
        """
        self._role.warm_up()
        self._log.info("ready")
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            self._scheduled,
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
        """One cycle: read, decide, execute. At the first one, bring to its end what was in flight before."""
        self._recover()
        view = self._look()
        try:
            return self._act(view)
        finally:
            if self._tend is not None:
                self._tend(view)

    def _act(self, view: View) -> Action:
        """Decide, and do it."""
        action = self._decide(view)
        if isinstance(action, Wait):
            self._say(view, action)
            return action
        self._said = None
        self._duties.owe(action)
        name = type(action).__name__
        self._log.info("begin", action=name, round=view.round.round, phase=view.phase.name)
        with self._outcomes.of(action):
            self._role.execute(action, view)
        self._log.info("done", action=name, round=view.round.round)
        return action

    def _recover(self) -> None:
        """What was in flight when the process died is brought to its end, before anything else is sent (P-18)."""
        if not self._recovered:
            self._role.worker.recover()
            self._recovered = True

    def _look(self) -> View:
        """Read a view, and tell everybody who wants to know."""
        worker = self._role.worker
        view = worker.reader.view()
        BEAT.beat()
        ROUND.set(view.round.round)
        PHASE.set(view.phase)
        self._outcomes.enter(view.round.round, worker.reader.reorgs)
        self._duties.inspect(view)
        self._clock.look(view.block.hash, worker.head_time)
        self._check.inspect(view)
        for tell in self._listeners:
            tell(view)
        return view

    def _decide(self, view: View) -> Action:
        """The next action; where that was given up, at least the federation is kept going."""
        action = self._role.decide(view)
        if not self._outcomes.gave_up(action):
            if isinstance(action, Wait) and view.phase == Phase.CLOSED:
                self._log.info("the federation is closed for good: nothing more to do")
                self._stop.set()
            return action
        other = pokes.due(view, 3 * pokes.PATIENCE) or Wait("given up for this round")
        return Wait("given up for this round") if self._outcomes.gave_up(other) else other

    def _say(self, view: View, action: Wait) -> None:
        """Log a wait once, not at every cycle."""
        said = f"{view.round.round} {view.phase.name} {action.reason}"
        if said != self._said:
            self._log.debug("wait", reason=action.reason, round=view.round.round, phase=view.phase.name)
            self._said = said

    def guarded_cycle(self) -> str:
        """One cycle that never raises; it beats when it begins and when it ends, well or not.

        Returns:
            how it ended: `ok`, `bug`, or the verdict on what went wrong.
        """
        BEAT.beat()
        began = time.monotonic()
        outcome = self._outcome()
        CYCLES.labels(outcome=outcome).inc()
        CYCLE_SECONDS.observe(time.monotonic() - began)
        BEAT.beat()
        return outcome

    def _scheduled(self) -> None:
        if not self._stop.is_set():
            self.guarded_cycle()

    def _outcome(self) -> str:
        """Run a cycle; how it ended, as a label."""
        try:
            self.cycle()
        except ParleyError as error:
            verdict = self._outcomes.judge(error)
            if verdict.ends:
                self._failure = error
                self._stop.set()
            return verdict.value
        except Exception:  # noqa: BLE001 - a bug in one cycle must not end a worker whose stake is locked
            self._log.exception("cycle failed unexpectedly; trying again")
            return "bug"
        LAST_CYCLE.set_to_current_time()
        return "ok"
