"""Tells systemd how a service is doing: `sd_notify(3)` and its watchdog, over a Unix socket.

Does nothing where systemd did not start the process with `Type=notify`.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger(__name__)

SOCKET_VARIABLE = "NOTIFY_SOCKET"


def notify(state: str) -> bool:
    """Send one message, such as `READY=1`; return whether anybody listens."""
    path = os.environ.get(SOCKET_VARIABLE, "")
    if not path.startswith(("/", "@")):
        return False
    # A name that begins with @ is one of the abstract namespace, which a zero byte leads.
    address = "\0" + path[1:] if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto(state.encode(), address)
    except OSError as error:
        log.warning("systemd cannot be told", state=state, reason=str(error))
        return False
    return True


def watchdog_seconds() -> float | None:
    """How often systemd wants a sign of life, seconds; `None` if it does not, or wants it of another process."""
    microseconds, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID")
    if not microseconds.isdigit() or int(microseconds) == 0 or process not in (None, str(os.getpid())):
        return None
    return int(microseconds) / 1e6


class Watchdog:
    """Passes the worker's signs of life on to systemd, and says when the service stops; a context manager.

    Args:
        alive: whether the worker gives signs of life; while it does not, systemd is told nothing, and restarts it.
    """

    def __init__(self, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._stop = threading.Event()
        self._ready = False
        self._thread: threading.Thread | None = None

    def ready(self, status: str) -> None:
        """Say once that the service has started."""
        if not self._ready:
            self._ready = True
            notify(f"READY=1\nSTATUS={status}")

    def __enter__(self) -> Self:
        """Begin to pass signs of life on, thrice as often as systemd wants them."""
        seconds = watchdog_seconds()
        if seconds is not None:
            self._thread = threading.Thread(target=self._run, args=(seconds / 3,), name="watchdog", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say that the service stops."""
        self._stop.set()
        notify("STOPPING=1")
        if self._thread is not None:
            self._thread.join()

    def _run(self, seconds: float) -> None:
        while not self._stop.is_set():
            if self._alive():
                notify("WATCHDOG=1")
            self._stop.wait(seconds)
