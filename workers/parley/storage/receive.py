"""The gate between what a store sends and what a caller sees (P-4, P-5, P-20).

Whatever the store, content passes through a `Receiver`: it counts, hashes and spools, and hands the bytes on only when
their number and their CID are the expected ones. Time is a `Deadline` for the whole call, so a store that sends a byte
now and then gains nothing.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Self

from parley.storage.cid import Cid
from parley.storage.errors import ContentMismatch, ContentTooLarge, ContentTooShort, StoreTimeout
from parley.storage.unixfs import CidHasher


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a caller of several stores sets to each call that it starts.

    Attributes:
        at: when its own deadline passes, as `time.monotonic` counts.
        given_up: set when nobody waits for the call any more.
    """

    at: float
    given_up: threading.Event


_BOUNDS: ContextVar[Bounds | None] = ContextVar("bounds of store calls", default=None)


@contextmanager
def bounded(bounds: Bounds) -> Iterator[None]:
    """Hold every store call of the block, in this thread, to `bounds` beside its own deadline."""
    token = _BOUNDS.set(bounds)
    try:
        yield
    finally:
        _BOUNDS.reset(token)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give all store calls of the block together, in this thread, no more than `seconds`."""
    with bounded(Bounds(Deadline.after(seconds, "the store").at, threading.Event())):
        yield


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock by which a call is over.

    Attributes:
        who: the store that is to finish by then.
        seconds: how long the call was given.
        at: when that is over, as `time.monotonic` counts.
        given_up: ends the call earlier when it is set.
    """

    who: str
    seconds: float
    at: float
    given_up: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def after(cls, seconds: float, who: str) -> Self:
        """Return the deadline `seconds` from now, or that of the `bounded` block around if it is earlier."""
        now, bounds = time.monotonic(), _BOUNDS.get()
        if bounds is None:
            return cls(who, seconds, now + seconds)
        seconds = max(0.0, min(seconds, bounds.at - now))
        return cls(who, seconds, now + seconds, bounds.given_up)

    @property
    def left(self) -> float:
        """Seconds until the deadline, never negative; 0 if the call was given up."""
        return 0.0 if self.given_up.is_set() else max(0.0, self.at - time.monotonic())

    def check(self) -> None:
        """Raise `StoreTimeout` if the deadline has passed, or the call was given up."""
        if self.left == 0.0:
            raise self.error()

    def error(self) -> StoreTimeout:
        """Return the error that says so."""
        return StoreTimeout(
            f"{self.who} did not finish within {self.seconds:g} s",
            hint="Check that the store is up and near, or allow more time.",
        )


class Receiver:
    """Counts and hashes the pieces of one object and passes each to `write`, which must keep them from the caller.

    Args:
        cid: what the bytes must hash to.
        limit: the most bytes that the object may have; not one byte more than `limit + 1` need be read.
        exact: whether it must have exactly `limit` bytes.
        write: where the pieces go until `finish` accepts them.
    """

    def __init__(self, cid: Cid, limit: int, *, exact: bool, write: Callable[[bytes], object]) -> None:
        self._cid = cid
        self._limit = limit
        self._exact = exact
        self._write = write
        self._hasher = CidHasher()

    @property
    def wanted(self) -> int:
        """How many bytes to read yet, the one included that would prove the object too large."""
        return self._limit + 1 - self._hasher.size

    def feed(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            ContentTooLarge: the object exceeds its limit; the piece is dropped.
        """
        self._hasher.update(piece)
        if self._hasher.size > self._limit:
            raise too_large(self._cid, self._limit, exact=self._exact)
        self._write(piece)

    def finish(self) -> None:
        """Accept the object.

        Raises:
            ContentTooShort: it has fewer bytes than it must have.
            ContentMismatch: its bytes do not hash to its CID.
        """
        if self._exact and self._hasher.size < self._limit:
            raise ContentTooShort(
                f"{self._cid} ended after {self._hasher.size} of {self._limit} bytes",
                hint="Whoever published it named a wrong size, or the store is damaged; it must not be used.",
            )
        if not self.matches:
            raise ContentMismatch(
                f"what the store gave for {self._cid} hashes to {self._hasher.cid()}",
                hint="The store is damaged or lies; get the object from another one.",
            )

    @property
    def matches(self) -> bool:
        """Whether the bytes so far hash to the expected CID."""
        return self._hasher.cid() == self._cid


def too_large(cid: Cid, limit: int, *, exact: bool) -> ContentTooLarge:
    """Return the error for an object that goes on after its `limit` bytes."""
    return ContentTooLarge(
        f"{cid} has more than {'its' if exact else 'the allowed'} {limit} bytes",
        hint="Whoever published it named a wrong size, or the store lies; it must not be used.",
    )
