"""A node that hands requests to another, and changes what it answers."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Lie = Callable[[str, list[Any], Any], Any]
"""From method, parameters and true result to the result that is told."""


def truth(_method: str, _params: list[Any], result: Any) -> Any:  # noqa: ANN401 - JSON
    """No lie."""
    return result


@dataclass
class LyingNode:
    """A running node.

    Attributes:
        url: where it is found.
        lie: what it does to results; may be changed at any time.
        asked: how often each method was asked for.
    """

    url: str
    lie: Lie = truth
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def lying_node(target: str, lie: Lie = truth) -> Iterator[LyingNode]:
    """Serve on a free port of 127.0.0.1 in front of another node."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            node.asked[asked["method"]] += 1
            answer = requests.post(target, body, headers={"Content-Type": "application/json"}, timeout=10).json()
            if "result" in answer:
                answer["result"] = node.lie(asked["method"], asked["params"], answer["result"])
            told = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    node = LyingNode(f"http://127.0.0.1:{server.server_port}", lie)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
