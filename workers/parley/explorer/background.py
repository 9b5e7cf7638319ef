"""Work that goes on beside the server, in threads that a fault does not end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from parley.errors import ParleyError

log = structlog.get_logger(__name__)

PAUSE_AFTER_ERROR = 2.0
"""Seconds; a node or a store that is away is not asked all the time."""


class Background:
    """One kind of work, done again and again until it is stopped.

    Args:
        name: of the thread.
        work: does some of it; returns whether there is more to do at once.
        pause: seconds between two times that there is nothing more to do at once.
        tell: told what went wrong, in a sentence, and `None` when it works again.
        stopping: set once the work is to end.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], bool],
        pause: float,
        tell: Callable[[str | None], None] = lambda _problem: None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._name = name
        self._work = work
        self._pause = pause
        self._tell = tell
        self._stopping = stopping or threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Let the work end; `join` waits for it."""
        self._stopping.set()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended; say whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._once())

    def _once(self) -> float:
        """Work once; seconds until the next time."""
        try:
            more = self._work()
        except ParleyError as error:
            log.warning("trying again", work=self._name, reason=error.message, hint=error.hint)
            self._tell(error.message)
            return PAUSE_AFTER_ERROR
        except Exception:
            log.exception("a fault of Parley; trying again", work=self._name)
            self._tell(f"a fault of Parley in {self._name}; its log tells more")
            return PAUSE_AFTER_ERROR
        self._tell(None)
        return 0.0 if more else self._pause
