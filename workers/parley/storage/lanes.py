"""One of several stores: how many calls it may hold at a time, and for how long it is put aside when it fails (P-20).

A call runs in a thread of its own, under the caller's deadline, so a store that hangs holds `CALLS` threads at most and
none of them for longer than that. What a store cannot help, such as an object that nobody has, is no failure: a peer
who names what does not exist must not take one's stores away.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from parley import metrics
from parley.storage.errors import ContentMissing, ObjectError, StorageError, StoreFull, StoreTimeout, StoreUnavailable
from parley.storage.receive import Bounds, bounded
from parley.storage.store import ContentStore

CALLS = 4
"""Calls that a store may hold at once."""

FIRST_REST = 1.0
LONGEST_REST = 60.0
"""Seconds that a store is put aside after its first failure, twice as many after each further one, at most these."""

PING_SECONDS = 3.0
"""How long a store that let a deadline pass has to show that it is alive."""

T = TypeVar("T")
Job = Callable[[ContentStore], T]


class Lane:
    """A store, its bound and its health. Any number of threads may use it.

    Args:
        number: place among the stores, 0 for one's own; the label of its metrics.
        store: the store.
    """

    def __init__(self, number: int, store: ContentStore) -> None:
        self.number = number
        self.store = store
        self._free = threading.BoundedSemaphore(CALLS)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._failures = 0
        self._back_at = 0.0
        metrics.STORE_USABLE.labels(str(number)).set(1)

    @property
    def usable(self) -> bool:
        """Whether the store is not put aside just now."""
        return time.monotonic() >= self._back_at

    def start(self, job: Job[T], bounds: Bounds, done: Callable[[T | Exception], None]) -> bool:
        """Run a call in a thread of its own.

        Args:
            job: the call.
            bounds: when it must be over.
            done: told, in that thread, what the call returned or raised.

        Returns:
            whether it was started: not if the store holds `CALLS` calls already.
        """
        if not self._free.acquire(blocking=False):
            self._tell("busy")
            return False
        thread = threading.Thread(target=self._run, args=(job, bounds, done), name="parley-store", daemon=True)
        thread.start()
        with self._lock:
            self._threads = [running for running in self._threads if running.is_alive()] + [thread]
        return True

    def failed(self) -> None:
        """Put the store aside for a while, longer each time in a row."""
        with self._lock:
            rest = min(LONGEST_REST, FIRST_REST * 2 ** min(self._failures, 16))
            self._failures += 1
            self._back_at = time.monotonic() + rest * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
        metrics.STORE_USABLE.labels(str(self.number)).set(0)

    def worked(self) -> None:
        """Take the store back."""
        with self._lock:
            self._failures = 0
            self._back_at = 0.0
        metrics.STORE_USABLE.labels(str(self.number)).set(1)

    def join(self, seconds: float) -> None:
        """Wait until no call runs, but not for longer than that."""
        until = time.monotonic() + seconds
        with self._lock:
            threads = tuple(self._threads)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self, job: Job[T], bounds: Bounds, done: Callable[[T | Exception], None]) -> None:
        """Make the call, judge the store by what comes, and tell."""
        outcome: T | Exception
        try:
            with bounded(bounds):
                outcome = job(self.store)
        except Exception as error:  # noqa: BLE001 - `done` gets it, and raises it in the caller's thread
            outcome = error
        try:
            self._judge(outcome, bounds)
        finally:
            self._free.release()
            done(outcome)

    def _judge(self, outcome: object, bounds: Bounds) -> None:
        """Count what came, and put the store aside or take it back."""
        if isinstance(outcome, StoreTimeout):
            early = bounds.given_up.is_set() and time.monotonic() < bounds.at
            self._tell("given_up" if early else "timeout")
            if not early:
                self._ask_for_life()
        elif isinstance(outcome, StoreFull):
            self._tell("full")
        elif isinstance(outcome, StoreUnavailable):
            self._tell("failed")
            self.failed()
        elif isinstance(outcome, ObjectError):
            self._tell("missing" if isinstance(outcome, ContentMissing) else "bad")
        elif isinstance(outcome, Exception):
            self._tell("failed")
        else:
            self._tell("ok")
            self.worked()

    def _ask_for_life(self) -> None:
        """After a deadline passed: a store that still answers looked in vain, one that does not hangs."""
        with suppress(StorageError):
            self.store.ping(PING_SECONDS)
            return
        self.failed()

    def _tell(self, outcome: str) -> None:
        metrics.STORE_REQUESTS.labels(str(self.number), outcome).inc()


def busy(lane: Lane) -> StoreUnavailable:
    """Return the error for a store that holds as many calls as it may."""
    return StoreUnavailable(
        f"{lane.store.location} still holds {CALLS} earlier calls", hint="See whether that store hangs."
    )
