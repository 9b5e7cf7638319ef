"""What is new, from the thread that follows the chain to everybody who listens."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEPT = 1024
"""News that a listener may miss and still catch up with."""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of news.

    Attributes:
        id: by which a listener says what it had last.
        kind: `head`, `round`, `reorg` or `content`.
        data: that JSON can hold.
    """

    id: str
    kind: str
    data: dict[str, Any]


class News:
    """A short history, and whom to wake when it grows. Any thread may publish, any may listen.

    Listeners hold nothing but a place in the history, so a slow one costs nobody anything: what it cannot catch up
    with is one `reorg` from block 0, which says that all of it is to be asked for again.
    """

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._items: deque[tuple[int, Item]] = deque(maxlen=KEPT)
        self._count = 0
        self._listeners: set[Callable[[], None]] = set()
        self.closed = False

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Tell everybody."""
        with self._lock:
            self._count += 1
            self._items.append((self._count, Item(f"{self._boot}-{self._count}", kind, data)))
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()

    def close(self) -> None:
        """There will be no more; wake everybody for the last time."""
        self.closed = True
        with self._lock:
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()

    def listen(self, wake: Callable[[], None]) -> int:
        """Have `wake` called, from any thread, when there is news; return the place to go on from."""
        with self._lock:
            self._listeners.add(wake)
            return self._count

    def leave(self, wake: Callable[[], None]) -> None:
        """Have it called no more."""
        with self._lock:
            self._listeners.discard(wake)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def place_of(self, last_id: str) -> int:
        """The place of what a listener says it had last; -1, before the beginning, if this process never said that."""
        boot, _, number = last_id.partition("-")
        known = boot == self._boot and number.isascii() and number.isdigit() and len(number) <= len(str(self._count))
        return min(int(number), self._count) if known else -1

    def since(self, place: int) -> tuple[int, list[Item]]:
        """What came after a place, and the place to go on from."""
        with self._lock:
            oldest = self._items[0][0] if self._items else self._count + 1
            if place + 1 < oldest:
                lost = Item(f"{self._boot}-{self._count}", "reorg", {"from_block": 0})
                return self._count, [lost]
            return self._count, [item for number, item in self._items if number > place]
