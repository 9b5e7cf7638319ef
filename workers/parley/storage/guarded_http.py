"""HTTP under a deadline and a byte limit, for ipfshttpclient.

ipfshttpclient stands on requests, whose time-outs count from one received byte to the next, and which reads a body
without chunks into memory before anybody sees a byte of it. A node that sends a byte a second, or for ever, would hold
a worker as long as it likes (P-20). Here each call has `CallLimits`: whatever its socket does, be it for the request,
the headers or the body, gets no more than the time that is left for all of it, and a body is read in pieces, undecoded,
up to a limit. Redirects and the environment's proxies are not followed: a node answers itself or not at all. Only the
look-up of a host name takes its own time; a numeric address needs none.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
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
_LONGEST_WAIT = 1.0
"""Seconds until a wait looks again whether it was given up."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one call may cost.

    Attributes:
        deadline: when it must be over.
        content_limit: bytes of content that may be read from a good reply; None if it is a short JSON reply.
    """

    deadline: Deadline
    content_limit: int | None = None


class _DeadlineSocket(socket.socket):
    """A connected socket whose every operation ends at the deadline, whatever the one before it took."""

    _deadline: Deadline

    @classmethod
    def adopt(cls, connection: socket.socket, deadline: Deadline) -> Self:
        """Take over a connection."""
        adopted = cls(fileno=connection.detach())
        adopted._deadline = deadline
        return adopted

    def recv_into(self, *where: Any, **options: Any) -> int:  # noqa: ANN401 - as in the standard library
        """Receive; `TimeoutError` at the deadline."""
        while True:
            self._arm()
            try:
                return super().recv_into(*where, **options)
            except TimeoutError:
                if self._deadline.left == 0.0:
                    raise

    def sendall(self, data: Any, *flags: int) -> None:  # noqa: ANN401 - as in the standard library
        """Send all; `TimeoutError` at the deadline."""
        view = memoryview(data).cast("B")
        while view:
            self._arm()
            try:
                view = view[super().send(view, *flags) :]
            except TimeoutError:
                if self._deadline.left == 0.0:
                    raise

    def _arm(self) -> None:
        """Give the next operation the time that is left for all, a short while at a time."""
        left = self._deadline.left
        if left == 0.0:
            raise TimeoutError("the deadline has passed")
        self.settimeout(min(left, _LONGEST_WAIT))


class GuardedClient(ipfshttpclient.Client):  # type: ignore[misc]  # untyped package
    """An ipfshttpclient whose one call obeys a `CallLimits`.

    It is made without asking the node for its version, by which ipfshttpclient 0.7 refuses every Kubo since 2021,
    though what Parley uses of the RPC (add, cat, pin) is unchanged. `KuboStore` checks results instead.

    Args:
        address: multiaddr of the node's RPC.
        limits: the call's.
    """

    def __init__(self, address: str, limits: CallLimits) -> None:
        super().__init__(address, timeout=limits.deadline.seconds)
        self._client = _GuardedSessions(address, limits)


class _GuardedSessions(ipfshttpclient.http.ClientSync):  # type: ignore[misc]  # untyped package
    """ipfshttpclient's HTTP layer with guarded sessions."""

    def __init__(self, address: str, limits: CallLimits) -> None:
        super().__init__(address, "api/v0", timeout=limits.deadline.seconds)
        self._limits = limits

    def _make_session(self) -> requests.Session:
        """Return a session that ignores the environment and speaks through a guarded adapter."""
        session: requests.Session = super()._make_session()
        session.trust_env = False
        for prefix in list(session.adapters):
            session.mount(prefix, _GuardedAdapter(self._limits))
        return session


class _GuardedAdapter(requests.adapters.HTTPAdapter):
    """Transport of requests whose connections and bodies obey a `CallLimits`."""

    def __init__(self, limits: CallLimits) -> None:
        super().__init__()
        self._limits = limits
        self._pools: list[_GuardedPool] = []

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_tls_and_proxies: object, **_more: object
    ) -> HTTPConnectionPool:
        """Return a pool for the request's host, plain HTTP, no proxy."""
        url = urlsplit(str(request.url))
        pool = _GuardedPool(url.hostname or "", url.port, limits=self._limits)
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
        response.raw = _GuardedBody(resp, self._limits)
        return response

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools:
            pool.close()
        super().close()


class _GuardedConnection(HTTPConnection):
    """A connection that obeys the deadline."""

    def __init__(self, *args: Any, limits: CallLimits, **options: Any) -> None:  # noqa: ANN401 - urllib3's own
        super().__init__(*args, **options)
        self._limits = limits

    def connect(self) -> None:
        """Connect, and from then on obey the deadline."""
        super().connect()
        if self.sock is not None:
            self.sock = _DeadlineSocket.adopt(self.sock, self._limits.deadline)


class _GuardedPool(HTTPConnectionPool):
    """A pool of guarded connections; it passes the keyword `limits` on to each."""

    ConnectionCls = _GuardedConnection


class _GuardedBody:
    """A response's body, as much of the interface of urllib3 as requests uses.

    Content is yielded in pieces as it comes, everything else in one piece and only if it is short. The bytes are never
    decompressed: a Kubo does not compress, and what another server compresses would not hash to its CID.
    """

    def __init__(self, response: BaseHTTPResponse, limits: CallLimits) -> None:
        self._response = response
        self._limits = limits

    def stream(self, *_amount: object, **_decode: object) -> Iterator[bytes]:
        """Yield the body; how much at a time, and whether to decompress it, is not for requests to say."""
        if self._response.status == requests.codes.ok and self._limits.content_limit is not None:
            yield from self._pieces(self._limits.content_limit)
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
            self._limits.deadline.check()
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
