"""Serves the application over HTTP until it is stopped."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from parley.errors import ConfigError, Conflict

END_SECONDS = 3
"""How long an answer that is on its way may take once the server is to end."""

MAX_CLIENTS = 256
"""Connections at a time; who comes beyond that is told to come again."""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it, and says when it begins to end."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; what waits for news would wait for ever."""
        self._ending()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class PageServer:
    """Listens from the beginning, answers while it runs.

    Args:
        host: address to listen at.
        port: to listen at; 0: any free one.

    Raises:
        Conflict: the port is in use.
        ConfigError: the address is none of this machine's, or may not be used.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = _listening(host, port)
        self._server: _Server | None = None
        self._stopped = False
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"

    def run(self, app: ASGIApp, ending: Callable[[], None]) -> None:
        """Answer until `stop`.

        Args:
            app: what answers.
            ending: called when it begins to end: answers that wait for something are to come to an end.
        """
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MAX_CLIENTS,
            timeout_graceful_shutdown=END_SECONDS,
            ws="none",
            lifespan="off",
        )
        self._server = _Server(config, ending)
        self._server.should_exit = self._stopped
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.close()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def stop(self) -> None:
        """End soon; from any thread or signal handler."""
        self._stopped = True
        if self._server is not None:
            self._server.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with its protocol named, or asyncio leaves Nagle's algorithm on, which costs each answer 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, TypeError) as error:  # the latter of a name that is no text
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"port {port} of {host} is in use", hint="choose another --port, or 0 for any free one"
            ) from error
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot serve at {host}, port {port}: {why}", hint="correct --host and --port") from error
    return listener
