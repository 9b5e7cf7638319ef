"""Waiting for the end: Ctrl-C (SIGINT) and SIGTERM both stop a command in an orderly way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from parley.errors import ExitCode

POLL_SECONDS = 0.5


class Stopped:
    """Which signal asked for the end.

    Attributes:
        number: of the signal; `None` as long as none came.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def exit_code(self) -> ExitCode:
        """130 after Ctrl-C; 0 after SIGTERM, by which a supervisor ends a service in the usual way."""
        return ExitCode.INTERRUPTED if self.number == signal.SIGINT else ExitCode.OK


@contextmanager
def on_stop(stop: Callable[[], None]) -> Iterator[Stopped]:
    """Call `stop` at Ctrl-C and SIGTERM within a `with` block; a second one interrupts at once."""
    stopped = Stopped()

    def handle(number: int, _: FrameType | None) -> None:
        stopped.number = number
        signal.signal(number, signal.default_int_handler)
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped(ended: Callable[[], bool]) -> Stopped:
    """Return at Ctrl-C or SIGTERM, or once `ended` says so."""
    event = threading.Event()
    with on_stop(event.set) as stopped:
        while not event.wait(POLL_SECONDS):
            if ended():
                break
    return stopped
