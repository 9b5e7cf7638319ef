"""A content store in memory that fails when it is told to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from parley.storage import Cid, ContentMissing, StorageError
from parley.storage.receive import Deadline, Receiver
from parley.storage.store import DEFAULT_DEADLINE
from parley.storage.unixfs import cid_of, pieces_of


class MemoryStore:
    """A `ContentStore` for tests of what stands on several of them.

    Args:
        name: its location.

    Attributes:
        error: raised by every call while it is set.
        hangs: calls last until their deadline, or until nobody waits for them.
        alive: whether it answers a ping while it hangs.
        spoils: it answers with other bytes.
        objects: what it has.
        calls: how often each method was called.
    """

    def __init__(self, name: str) -> None:
        self.location = name
        self.error: StorageError | None = None
        self.hangs = False
        self.alive = False
        self.spoils = False
        self.objects: dict[Cid, bytes] = {}
        self.pins: set[Cid] = set()
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def put(self, data: bytes | Iterable[bytes]) -> Cid:
        self._begin("put", 60.0)
        whole = b"".join(pieces_of(data))
        cid = cid_of(whole)
        self.objects[cid] = whole
        self.pins.add(cid)
        return cid

    def get(self, cid: Cid, size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        self._begin("get", deadline)
        return self._give(cid, size, exact=True)

    def get_to(self, cid: Cid, size: int, path: Path, deadline: float = DEFAULT_DEADLINE) -> None:
        self._begin("get_to", deadline)
        path.write_bytes(self._give(cid, size, exact=True))

    def get_document(self, cid: Cid, max_size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        self._begin("get_document", deadline)
        return self._give(cid, max_size, exact=False)

    def has(self, cid: Cid) -> bool:
        self._begin("has", DEFAULT_DEADLINE)
        return cid in self.pins

    def pin(self, cid: Cid) -> None:
        self._begin("pin", DEFAULT_DEADLINE)
        if cid not in self.objects:
            raise ContentMissing(f"{self.location} has no {cid}")
        self.pins.add(cid)

    def unpin(self, cid: Cid) -> None:
        self._begin("unpin", DEFAULT_DEADLINE)
        self.pins.discard(cid)

    def ping(self, deadline: float = DEFAULT_DEADLINE) -> None:
        if not self.alive:
            self._begin("ping", min(deadline, 0.1))

    def collect_garbage(self) -> None:
        """Drop what is not pinned."""
        self.objects = {cid: data for cid, data in self.objects.items() if cid in self.pins}

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _begin(self, name: str, seconds: float) -> None:
        with self._lock:
            self.calls[name] += 1
        deadline = Deadline.after(seconds, self.location)
        while self.hangs:
            deadline.check()
            time.sleep(0.005)
        if self.error is not None:
            raise self.error

    def _give(self, cid: Cid, limit: int, *, exact: bool) -> bytes:
        if cid not in self.objects:
            raise ContentMissing(f"{self.location} has no {cid}")
        data = self.objects[cid]
        given: list[bytes] = []
        receiver = Receiver(cid, limit, exact=exact, write=given.append)
        receiver.feed(bytes(len(data)) if self.spoils else data)
        receiver.finish()
        return b"".join(given)
