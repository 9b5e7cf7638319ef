"""Several content stores as one: all are asked, all keep, any may fail (P-20, P-23).

The first store is one's own. Reading asks it first and the others a moment later, or at once if it fails; the first
answer that hashes to the CID wins, and what came from another is kept in one's own as well. Writing goes to all: one's
own must take it, or while that is down at least one other. Every call has one deadline for everything; a store that
fails is put aside for a while (`parley.storage.lanes`).
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import structlog

from parley.errors import ConfigError, ParleyError
from parley.storage.cid import Cid
from parley.storage.everywhere import Everywhere
from parley.storage.files import explained, file_pieces
from parley.storage.kubo import PUT_DEADLINE
from parley.storage.lanes import Job, Lane, busy
from parley.storage.race import Race
from parley.storage.receive import Bounds
from parley.storage.spool import Spool
from parley.storage.store import DEFAULT_DEADLINE, ContentStore

HEDGE = 0.5
"""Seconds that a store may think before the next one is asked as well; large objects are given more."""

HEDGE_RATE = 20e6
"""Bytes a second that a store is expected to send at least before it is called slow."""

CLOSE_SECONDS = 2.0
"""Seconds that `close` waits for what still runs."""

PIN_DEADLINE = 60.0
"""Seconds for `pin` and `unpin`."""

HAS_DEADLINE = 10.0
"""Seconds for `has`, half of them for one's own store alone."""

KEEP_DEADLINE = 60.0
"""Seconds that one's own store has to take what came from another, in the background for most of them."""

T = TypeVar("T")


class SeveralStores:
    """A `ContentStore` over several others.

    Args:
        stores: one's own first; closed with this one.
        put_deadline: seconds that a `put` may take in all stores together.
        hedge: seconds before the next store is asked.

    Raises:
        ConfigError: there is none, or one of them twice.
    """

    def __init__(
        self, stores: Sequence[ContentStore], *, put_deadline: float = PUT_DEADLINE, hedge: float = HEDGE
    ) -> None:
        places = [store.location for store in stores]
        if not stores or len(set(places)) < len(places):
            raise ConfigError(f"content stores {places} are none, or not all different", hint="Name each one once.")
        self._lanes = tuple(Lane(number, store) for number, store in enumerate(stores))
        self._own = self._lanes[0]
        self._put_deadline = put_deadline
        self._hedge = hedge
        self._closed = threading.Event()
        self._log = structlog.stdlib.get_logger("parley")

    @property
    def location(self) -> str:
        """The stores' locations, separated by commas."""
        return ",".join(lane.store.location for lane in self._lanes)

    def put(self, data: bytes | Iterable[bytes]) -> Cid:
        """Store and pin an object in all stores; see `ContentStore.put`.

        Raises:
            StorageError: neither one's own store nor any other took it in time.
        """
        spool = Spool(data)
        try:
            self._everywhere(lambda store: store.put(spool.open()), self._put_deadline, f"storing {spool.cid}", spool)
        finally:
            spool.release()
        return spool.cid

    def get(self, cid: Cid, size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object of exactly `size` bytes from whoever gives it first; see `ContentStore.get`."""
        winner, data = self._race(lambda store: store.get(cid, size, deadline), deadline, size)
        if winner is not self._own:
            self._keep(lambda store: store.put(data), len(data))
        return data

    def get_to(self, cid: Cid, size: int, path: Path, deadline: float = DEFAULT_DEADLINE) -> None:
        """Write an object of exactly `size` bytes to a file; see `ContentStore.get_to`."""

        def fetch(store: ContentStore) -> Path:
            scratch = path.with_name(f".{path.name[:64]}.{secrets.token_hex(8)}.part")
            store.get_to(cid, size, scratch, deadline)
            return scratch

        winner, scratch = Race(self._lanes, fetch, deadline, self._hedge_for(size), Path.unlink).run()
        with explained(path):
            scratch.replace(path)
        if winner is not self._own:
            self._keep(lambda store: store.put(file_pieces(path)), size)

    def get_document(self, cid: Cid, max_size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object of at most `max_size` bytes; see `ContentStore.get_document`."""
        winner, data = self._race(lambda store: store.get_document(cid, max_size, deadline), deadline, 0)
        if winner is not self._own:
            self._keep(lambda store: store.put(data), len(data))
        return data

    def has(self, cid: Cid) -> bool:
        """Return whether one's own store holds and keeps the object; another one's word counts while it is down."""
        return Race(self._lanes, lambda store: store.has(cid), HAS_DEADLINE, HAS_DEADLINE / 2).run()[1]

    def pin(self, cid: Cid) -> None:
        """Keep an object in all stores; see `ContentStore.pin`. Another's pin is enough while one's own is down."""
        self._everywhere(lambda store: store.pin(cid), PIN_DEADLINE, f"pinning {cid}")

    def unpin(self, cid: Cid) -> None:
        """Let go of an object in all stores."""
        self._everywhere(lambda store: store.unpin(cid), PIN_DEADLINE, f"unpinning {cid}")

    def ping(self, deadline: float = DEFAULT_DEADLINE) -> None:
        """Return if any store is alive; see `ContentStore.ping`."""
        self._race(lambda store: store.ping(deadline), deadline, 0)

    def close(self) -> None:
        """Give up what still runs, and close the stores."""
        self._closed.set()
        for lane in self._lanes:
            lane.join(CLOSE_SECONDS)
            lane.store.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close all stores."""
        self.close()

    def _race(self, job: Job[T], seconds: float, size: int) -> tuple[Lane, T]:
        """Ask all, one after the other in quick succession, until one answers well."""
        return Race(self._lanes, job, seconds, self._hedge_for(size)).run()

    def _hedge_for(self, size: int) -> float:
        """Seconds that a store may take for an object before the next one is asked."""
        return self._hedge + size / HEDGE_RATE

    def _keep(self, job: Callable[[ContentStore], object], size: int) -> None:
        """Put what came from another store into one's own; what takes longer than a moment goes on by itself."""
        if not self._own.usable:
            return
        answer: queue.SimpleQueue[object] = queue.SimpleQueue()
        started = self._own.start(job, Bounds(time.monotonic() + KEEP_DEADLINE, self._closed), answer.put)
        outcome: object = busy(self._own)
        if started:
            with suppress(queue.Empty):
                outcome = answer.get(timeout=self._hedge_for(size))
        if isinstance(outcome, ParleyError):
            self._log.warning("one's own store did not take what another gave", reason=outcome.message)

    def _everywhere(
        self, job: Callable[[ContentStore], object], seconds: float, what: str, spool: Spool | None = None
    ) -> None:
        """Do it in all stores at once: one's own must do it, or while it is down at least one other.

        Raises:
            StorageError: what one's own store says, where nobody did it; its `ObjectError` in any case.
        """
        Everywhere(self._lanes, job, seconds, self._closed, spool).run(what, self._log)
