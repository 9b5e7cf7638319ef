"""Keeps what must be kept, and renews what was lost (P-23, section 6).

What that is follows from the chain alone (`parley.roles.pins`). New pieces are fetched and pinned as soon as the chain
names them, so that a round survives the end of the node that had them first; held ones are looked after every minute
and stored again if one's own store lost them; what may go is let go of.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from parley import metrics
from parley.chain.view import View
from parley.errors import ContentError
from parley.roles.pins import Pin, released, wanted
from parley.roles.worker import Worker
from parley.storage import ContentCondemned, within

BUDGET = 2.0
"""Seconds that one cycle may spend on pins; large vectors have more."""

RATE = 5e6
"""Bytes a second by which a large vector adds to that."""

LOOKS = 16
"""Pieces that one cycle looks after."""

LOOK_SECONDS = 60.0
"""How often a piece that is held is looked after."""

FIRST_REST = 5.0
LONGEST_REST = 600.0
"""Seconds until a piece that is not to be had is tried again, twice as many each time, at most these."""


class Keeper:
    """Looks after one worker's pins; call `tend` once a cycle.

    Args:
        worker: whose store and library.
        clock: seconds, monotonic.
        archive: keep everything for ever.
    """

    def __init__(self, worker: Worker, clock: Callable[[], float] = time.monotonic, *, archive: bool = False) -> None:
        self._archive = archive
        self._worker = worker
        self._library = worker.library
        self._clock = clock
        self._held: set[Pin] = set()
        self._gone: set[Pin] = set()
        self._failures: dict[Pin, int] = {}
        self._due: dict[Pin, float] = {}
        self._seen: bytes | None = None
        self._wanted: tuple[Pin, ...] = ()
        self._released: tuple[Pin, ...] = ()

    @property
    def held(self) -> frozenset[Pin]:
        """What is wanted and was last seen in one's own store."""
        return frozenset(self._held)

    def tend(self, view: View) -> None:
        """Look after the pieces that are due, for `BUDGET` seconds at most and up to the first that cannot be had.

        Raises nothing but bugs: what is not to be had is logged once and tried again later.
        """
        self._take_in(view)
        seconds = BUDGET + self._library.size / RATE
        until = self._clock() + seconds
        with within(seconds):
            for pin in self._next():
                # a fetch is begun with half of the time left, at least: less would prove nothing
                needed = 0.0 if pin in self._held else seconds / 2
                if until - self._clock() <= needed or not self._attend(pin):
                    return

    def _take_in(self, view: View) -> None:
        """Derive what is wanted and what may go, if the chain went on."""
        if view.block.hash == self._seen:
            return
        self._seen = view.block.hash
        self._wanted = wanted(view, archive=self._archive)
        self._released = released(view, archive=self._archive)
        known = {*self._wanted, *self._released}
        freed = self._held - set(self._wanted)
        self._held -= freed
        self._gone &= set(self._released)
        self._failures = {pin: count for pin, count in self._failures.items() if pin in known}
        self._due = {pin: at for pin, at in self._due.items() if pin in known and pin not in freed}

    def _next(self) -> list[Pin]:
        """What is due now: first what is new or may go, then what is held, last what was not to be had before."""
        now = self._clock()
        pending = [pin for pin in self._released if pin not in self._gone]
        due = [pin for pin in (*self._wanted, *pending) if self._due.get(pin, 0.0) <= now]
        return sorted(due, key=lambda pin: (self._failures.get(pin, 0), pin in self._held))[:LOOKS]

    def _attend(self, pin: Pin) -> bool:
        """Do what a piece needs; whether it could be done."""
        try:
            if pin not in self._wanted:
                self._let_go(pin)
            elif pin in self._held:
                self._look_after(pin)
            else:
                self._library.hold(pin.root, pin.digest)
                self._held.add(pin)
        except ContentError as error:
            self._postpone(pin, error)
            return isinstance(error, ContentCondemned)
        self._failures.pop(pin, None)
        self._due[pin] = self._clock() + LOOK_SECONDS
        return True

    def _let_go(self, pin: Pin) -> None:
        self._gone.add(pin)
        self._library.unpin(pin.digest)

    def _look_after(self, pin: Pin) -> None:
        """Store a piece again if one's own store lost it."""
        if self._library.holds(pin.digest):
            return
        self._held.discard(pin)
        self._library.renew(pin.root, pin.digest)
        self._held.add(pin)
        metrics.REPINNED.inc()
        self._worker.log.warning("a pin was lost and is renewed", root=pin.root.hex()[:16])

    def _postpone(self, pin: Pin, error: ContentError) -> None:
        """Try again later, the longer the more often it failed; say so the first time."""
        count = self._failures.get(pin, 0)
        self._failures[pin] = count + 1
        rest = LONGEST_REST if isinstance(error, ContentCondemned) else FIRST_REST * 2 ** min(count, 16)
        self._due[pin] = self._clock() + min(LONGEST_REST, rest)
        if count == 0:
            self._worker.log.warning("content cannot be kept", root=pin.root.hex()[:16], reason=error.message)
