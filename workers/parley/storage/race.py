"""The same question to several stores: the first good answer wins, under one deadline for all (P-20)."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from parley.storage.errors import (
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    ContentTooShort,
    StorageError,
    StoreTimeout,
)
from parley.storage.lanes import Job, Lane, busy
from parley.storage.receive import Bounds, Deadline

BAD = (ContentMismatch, ContentTooLarge, ContentTooShort)
"""Answers that are not the object; a fault of the store if another has the object, else perhaps of the object."""

T = TypeVar("T")


class Race(Generic[T]):
    """One question.

    Args:
        lanes: whom to ask, one's own store first.
        job: the question; it must check the answer.
        seconds: for all of it.
        hedge: seconds that a store may think before the next one is asked as well.
        discard: gets each good answer that comes too late.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        job: Job[T],
        seconds: float,
        hedge: float,
        discard: Callable[[T], object] = lambda _: None,
    ) -> None:
        usable = [lane for lane in lanes if lane.usable]
        self._usable = deque(usable)
        self._aside = deque(lane for lane in lanes if lane not in usable)
        self._job = job
        self._hedge = hedge
        self._who = ",".join(lane.store.location for lane in lanes)
        self._seconds = seconds
        self._bounds = Bounds(Deadline.after(seconds, self._who).at, threading.Event())
        self._answers: queue.SimpleQueue[tuple[Lane, T | Exception]] = queue.SimpleQueue()
        self._running = 0
        self._failures: list[tuple[Lane, StorageError]] = []
        self._discard = discard
        self._lock = threading.Lock()
        self._over = False
        self._won = False

    def run(self) -> tuple[Lane, T]:
        """Return who answered, and the answer.

        Raises:
            ContentMissing: no store has the object.
            ContentTooLarge, ContentTooShort, ContentMismatch: all stores were asked, and who has anything has this.
            StoreTimeout: the deadline passed.
            StoreUnavailable: some store could not be asked, and no other has the object.
        """
        try:
            while self._running or self._usable or self._aside:
                self._start_next()
                found = self._next_answer()
                if found is not None:
                    return found
        finally:
            self._end()
        raise explained([error for _, error in self._failures])

    def _start_next(self) -> None:
        """Ask the next store; one that is put aside only when all others have failed."""
        while self._usable or not self._running:
            lanes = self._usable or self._aside
            if not lanes:
                return
            lane = lanes.popleft()
            if lane.start(self._job, self._bounds, self._listener(lane)):
                self._running += 1
                return
            self._failures.append((lane, busy(lane)))

    def _listener(self, lane: Lane) -> Callable[[T | Exception], None]:
        """Return what takes a store's answer."""

        def take(outcome: T | Exception) -> None:
            with self._lock:
                if not self._over:
                    self._answers.put((lane, outcome))
                    return
            self._dispose(lane, outcome)

        return take

    def _end(self) -> None:
        """Give up what still runs; what has come in the meantime came too late."""
        self._bounds.given_up.set()
        with self._lock:
            self._over = True
        with suppress(queue.Empty):
            while True:
                self._dispose(*self._answers.get_nowait())

    def _dispose(self, lane: Lane, outcome: T | Exception) -> None:
        """Let go of a late answer; a wrong one is a failure if another store had the object."""
        if isinstance(outcome, BAD):
            if self._won:
                lane.failed()
        elif not isinstance(outcome, Exception):
            self._discard(outcome)

    def _next_answer(self) -> tuple[Lane, T] | None:
        """Wait for an answer, or until it is the next store's turn.

        Raises:
            StoreTimeout: the deadline passed.
            Exception: what the question itself raised that is no `StorageError`.
        """
        left = self._bounds.at - time.monotonic()
        if left <= 0 and self._running:
            raise self._too_late()
        if not self._running:
            return None
        try:
            lane, outcome = self._answers.get(timeout=min(left, self._hedge) if self._usable else left)
        except queue.Empty:
            return None
        self._running -= 1
        if isinstance(outcome, StorageError):
            self._failures.append((lane, outcome))
            return None
        if isinstance(outcome, Exception):
            raise outcome
        self._win()
        return lane, outcome

    def _win(self) -> None:
        """The object is good, so whoever gave another is not."""
        self._won = True
        for lane, error in self._failures:
            if isinstance(error, BAD):
                lane.failed()

    def _too_late(self) -> StoreTimeout:
        said = "; ".join(error.message for _, error in self._failures)
        return StoreTimeout(
            f"{self._who} did not finish within {self._seconds:g} s{': ' + said if said else ''}",
            hint="Check that the stores are up and near, or allow more time.",
        )


def explained(errors: Sequence[StorageError]) -> StorageError:
    """Return the one error that several stores' errors come to.

    A store that could not be asked leaves the question open, whatever the others said. Else who has something wrong
    speaks for the object, since nobody has anything better.
    """
    open_ = [error for error in errors if not isinstance(error, (*BAD, ContentMissing))]
    bad = [error for error in errors if isinstance(error, BAD)]
    first = (*open_, *bad, *errors)[0]
    if len(errors) == 1:
        return first
    said = "; ".join(error.message for error in errors)
    return type(first)(said, hint=first.hint)
