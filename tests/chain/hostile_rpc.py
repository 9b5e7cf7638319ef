"""A JSON-RPC node that misbehaves as it is told, and counts what it was asked."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.chain.http_servers import serving

Answer = Callable[[str, int], Any]
"""From the method, and how often it was asked, to: a result, an exception's status code, raw bytes, or a pause."""


@dataclass(frozen=True)
class Status:
    """Answer with this HTTP status and no JSON."""

    code: int


@dataclass(frozen=True)
class Error:
    """Answer with a JSON-RPC error."""

    code: int
    message: str


@dataclass(frozen=True)
class Pause:
    """Answer after so many seconds."""

    seconds: float


@dataclass
class HostileNode:
    """A running node."""

    url: str
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def hostile_node(answer: Answer) -> Iterator[HostileNode]:
    """Serve on a free port of 127.0.0.1."""
    node = HostileNode("")

    def reply(body: bytes) -> tuple[int, bytes]:
        request = json.loads(body)
        node.asked[request["method"]] += 1
        given = answer(request["method"], node.asked[request["method"]])
        if isinstance(given, Pause):
            time.sleep(given.seconds)
            given = Status(503)
        return _body(given, request["id"])

    with serving(reply) as node.url:
        yield node


def _body(given: object, request_id: int) -> tuple[int, bytes]:
    """Status and body of an answer."""
    if isinstance(given, Status):
        return given.code, b"no"
    if isinstance(given, bytes):
        return 200, given
    frame: dict[str, object] = {"jsonrpc": "2.0", "id": request_id}
    if isinstance(given, Error):
        return 200, json.dumps({**frame, "error": {"code": given.code, "message": given.message}}).encode()
    return 200, json.dumps({**frame, "result": given}).encode()
