"""The proxy commits each fault as its description says, and leaves nothing behind."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.faults.kinds import AT_ONCE, Fault
from tests.faults.messages import corrupted
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.faults.schedule import during, in_turn

BODY = b'{"result": "' + b"0123456789" * 60 + b'"}'


@contextmanager
def server(asked: list[bytes]) -> Iterator[str]:
    """A server that answers every POST with `BODY`, in chunks, and notes what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Print nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = False  # those are not waited for, and one test counts threads
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def ask(proxy: FaultProxy, timeout: float = 5.0) -> tuple[int, bytes]:
    """Post something on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=timeout)
    try:
        connection.request("POST", "/path?query", b"question", {"Connection": "keep-alive"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.integration
def test_proxy__every_fault__is_what_a_client_meets() -> None:
    asked: list[bytes] = []
    with server(asked) as url, fault_proxy(url, delay=0.2, retry_after=2) as proxy:
        assert ask(proxy) == (200, BODY)
        proxy.set(Fault.DELAY)
        started = time.monotonic()
        assert ask(proxy) == (200, BODY)
        assert time.monotonic() - started > 0.2
        proxy.set(Fault.CORRUPT)
        assert ask(proxy) == (200, corrupted(BODY))
        proxy.set(in_turn(Fault.STATUS_500, Fault.STATUS_429, Fault.GARBAGE))
        assert [ask(proxy)[0] for _ in range(3)] == [500, 429, 200]
        proxy.set(Fault.TRUNCATE)
        with pytest.raises(http.client.IncompleteRead) as cut:
            ask(proxy)
        assert BODY.startswith(cut.value.partial)
        reached = len(asked)
        proxy.set(in_turn(Fault.REFUSE, Fault.DROP))
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                ask(proxy)
        assert len(asked) == reached + 1
        proxy.set(in_turn(Fault.BLACK_HOLE, Fault.SLOWLORIS))
        for _ in range(2):
            with pytest.raises(TimeoutError):
                ask(proxy, timeout=0.3)
    assert set(asked) == {b"question"}
    assert set(AT_ONCE) <= set(proxy.counts)
    assert proxy.requests == proxy.counts.total() == 11


@pytest.mark.integration
def test_proxy__endless_answer__goes_on_until_the_client_leaves() -> None:
    with server([]) as url, fault_proxy(url, Fault.ENDLESS) as proxy:
        connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=5)
        connection.request("POST", "/", b"question")
        response = connection.getresponse()
        assert response.read(1 << 20) == b" " * (1 << 20)
        response.close()
        connection.close()


@pytest.mark.integration
def test_proxy__schedule_is_set_anew__counts_from_its_first_request() -> None:
    with server([]) as url, fault_proxy(url, during(0, 1, Fault.GARBAGE)) as proxy:
        assert [ask(proxy)[1] == BODY for _ in range(3)] == [False, False, True]
        proxy.set(during(1, 1, Fault.STATUS_500))
        assert [ask(proxy)[0] for _ in range(3)] == [200, 500, 200]
        assert proxy.counts == {Fault.GARBAGE: 2, None: 3, Fault.STATUS_500: 1}


@pytest.mark.integration
def test_proxy__nobody_behind__seems_to_be_down_until_somebody_is() -> None:
    with server([]) as url:
        pass
    with fault_proxy(url) as proxy, server([]) as other:
        with pytest.raises(ConnectionResetError):
            ask(proxy)
        proxy.retarget(other)
        assert ask(proxy) == (200, BODY)


@pytest.mark.integration
def test_proxy__ends_while_clients_wait__leaves_no_thread() -> None:
    before = threading.active_count()
    with server([]) as url:
        waiting = []
        with fault_proxy(url, in_turn(Fault.BLACK_HOLE, Fault.SLOWLORIS, Fault.ENDLESS)) as proxy:
            for _ in range(3):
                connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=5)
                connection.request("POST", "/", b"question")
                waiting.append(connection)
            idle = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=5)
            idle.connect()
        for connection in (*waiting, idle):
            connection.close()
    assert threading.active_count() <= before


@pytest.mark.unit
def test_corrupted__any_text__is_no_text_any_more() -> None:
    assert corrupted(b"") == b""
    assert len(corrupted(BODY)) == len(BODY)
    with pytest.raises(UnicodeDecodeError):
        corrupted(BODY).decode()
