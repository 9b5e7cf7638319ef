"""JSON posted to one address under a total deadline and a byte limit (P-20).

The time-outs of requests count from one received byte to the next, so a node that sends a byte a second, or blanks for
ever, would hold a worker as long as it likes. Here every operation of a request's socket, TLS included, gets no more
than the time that is left for all of it. Redirects are not followed and nothing is decompressed. The environment's
proxies are honoured: a hospital's network may have no other way out. Only the look-up of a host's name and a proxy's
own greeting take their own time.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, cast

import requests
import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

BYTE_LIMIT = 64 << 20
"""Bytes of the longest reply that is read."""

_PIECE = 64 * 1024
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_THROTTLED = 429
_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "parley"}
_NEVER = float("inf")
_until: ContextVar[float] = ContextVar("_until", default=_NEVER)


class NoAnswer(Exception):
    """An endpoint gave no answer that could be used.

    Args:
        reason: why, without the address, which may hold a key.
        outcome: for the metrics: "late", "long", "throttled" or "failed".
        temporary: it may answer when asked again.
        retry_after: seconds that it asks to be left alone, if it says so.
    """

    def __init__(
        self, reason: str, *, outcome: str = "failed", temporary: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome
        self.temporary = temporary
        self.retry_after = retry_after


class Transport:
    """Posts to one address; connections are kept open. Safe to use in several threads.

    Args:
        url: `http://` or `https://`.
        limit: bytes of the longest reply.
    """

    def __init__(self, url: str, limit: int = BYTE_LIMIT) -> None:
        self._url = url
        self._limit = limit
        self._session = requests.Session()
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, _Adapter(pool_maxsize=32))

    def post(self, body: bytes, seconds: float) -> bytes:
        """Send, and return the whole reply.

        Args:
            body: JSON.
            seconds: that all of it may take.

        Raises:
            NoAnswer: none came in time, or none that is a good reply.
        """
        with _deadline(seconds) as until:
            try:
                reply = self._session.post(
                    self._url, data=body, headers=_HEADERS, timeout=seconds, stream=True, allow_redirects=False
                )
                with reply:
                    _require_good(reply)
                    return self._body(reply)
            except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
                # not chained: the error's text holds the address
                raise _explained(error, until) from None

    def _body(self, reply: requests.Response) -> bytes:
        """What was sent, undecoded."""
        body = bytearray()
        while piece := reply.raw.read1(_PIECE, decode_content=False):
            body += piece
            if len(body) > self._limit:
                raise NoAnswer(f"it sends more than {self._limit} bytes", outcome="long", temporary=False)
            if time.monotonic() >= _until.get():
                raise TimeoutError
        return bytes(body)

    def close(self) -> None:
        """Close the connections that are open."""
        self._session.close()


def _require_good(reply: requests.Response) -> None:
    if reply.status_code != requests.codes.ok:
        throttled = reply.status_code == _THROTTLED
        raise NoAnswer(
            f"status {reply.status_code}",
            outcome="throttled" if throttled else "failed",
            temporary=reply.status_code in _TEMPORARY,
            retry_after=retry_after(reply.headers.get("Retry-After"), time.time()),
        )


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3): a number or a date; `None` if it says nothing.

    Args:
        header: as it was sent.
        now: Unix time.
    """
    if header is None:
        return None
    try:
        seconds = (
            float(header) if not header.strip()[-3:].isalpha() else parsedate_to_datetime(header).timestamp() - now
        )
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if seconds < _NEVER else None


def _explained(error: Exception, until: float) -> NoAnswer:
    if time.monotonic() >= until or isinstance(error, requests.Timeout | TimeoutError):
        return NoAnswer("it took too long", outcome="late")
    if isinstance(error, requests.ConnectionError):
        return NoAnswer("no connection")
    if isinstance(error, requests.RequestException) and isinstance(error, ValueError):
        return NoAnswer("its address is no address", temporary=False)
    return NoAnswer("the answer breaks off")


@contextmanager
def _deadline(seconds: float) -> Iterator[float]:
    """Let every guarded socket of this thread stop at one moment of the monotonic clock."""
    until = time.monotonic() + seconds
    token = _until.set(until)
    try:
        yield until
    finally:
        _until.reset(token)


class _GuardedSocket:
    """A connected socket, plain or TLS, whose every operation ends at the thread's deadline.

    It stands in for what `http.client` and urllib3 use of a socket; all else is handed on.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the socket has
        return getattr(self._connection, name)

    def sendall(self, data: Any) -> None:  # noqa: ANN401 - as in the standard library
        """Send all; `TimeoutError` at the deadline."""
        self.arm()
        self._connection.sendall(data)

    def makefile(self, *_mode: object, **_more: object) -> io.BufferedReader:
        """What the response is read from."""
        return io.BufferedReader(_GuardedFile(self))

    def raw(self) -> io.RawIOBase:
        """The file below, which keeps the socket open until it is closed."""
        return self._connection.makefile("rb", buffering=0)

    def arm(self) -> None:
        """Give the next operation the time that is left for all."""
        left = _until.get() - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._connection.settimeout(None if left == _NEVER else left)


class _GuardedFile(io.RawIOBase):
    """Reads from a guarded socket."""

    def __init__(self, guarded: _GuardedSocket) -> None:
        self._guarded = guarded
        self._raw = guarded.raw()

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - as in the standard library
        """Read what comes; `TimeoutError` at the deadline."""
        self._guarded.arm()
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        """Connect, and from then on obey the deadline."""
        super().connect()
        self.sock = cast("socket.socket", _GuardedSocket(self.sock))


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        """Connect, and from then on obey the deadline."""
        super().connect()
        self.sock = cast("socket.socket", _GuardedSocket(self.sock))


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class _Adapter(requests.adapters.HTTPAdapter):
    """Transport of requests over guarded connections, directly or through a proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as in requests
        """Pools of guarded connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as in requests
        """The same behind a proxy."""
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
