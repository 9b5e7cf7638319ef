"""Keeps unit tests off the network: an audit hook that refuses sockets while a unit test runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NETWORK_EVENTS = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})
_blocked = False


class SocketBlockedError(RuntimeError):
    """A unit test touched the network: mark it `integration` or give it a fake."""


def _is_local(args: tuple[object, ...]) -> bool:
    """Say whether the address of a socket event is a path, as of a Unix domain socket (event loops use them)."""
    return len(args) > 1 and isinstance(args[1], str | bytes) and not isinstance(args[0], str | bytes)


def _audit(event: str, args: tuple[object, ...]) -> None:
    if _blocked and event in _NETWORK_EVENTS and not _is_local(args):
        raise SocketBlockedError(f"{event} {args[1:]} in a unit test")


sys.addaudithook(_audit)  # hooks stay for the life of the process, hence the switch


@contextmanager
def blocked_sockets() -> Iterator[None]:
    """Refuse every network socket of this process within the `with` block."""
    global _blocked  # noqa: PLW0603 - an audit hook has no other way to know
    before, _blocked = _blocked, True
    try:
        yield
    finally:
        _blocked = before
