"""The worker's sign of life: whoever works says so, whoever watches asks how long ago (F-63).

A leaf module: every layer may beat. The loop beats at each cycle, training at each step, and waiting for a
confirmation at each look at the chain, so that a long action is told from one that hangs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from parley.metrics import LAST_BEAT

METRIC_SECONDS = 1.0
"""How often the metric is set at most, seconds."""


class Heartbeat:
    """When something was done last. Safe to use from any thread: each call reads or writes one number.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._told = float("-inf")

    def beat(self) -> None:
        """Something was done just now; cheap enough for every training step."""
        now = self._clock()
        self._last = now
        if now - self._told >= METRIC_SECONDS:
            self._told = now
            LAST_BEAT.set_to_current_time()

    def age(self) -> float:
        """Seconds since the last beat, or since the start if there was none."""
        return self._clock() - self._last


BEAT = Heartbeat()
"""The process's own."""
