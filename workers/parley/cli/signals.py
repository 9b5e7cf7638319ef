"""Waiting for the end: Ctrl-C (SIGINT) and SIGTERM both stop a command in an orderly way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

POLL_SECONDS = 0.5


@contextmanager
def on_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at Ctrl-C and SIGTERM within a `with` block; a second Ctrl-C interrupts at once."""

    def handle(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped(ended: Callable[[], bool]) -> None:
    """Return at Ctrl-C or SIGTERM, or once `ended` says so."""
    stopped = threading.Event()
    with on_stop(stopped.set):
        while not stopped.wait(POLL_SECONDS):
            if ended():
                return
