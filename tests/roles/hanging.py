"""A worker whose node takes the connection and never answers: `python -m tests.roles.hanging SECONDS SECRET`."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from typing import Any

import structlog

from parley.chain.view import View
from parley.roles.actions import Action, Wait
from parley.roles.loop import Loop
from parley.roles.watchdog import Watchdog


class Hanging:
    """A role whose reader waits for a black hole, without any deadline of its own.

    Args:
        secret: among the values of the call that never returns.
    """

    def __init__(self, secret: str) -> None:
        self._hole = socket.create_server(("127.0.0.1", 0))
        self._secret = secret
        reader = SimpleNamespace(view=self.view, reorgs=0)
        self.worker: Any = SimpleNamespace(
            reader=reader, log=structlog.get_logger(), recover=lambda: None, stop=lambda: None
        )

    def view(self) -> bytes:
        """Ask, and wait for ever."""
        with socket.create_connection(self._hole.getsockname()) as connection:
            connection.sendall(self._secret.encode())
            return connection.recv(1)

    def warm_up(self) -> None:
        """Nothing is slow here."""

    def decide(self, view: View) -> Action:
        """Never reached."""
        return Wait(view.phase.name)

    def execute(self, action: Action, view: View) -> None:
        """Never reached."""


if __name__ == "__main__":
    role = Hanging(sys.argv[2])
    with Watchdog(float(sys.argv[1]), role.worker.log):
        Loop(role, poll_seconds=0.1).run()
