"""A proxy on 127.0.0.1 that commits faults between a client and any HTTP server: Anvil, Kubo, or another.

It closes each connection after one answer, so that a fault set later hits the next request of every client, and a
request is as good as a connection. Bodies pass through memory; the requests of tests are small.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from tests.faults.kinds import Fault
from tests.faults.messages import BLANKS, ENDLESS_HEAD, WEB_PAGE, answer, corrupted, read_request
from tests.faults.schedule import Schedule, as_schedule

_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)
_SECOND = 1.0

_Behaviour = Callable[[socket.socket, bytes], None]


class _Over(Exception):
    """The proxy ends."""


class FaultProxy:
    """A running proxy.

    Args:
        target: URL or `host:port` of the server behind it.
        schedule: what happens to which request.
        delay: seconds of `Fault.DELAY`.
        retry_after: seconds that `Fault.STATUS_429` asks for.

    Attributes:
        url: where clients find it.
        counts: how many requests met each fault; `None` counts those that passed unharmed.
    """

    def __init__(self, target: str, schedule: Schedule | Fault | None, *, delay: float, retry_after: float) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.counts: Counter[Fault | None] = Counter()
        self._delay = delay
        self._retry_after = retry_after
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.retarget(target)
        self.set(schedule)
        self._acceptor = threading.Thread(target=self._accept, name=f"fault-proxy {self.url}")
        self._acceptor.start()

    def set(self, schedule: Schedule | Fault | None) -> None:
        """Change what happens from the next request on, which is number 0 of the new schedule; `None`: all is well."""
        with self._lock:
            self._schedule, self._number = as_schedule(schedule), 0

    def retarget(self, target: str) -> None:
        """Lead to another server from the next request on: its URL or `host:port`."""
        parts = urlsplit(target if "//" in target else f"//{target}")
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)

    @property
    def requests(self) -> int:
        """How many requests came in all."""
        return self.counts.total()

    def close(self) -> None:
        """End every thread and close every socket."""
        self._over.set()
        _shut(self._listener)
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        for thread in self._threads:
            thread.join()

    # ------------------------------------------------------------------------------------------------ connections

    def _accept(self) -> None:
        """Start a thread for each connection until the listener is shut."""
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    @contextmanager
    def _kept(self, connection: socket.socket) -> Iterator[socket.socket]:
        """Close a socket in the end, and shut it when the proxy ends meanwhile."""
        with self._lock:
            self._open.add(connection)
        try:
            if self._over.is_set():
                raise _Over
            yield connection
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        """Take one request and let its fault happen. A peer that goes away is nothing unusual."""
        with suppress(_Over, OSError, HTTPException), self._kept(connection):
            request = read_request(connection)
            if request:
                self._behaviours()[self._next_fault()](connection, request)

    def _next_fault(self) -> Fault | None:
        with self._lock:
            fault = self._schedule(self._number)
            self._number += 1
            self.counts[fault] += 1
        return fault

    def _wait(self, seconds: float | None = None) -> None:
        """Do nothing for so long, or until the proxy ends."""
        if self._over.wait(seconds):
            raise _Over

    # ------------------------------------------------------------------------------------------------- behaviours

    def _behaviours(self) -> dict[Fault | None, _Behaviour]:
        """What to do with a request, by its fault."""
        after = f"Retry-After: {self._retry_after:g}"
        return {
            None: self._pass_on,
            Fault.DELAY: self._pass_on_late,
            Fault.REFUSE: lambda client, _: _reset(client),
            Fault.DROP: self._drop,
            Fault.TRUNCATE: self._truncate,
            Fault.CORRUPT: self._corrupt,
            Fault.STATUS_500: lambda client, _: client.sendall(answer(500, WEB_PAGE)),
            Fault.STATUS_429: lambda client, _: client.sendall(answer(429, WEB_PAGE, after)),
            Fault.GARBAGE: lambda client, _: client.sendall(answer(200, WEB_PAGE)),
            Fault.ENDLESS: self._for_ever,
            Fault.BLACK_HOLE: lambda *_: self._wait(),
            Fault.SLOWLORIS: self._drip,
        }

    def _pass_on(self, client: socket.socket, request: bytes) -> None:
        """Hand the answer through as it comes; where nobody listens behind, nobody seems to listen here."""
        with self._asked(client, request) as server:
            while piece := server.recv(_PIECE):
                client.sendall(piece)

    def _pass_on_late(self, client: socket.socket, request: bytes) -> None:
        self._wait(self._delay)
        self._pass_on(client, request)

    def _drop(self, client: socket.socket, request: bytes) -> None:
        self._fetch(client, request)
        _reset(client)

    def _truncate(self, client: socket.socket, request: bytes) -> None:
        status, body = self._fetch(client, request)
        whole = answer(status, body)
        client.sendall(whole[: len(whole) - len(body) + len(body) // 2])

    def _corrupt(self, client: socket.socket, request: bytes) -> None:
        status, body = self._fetch(client, request)
        client.sendall(answer(status, corrupted(body)))

    def _drip(self, client: socket.socket, request: bytes) -> None:
        for byte in answer(*self._fetch(client, request)):
            client.sendall(bytes((byte,)))
            self._wait(_SECOND)

    def _for_ever(self, client: socket.socket, _request: bytes) -> None:
        client.sendall(ENDLESS_HEAD)
        while not self._over.is_set():
            client.sendall(BLANKS)

    # ----------------------------------------------------------------------------------------------- the server

    @contextmanager
    def _asked(self, client: socket.socket, request: bytes) -> Iterator[socket.socket]:
        """The server behind, to which the request was sent."""
        try:
            server = socket.create_connection(self._target, timeout=10)
        except OSError:
            _reset(client)
            raise
        server.settimeout(None)
        with self._kept(server):
            server.sendall(request)
            yield server

    def _fetch(self, client: socket.socket, request: bytes) -> tuple[int, bytes]:
        """Status and body of the server's answer."""
        with self._asked(client, request) as server:
            response = HTTPResponse(server)
            with response:
                response.begin()
                return response.status, response.read()


@contextmanager
def fault_proxy(
    target: str, schedule: Schedule | Fault | None = None, *, delay: float = 0.5, retry_after: float = 1
) -> Iterator[FaultProxy]:
    """Run a proxy in front of a server for the length of a `with` block; the arguments are those of `FaultProxy`."""
    proxy = FaultProxy(target, schedule, delay=delay, retry_after=retry_after)
    try:
        yield proxy
    finally:
        proxy.close()


def _reset(connection: socket.socket) -> None:
    """Close with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


def _shut(connection: socket.socket) -> None:
    """Wake whoever waits for a socket."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
