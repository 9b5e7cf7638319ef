"""The page of metrics and the two of health, over HTTP on this machine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from parley import metrics
from parley.cli import monitor_server
from parley.cli.monitor import Check, Monitor
from parley.cli.monitor_server import MonitorServer
from parley.errors import ConfigError, Conflict
from parley.heartbeat import Heartbeat

pytestmark = pytest.mark.integration

HANG = 100.0


class Pulse:
    """A heart's clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pulse() -> Pulse:
    return Pulse()


@pytest.fixture
def monitor(pulse: Pulse) -> Monitor:
    return Monitor(Heartbeat(pulse), HANG, "0xKEY")


@pytest.fixture
def server(monitor: Monitor) -> Iterator[MonitorServer]:
    with MonitorServer(monitor, "127.0.0.1", 0) as running:
        yield running


def get(server: MonitorServer, path: str) -> requests.Response:
    return requests.get(server.url + path, timeout=10)


def test_metrics__page__is_what_prometheus_reads_and_ours_only(server: MonitorServer) -> None:
    """F-65: Parley's metrics and those of the process, nothing that a library registers."""
    metrics.CYCLES.labels(outcome="ok").inc()
    answer = get(server, "/metrics")
    assert answer.status_code == 200
    families = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"parley_cycles", "parley_balance_wei", "process_resident_memory_bytes", "process_open_fds"} <= families
    assert {name.partition("_")[0] for name in families} == {"parley", "process"}


def test_healthz__beats_then_silence__200_then_503_with_a_reason(server: MonitorServer, pulse: Pulse) -> None:
    """F-63: a hang is told from idleness by the age of the last sign of life."""
    answer = get(server, "/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    pulse.now = 80.0
    answer = get(server, "/healthz")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/json"
    facts = answer.json()
    assert facts["ok"] is False
    assert facts["checks"]["heartbeat"]["detail"].startswith("last sign of life 80.0 seconds ago")


def test_readyz__not_ready__names_each_check(server: MonitorServer, monitor: Monitor) -> None:
    monitor.note("chain", Check(ok=False, detail="the node does not answer"))
    answer = get(server, "/readyz")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["chain"] == {"ok": False, "detail": "the node does not answer"}
    assert checks["key"]["ok"] is True
    assert set(checks) == {"heartbeat", "chain", "store", "key", "role", "cycle"}


def test_other_paths_and_methods__are_refused(server: MonitorServer) -> None:
    assert get(server, "/").status_code == 404
    assert get(server, "/../etc/passwd").status_code == 404
    assert requests.post(server.url + "/metrics", data=b"x", timeout=10).status_code == 501
    head = requests.head(server.url + "/healthz", timeout=10)
    assert (head.status_code, head.text) == (200, "")


def test_slow_client__holds_up_nobody(server: MonitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-63: a client that sends one byte delays no probe, and is left after a while."""
    monkeypatch.setattr(monitor_server._Handler, "timeout", 0.3)
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(b"G")
        assert get(server, "/healthz").status_code == 200
        assert slow.recv(100) == b""


def test_too_many_clients__are_turned_away_and_later_ones_served(
    server: MonitorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-65: the threads of the monitor are bounded, too."""
    port = int(server.url.rpartition(":")[2])
    monkeypatch.setattr(monitor_server._Handler, "timeout", 0.5)
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(monitor_server.MAX_CLIENTS + 8)]
    assert clients[-1].recv(100) == b""
    serving = [thread for thread in threading.enumerate() if "process_request_thread" in thread.name]
    assert len(serving) <= monitor_server.MAX_CLIENTS
    for client in clients:
        assert client.recv(100) == b""
        client.close()
    assert get(server, "/healthz").status_code == 200


def test_port_in_use__is_an_error_that_says_so(server: MonitorServer, monitor: Monitor) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(Conflict, match=f"port {port} of 127.0.0.1 is in use"):
        MonitorServer(monitor, "127.0.0.1", port)


def test_host_that_is_not_ours__is_an_error(monitor: Monitor) -> None:
    with pytest.raises(ConfigError, match=r"cannot serve metrics at 192\.0\.2\.1"):
        MonitorServer(monitor, "192.0.2.1", 0)


def test_closed__serves_no_more_and_leaves_no_thread(monitor: Monitor) -> None:
    before = threading.active_count()
    with MonitorServer(monitor, "127.0.0.1", 0) as running:
        assert json.loads(get(running, "/healthz").text)["ok"]
    with pytest.raises(requests.ConnectionError):
        get(running, "/healthz")
    assert threading.active_count() <= before
