"""Serves a worker's metrics and health over HTTP.

| path | status | what |
|---|---|---|
| `/metrics` | 200 | Parley's metrics and those of the process, as Prometheus reads them |
| `/healthz` | 200, 503 | whether the worker gives signs of life: restart it if not |
| `/readyz` | 200, 503 | whether it can do its work, and each check: look after it if not |

Nothing of it is secret, and nothing can be changed by it; yet it is served to this machine only, by default.
"""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from parley import metrics
from parley.cli.monitor import Answer, Monitor
from parley.errors import ConfigError, Conflict

log = structlog.get_logger(__name__)

REQUEST_SECONDS = 5.0
"""How long a client may take to send its request."""
MAX_CLIENTS = 16
"""Served at once; whoever comes beyond that is turned away."""
PREFIXES = ("parley_", "process_")


class _Ours(CollectorRegistry):
    """The metrics of Parley and of the process, of all that libraries register."""

    def collect(self) -> Iterator[Metric]:
        """Yield the families that are served."""
        return (family for family in REGISTRY.collect() if family.name.startswith(PREFIXES))


class _Handler(BaseHTTPRequestHandler):
    """Answers one client."""

    server: _Server
    timeout = REQUEST_SECONDS
    server_version = "parley"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer a request."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            metrics.READY.set(self.server.monitor.ready().ok)
            self._send(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(_Ours()))
        elif path == "/healthz":
            self._tell(self.server.monitor.alive())
        elif path == "/readyz":
            self._tell(self.server.monitor.ready())
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"/metrics, /healthz, /readyz\n")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the library
        """Log no request: there is one every few seconds."""

    def _tell(self, answer: Answer) -> None:
        status = HTTPStatus.OK if answer.ok else HTTPStatus.SERVICE_UNAVAILABLE
        facts = {"ok": answer.ok, "checks": {name: asdict(check) for name, check in answer.checks.items()}}
        self._send(status, "application/json", (json.dumps(facts, indent=2) + "\n").encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    """The server: a thread for each client, few at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, address: tuple[str, int], monitor: Monitor) -> None:
        self.monitor = monitor
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._places = threading.BoundedSemaphore(MAX_CLIENTS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library's
        """Serve a client, or turn it away."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Serve a client in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """A client that goes away, or sends nonsense, is no news to anybody."""
        log.debug("a client of the monitor was not served")


class MonitorServer:
    """Serves a monitor until closed; a context manager.

    Args:
        monitor: what answers.
        host: address to listen at.
        port: to listen at; 0: any free one.

    Raises:
        Conflict: the port is in use.
        ConfigError: the address is none of this machine's, or may not be used.
    """

    def __init__(self, monitor: Monitor, host: str, port: int) -> None:
        try:
            self._server = _Server((host, port), monitor)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Conflict(
                    f"port {port} of {host} is in use", hint="choose another monitor_port, or 0 for any free one"
                ) from error
            raise ConfigError(
                f"cannot serve metrics at {host}, port {port}: {error.strerror or error}",
                hint="correct monitor_host and monitor_port",
            ) from error
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="monitor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
