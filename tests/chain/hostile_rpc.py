"""A JSON-RPC node that misbehaves as it is told, and counts what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            node.asked[request["method"]] += 1
            given = answer(request["method"], node.asked[request["method"]])
            if isinstance(given, Pause):
                time.sleep(given.seconds)
                given = Status(503)
            status, body = _body(given, request["id"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    node = HostileNode(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
