"""The same order to several stores at once, of which one's own counts most (P-20)."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from parley.storage.errors import StorageError
from parley.storage.lanes import Job, Lane, busy
from parley.storage.race import explained
from parley.storage.receive import Bounds, Deadline
from parley.storage.spool import Spool

GRACE = 2.0
"""Seconds that the other stores are waited for once one's own has done it; then they go on by themselves."""

PATIENCE = 30.0
"""Seconds that one's own store is waited for once another has done it."""

Log = structlog.stdlib.BoundLogger


class Everywhere:
    """One order. Done when one's own store has done it, or, if that cannot, at least one other.

    Args:
        lanes: all stores, one's own first.
        job: the order; one store's doing it twice is harmless.
        seconds: for all of it.
        given_up: ends what still runs.
        spool: what the job reads, held until the last store has done with it.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        job: Job[object],
        seconds: float,
        given_up: threading.Event,
        spool: Spool | None = None,
    ) -> None:
        self._own = lanes[0]
        self._others = [lane for lane in lanes[1:] if lane.usable]
        self._aside = [lane for lane in lanes[1:] if lane not in self._others]
        self._job = job
        self._deadline = Deadline.after(seconds, lanes[0].store.location)
        self._bounds = Bounds(self._deadline.at, given_up)
        self._spool = spool
        self._answers: queue.SimpleQueue[tuple[Lane, object]] = queue.SimpleQueue()
        self._running: set[Lane] = set()
        self._done: set[Lane] = set()
        self._errors: dict[Lane, StorageError] = {}

    def run(self, what: str, log: Log) -> None:
        """Give the order and wait.

        Args:
            what: is being done, for the log.
            log: told when one's own store did not do it.

        Raises:
            StorageError: no store did it.
        """
        for lane in (self._own, *self._others):
            self._start(lane)
        until = self._bounds.at
        while self._running and time.monotonic() < until:
            self._wait(until)
            if self._own in self._done:
                until = min(until, time.monotonic() + GRACE)
            elif self._own in self._errors and self._done:
                break
            elif self._own not in self._running:
                self._start_aside()
            elif self._done:
                until = min(until, time.monotonic() + PATIENCE)
        self._conclude(what, log)

    def _conclude(self, what: str, log: Log) -> None:
        """Return if it is done well enough."""
        if self._own in self._done:
            return
        error = self._errors.get(self._own) or self._deadline.error()
        if not self._done:
            raise explained([error, *(e for lane, e in self._errors.items() if lane is not self._own)])
        log.warning(
            "one's own store fails; another holds the content for now",
            doing=what,
            reason=error.message,
            hint=error.hint,
        )

    def _start(self, lane: Lane) -> None:
        if self._spool is not None:
            self._spool.share()
        if lane.start(self._job, self._bounds, self._listener(lane)):
            self._running.add(lane)
            return
        self._errors[lane] = busy(lane)
        self._release()

    def _start_aside(self) -> None:
        """Ask those that are put aside too, since one's own store did not do it."""
        while self._aside:
            self._start(self._aside.pop())

    def _listener(self, lane: Lane) -> Callable[[object], None]:
        def take(outcome: object) -> None:
            self._release()
            self._answers.put((lane, outcome))

        return take

    def _release(self) -> None:
        if self._spool is not None:
            self._spool.release()

    def _wait(self, until: float) -> None:
        """Take the next answer, if one comes until then."""
        try:
            lane, outcome = self._answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return
        self._running.discard(lane)
        if isinstance(outcome, StorageError):
            self._errors[lane] = outcome
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            self._done.add(lane)
