"""Compares the local clock with the chain's (F-62).

No decision depends on the local clock: phases follow from the time of blocks. But logs, certificates and whoever reads
both want them to agree. An idle chain's head may be hours old, so only blocks count that appeared between two looks in
short order.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from parley.metrics import CLOCK_SKEW
from parley.roles.worker import Log

LIMIT = 5.0
"""Seconds by which clocks may differ without a warning."""

FRESH_SECONDS = 15.0
"""Two looks at the chain that lie further apart say nothing about a block's age."""

QUIET_SECONDS = 600.0
"""A warning is not repeated sooner."""


class ClockCheck:
    """Says when the local clock is wrong.

    Args:
        log: who hears of it.
        now: the local clock, Unix time.
        elapsed: seconds that never go back.
    """

    def __init__(
        self, log: Log, now: Callable[[], float] = time.time, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._now = now
        self._elapsed = elapsed
        self._head: bytes | None = None
        self._looked = float("-inf")
        self._warned = float("-inf")

    def look(self, head: bytes, timestamp: Callable[[], int]) -> float | None:
        """Take in the newest block.

        Args:
            head: its hash, or that of a block that lies a fixed depth below it.
            timestamp: gives the time of the newest block, seconds; asked only where it matters.

        Returns:
            seconds by which the local clock is ahead, what the block may have waited for this look taken off; `None` if
            the block is not known to be fresh.
        """
        at = self._elapsed()
        waited, self._looked = at - self._looked, at
        known, self._head = self._head, head
        if known is None or known == head or waited > FRESH_SECONDS:
            return None
        ahead = self._now() - timestamp()
        skew = max(0.0, ahead - waited) if ahead > 0 else ahead
        CLOCK_SKEW.set(skew)
        if abs(skew) > LIMIT and at - self._warned > QUIET_SECONDS:
            self._warned = at
            self._log.warning(
                "the local clock and the chain's differ", seconds=round(skew, 1), hint="is time synchronised (NTP)?"
            )
        return skew
