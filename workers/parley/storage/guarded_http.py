"""HTTP under a deadline and a byte limit, for ipfshttpclient.

ipfshttpclient stands on requests, whose time-outs count from one received byte to the next, and which reads a body
without chunks into memory before anybody sees a byte of it. A node that sends a byte a second, or for ever, would hold
a worker as long as it likes (P-20). Here each call has a `CallGuard`: a timer closes the call's connection at the
deadline, wherever the call then is (connecting, sending, headers, body), and a body is read in pieces, undecoded, up to
a limit. Redirects and the environment's proxies are not followed: a node answers itself or not at all.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

import ipfshttpclient
import ipfshttpclient.http
import requests
import requests.adapters
from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3.connection import HTTPConnection

from parley.storage.errors import StoreUnavailable
from parley.storage.receive import Deadline

REPLY_LIMIT = 16 * 1024
"""Bytes that a reply which is no content may have; the longest real one is an error of a few hundred."""

_PIECE = 64 * 1024


class CallGuard:
    """Ends one call at its deadline, by closing its connections.

    Args:
        deadline: seconds the call may take.
        content_limit: bytes of content that may be read from a good reply; None if it is a short JSON reply.
    """

    def __init__(self, deadline: float, content_limit: int | None = None) -> None:
        self.deadline = Deadline.after(deadline)
        self.content_limit = content_limit
        self._sockets: list[socket.socket] = []
        self._mutex = threading.Lock()
        self._over = False
        self._timer = threading.Timer(min(max(0.0, deadline), threading.TIMEOUT_MAX), self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Start the clock."""
        self._timer.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop the clock; connections are their owners' to close."""
        self._timer.cancel()

    def watch(self, connection: socket.socket) -> None:
        """Have this connection closed at the deadline, or now if that has passed."""
        with self._mutex:
            self._sockets.append(connection)
            if self._over:
                _shut(connection)
        self.check()

    def check(self) -> None:
        """Raise `StoreTimeout` if the deadline has passed."""
        if self.expired:
            raise self.deadline.error()

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self._over or self.deadline.left == 0.0

    def _expire(self) -> None:
        """Close all connections of the call, which wakes whoever waits for one."""
        with self._mutex:
            self._over = True
            for connection in self._sockets:
                _shut(connection)


def _shut(connection: socket.socket) -> None:
    """Shut a connection in both directions; one that is closed already needs nothing."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class GuardedClient(ipfshttpclient.Client):  # type: ignore[misc]  # untyped package
    """An ipfshttpclient whose one call obeys a `CallGuard`.

    It is made without asking the node for its version, by which ipfshttpclient 0.7 refuses every Kubo since 2021,
    though what Parley uses of the RPC (add, cat, pin) is unchanged. `KuboStore` checks results instead.

    Args:
        address: multiaddr of the node's RPC.
        guard: the call's limits.
    """

    def __init__(self, address: str, guard: CallGuard) -> None:
        super().__init__(address, timeout=guard.deadline.seconds)
        self._client = _GuardedSessions(address, guard)


class _GuardedSessions(ipfshttpclient.http.ClientSync):  # type: ignore[misc]  # untyped package
    """ipfshttpclient's HTTP layer with guarded sessions."""

    def __init__(self, address: str, guard: CallGuard) -> None:
        super().__init__(address, "api/v0", timeout=guard.deadline.seconds)
        self._guard = guard

    def _make_session(self) -> requests.Session:
        """Return a session that ignores the environment and speaks through a guarded adapter."""
        session: requests.Session = super()._make_session()
        session.trust_env = False
        for prefix in list(session.adapters):
            session.mount(prefix, _GuardedAdapter(self._guard))
        return session


class _GuardedAdapter(requests.adapters.HTTPAdapter):
    """Transport of requests whose connections and bodies obey a `CallGuard`."""

    def __init__(self, guard: CallGuard) -> None:
        super().__init__()
        self._guard = guard
        self._pools: list[_GuardedPool] = []

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_tls_and_proxies: object, **_more: object
    ) -> HTTPConnectionPool:
        """Return a pool for the request's host, plain HTTP, no proxy."""
        url = urlsplit(str(request.url))
        pool = _GuardedPool(url.hostname or "", url.port, guard=self._guard)
        self._pools.append(pool)
        return pool

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """Return the response with its body under guard; a redirect is no response."""
        response = super().build_response(req, resp)
        if response.is_redirect:
            resp.close()
            raise StoreUnavailable(
                f"the Kubo RPC answers with a redirect (status {response.status_code})",
                hint="Give the address of the RPC itself, usually port 5001, not of a gateway or a web page.",
            )
        response.raw = _GuardedBody(resp, self._guard)
        return response

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools:
            pool.close()
        super().close()


class _GuardedConnection(HTTPConnection):
    """A connection whose socket is closed at the deadline."""

    def __init__(self, *args: Any, guard: CallGuard, **options: Any) -> None:  # noqa: ANN401 - urllib3's own
        super().__init__(*args, **options)
        self._guard = guard

    def connect(self) -> None:
        """Connect, and put the socket under guard."""
        super().connect()
        if self.sock is not None:
            self._guard.watch(self.sock)


class _GuardedPool(HTTPConnectionPool):
    """A pool of guarded connections; it passes the keyword `guard` on to each."""

    ConnectionCls = _GuardedConnection


class _GuardedBody:
    """A response's body, as much of the interface of urllib3 as requests uses.

    Content is yielded in pieces as it comes, everything else in one piece and only if it is short. The bytes are never
    decompressed: a Kubo does not compress, and what another server compresses would not hash to its CID.
    """

    def __init__(self, response: BaseHTTPResponse, guard: CallGuard) -> None:
        self._response = response
        self._guard = guard

    def stream(self, *_amount: object, **_decode: object) -> Iterator[bytes]:
        """Yield the body; how much at a time, and whether to decompress it, is not for requests to say."""
        if self._response.status == requests.codes.ok and self._guard.content_limit is not None:
            yield from self._pieces(self._guard.content_limit)
            return
        reply = b"".join(self._pieces(REPLY_LIMIT + 1))
        if len(reply) > REPLY_LIMIT:
            raise StoreUnavailable(
                f"the Kubo RPC answers with more than {REPLY_LIMIT} bytes where a line was due",
                hint="Check that the address is that of a Kubo RPC.",
            )
        yield reply

    def _pieces(self, limit: int) -> Iterator[bytes]:
        """Yield what comes, as it comes, up to `limit` bytes."""
        while limit > 0:
            piece = self._response.read1(min(_PIECE, limit), decode_content=False)
            self._guard.check()
            if not piece:
                return
            limit -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the connection."""
        self._response.close()

    def release_conn(self) -> None:
        """Close it likewise: connections are not used again."""
        self._response.close()
