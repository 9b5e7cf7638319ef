"""When an endpoint that failed may be asked again: a circuit breaker. Pure: the caller tells the time and the chance.

Closed: asked freely. Open: left alone for a back-off that doubles with every failure in a row. Half-open: one request
tries; its outcome closes or opens the breaker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import SystemRandom

FIRST_WAIT = 0.1
"""Seconds of back-off after the first failure."""

LONGEST_WAIT = 30.0
"""Seconds of back-off at most while other endpoints serve."""

LAST_HOPE = 5.0
"""Seconds of back-off at most while no endpoint serves: more would only prolong an outage."""

LONGEST_RETRY_AFTER = 60.0
"""Seconds that an endpoint is left alone at most because it asks for it."""

_JITTER = 0.25
_GLANCE = 0.05


class State(StrEnum):
    """Of a breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass
class Breaker:
    """The breaker of one endpoint. Times are seconds of one monotonic clock.

    Attributes:
        chance: returns a number from 0 to 1; spreads the back-offs of many workers, so that they do not come together.
        failures: in a row.
    """

    chance: Callable[[], float] = SystemRandom().random
    failures: int = 0
    _failed_at: float = field(default=0.0, repr=False)
    _backoff: float = field(default=0.0, repr=False)
    _banned_until: float = field(default=0.0, repr=False)
    _trial_until: float | None = field(default=None, repr=False)

    def state(self, now: float) -> State:
        """Where it stands."""
        if not self.failures:
            return State.CLOSED
        return State.HALF_OPEN if self._trial_until is not None and now < self._trial_until else State.OPEN

    def wait(self, now: float, *, last_hope: bool = False) -> float:
        """Seconds until the endpoint may be asked; 0 if now.

        Args:
            now: the time.
            last_hope: no other endpoint serves.
        """
        match self.state(now):
            case State.CLOSED:
                return 0.0
            case State.HALF_OPEN:
                return _GLANCE
        backoff = min(self._backoff, LAST_HOPE) if last_hope else self._backoff
        return max(0.0, self._failed_at + backoff - now, self._banned_until - now)

    def begin(self, now: float, seconds: float, *, last_hope: bool = False) -> bool:
        """Whether a request may go out now; where it is the one that tries, others wait for it up to `seconds`."""
        if self.wait(now, last_hope=last_hope) > 0:
            return False
        if self.failures:
            self._trial_until = now + seconds
        return True

    def succeeded(self) -> None:
        """It answered."""
        self.failures = 0
        self._trial_until = None

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """It did not answer.

        Args:
            now: the time.
            retry_after: seconds that it asks to be left alone.
        """
        self.failures += 1
        self._trial_until = None
        self._failed_at = now
        doubled = FIRST_WAIT * 2 ** min(self.failures - 1, 20)
        self._backoff = min(LONGEST_WAIT, doubled) * (1 + _JITTER * self.chance())
        self._banned_until = now + min(retry_after or 0.0, LONGEST_RETRY_AFTER)
