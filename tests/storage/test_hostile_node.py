"""P-20: a node that answers too much, too little, too slowly or something else: one clear error, in time and memory.

What the node does is data: each behaviour stands in a table beside the error that it must lead to.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from parley.storage import (
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    ContentTooShort,
    KuboStore,
    StorageError,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
    cid_of,
)
from parley.storage import kubo as kubo_module
from tests.storage.hostile_node import Behaviour, Peer, hostile_node
from tests.storage.test_unixfs import patterned

pytestmark = pytest.mark.integration

MIB = 1 << 20
SHORT = 0.4
"""Seconds that a call is given when the node is expected to let them pass."""
LONG = 15.0
GRACE = 5.0
MEMORY = 6 * MIB

DATA = patterned(96_000)
CID = cid_of(DATA)
PLENTY = bytes(64 * 1024)


def reply(
    body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = (), length: int | None = None
) -> Behaviour:
    """Answer properly, with whatever content."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body) if length is None else length}"]

    def behave(peer: Peer) -> None:
        peer.receive_head()
        peer.send("\r\n".join([*lines, "", ""]).encode() + body)

    return behave


def refusal(message: str, status: str = "500 Internal Server Error") -> Behaviour:
    """Answer as Kubo does when a command fails."""
    body = json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode()
    return reply(body, status=status, headers=("Content-Type: application/json",))


def raw(head: bytes, then: Callable[[Peer], None] = lambda _: None) -> Behaviour:
    """Send given bytes, then do something."""

    def behave(peer: Peer) -> None:
        peer.receive_head()
        peer.send(head)
        then(peer)

    return behave


def endless(head: bytes, what: bytes) -> Behaviour:
    """Send given bytes, then others again and again."""
    return raw(head, lambda peer: peer.for_ever(what))


def dripping(head: bytes, what: bytes) -> Behaviour:
    """Send given bytes, then others one by one, fifty a second."""
    return raw(head, lambda peer: peer.drip(what, 0.02))


def silent(head: bytes = b"") -> Behaviour:
    """Send given bytes, then nothing."""
    return raw(head, lambda peer: peer.wait())


def closing(_peer: Peer) -> None:
    """Close the connection without a look at the request."""


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FAILED = b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n" % len(PLENTY) + PLENTY + b"\r\n"
TERABYTE = 1 << 40
WHOLE = b"%x\r\n" % len(DATA)
BOMB = gzip.compress(bytes(100 * MIB))
GZIP = ("Content-Encoding: gzip",)
NOWHERE = ("Location: http://127.0.0.1:1/",)

TOO_MUCH: dict[str, Behaviour] = {
    "one byte more": reply(DATA + b"x"),
    "a length of a terabyte": endless(OK + b"Content-Length: %d\r\n\r\n" % TERABYTE, PLENTY),
    "no end, no length": endless(OK + b"\r\n", PLENTY),
    "chunks without end": endless(CHUNKED, CHUNK),
    "one chunk of a terabyte": endless(CHUNKED + b"%x\r\n" % TERABYTE, PLENTY),
    "a compressed bomb": reply(BOMB, headers=GZIP),
    "the bytes, compressed": reply(gzip.compress(DATA), headers=GZIP),
}
TOO_LITTLE: dict[str, Behaviour] = {
    "one byte less": reply(DATA[:-1]),
    "nothing": reply(b""),
    "no content": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "a web page": reply(b"<html>welcome</html>"),
}
NO_ANSWER: dict[str, Behaviour] = {
    "less than its length": reply(DATA[:-1], length=len(DATA)),
    "chunks that break off": raw(CHUNKED + b"ff\r\nabc"),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "closed at once": closing,
    "closed after the request": raw(b""),
    "a redirect": reply(b"", status="307 Elsewhere", headers=NOWHERE),
    "headers without end": endless(OK, b"X-More: headers\r\n"),
    "one header without end": endless(OK + b"X: ", b"x" * 4096),
    "a chunk size without end": endless(CHUNKED, b"0" * 4096),
    "a chunk size of letters": raw(CHUNKED + b"zz\r\n"),
    "some refusal": refusal("merkledag: \x1b[31m\nsomething\r\nin red"),
    "a refusal of a megabyte": refusal("x" * MIB),
    "a refusal without end": endless(FAILED, CHUNK),
    "a refusal that is a number": reply(b"7", status="500 No"),
    "a refusal deeply nested": reply(b"[" * 16_000, status="500 No"),
    "a refusal of many lines": reply(b"{\n" * 8_000, status="500 No"),
    "forbidden": reply(b"403 - Forbidden", status="403 Forbidden"),
    "unavailable": reply(b"<html>", status="503 Service Unavailable"),
}
TOO_SLOW: dict[str, Behaviour] = {
    "silence": lambda peer: peer.wait(),
    "silence after the request": silent(),
    "headers byte by byte": dripping(b"", OK + b"X: " + bytes(1000)),
    "a body byte by byte": dripping(CHUNKED + WHOLE, DATA),
    "a refusal byte by byte": dripping(FAILED + WHOLE, DATA),
    "to be continued, for ever": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "all bytes, and no end": silent(CHUNKED + WHOLE + DATA + b"\r\n"),
    "trailers without end": endless(CHUNKED + WHOLE + DATA + b"\r\n0\r\n", b"X: y\r\n"),
}
GETS: dict[str, tuple[Behaviour, type[StorageError]]] = {
    **{name: (behaviour, ContentTooLarge) for name, behaviour in TOO_MUCH.items()},
    **{name: (behaviour, ContentTooShort) for name, behaviour in TOO_LITTLE.items()},
    **{name: (behaviour, StoreUnavailable) for name, behaviour in NO_ANSWER.items()},
    **{name: (behaviour, StoreTimeout) for name, behaviour in TOO_SLOW.items()},
    "other bytes": (reply(bytes(len(DATA))), ContentMismatch),
    "not found": (refusal("block was not found locally (offline): ipld: could not find x"), ContentMissing),
    "a full disk": (refusal("write /data: no space left on device"), StoreFull),
}


def upload(body: bytes, status: str = "200 OK") -> Behaviour:
    """Take an upload whole, then answer."""

    def behave(peer: Peer) -> None:
        peer.receive_upload()
        peer.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return behave


def added(value: object) -> Behaviour:
    return upload(json.dumps({"Name": "x", "Hash": value, "Size": "1"}).encode())


def hang_up(peer: Peer) -> None:
    """Close the connection in the middle of the upload."""
    peer.receive()


def swallow(peer: Peer) -> None:
    """Take the upload and never answer."""
    peer.receive_upload()
    peer.wait()


PUTS: dict[str, tuple[Behaviour, type[StorageError]]] = {
    "another CID": (added(str(cid_of(b"other"))), StoreUnavailable),
    "the CID in capitals": (added(str(CID).upper()), StoreUnavailable),
    "a list of CIDs": (added([str(CID)]), StoreUnavailable),
    "no CID": (upload(b"{}"), StoreUnavailable),
    "nothing": (upload(b""), StoreUnavailable),
    "two replies": (upload(b'{"Hash": "%s"}\n' % str(CID).encode() * 2), StoreUnavailable),
    "a word": (upload(b'"added"'), StoreUnavailable),
    "no JSON": (upload(b"<html>"), StoreUnavailable),
    "no text": (upload(b"\xff\xfe\x00"), StoreUnavailable),
    "deep JSON": (upload(b"[" * 16_000), StoreUnavailable),
    "a megabyte": (upload(b" " * MIB), StoreUnavailable),
    "no space": (upload(b'{"Message": "no space left on device", "Type": "error"}', "500 No"), StoreFull),
    "hangs up": (hang_up, StoreUnavailable),
    "never reads": (lambda peer: peer.wait(), StoreTimeout),
    "reads, never answers": (swallow, StoreTimeout),
}


def deadline_for(expected: type[StorageError]) -> float:
    """Return how many seconds to give a call that is to end with the expected error."""
    return SHORT if expected is StoreTimeout else LONG


def check(call: Callable[[], object], expected: type[StorageError]) -> StorageError:
    """Run a call that must fail: with the right error, one line and a hint, in time, and in bounded memory."""
    threads = threading.active_count()
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(expected) as caught:
        call()
    took = time.monotonic() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < deadline_for(expected) + (GRACE if expected is StoreTimeout else 0)
    assert peak < MEMORY
    assert caught.value.hint
    assert str(caught.value).isprintable(), "one line, no control characters"
    assert len(str(caught.value)) < 600
    assert threading.active_count() <= threads + 2, "no thread but the server's own remains"
    return caught.value


@pytest.mark.parametrize("case", GETS)
def test_get__hostile_node_p20__clear_error_in_time(case: str, tmp_path: Path) -> None:
    """F-80, F-87, F-78: no byte of it reaches the caller, by return value or by file (P-4, P-20)."""
    behaviour, expected = GETS[case]
    with hostile_node(behaviour) as url:
        store, deadline = KuboStore(url), deadline_for(expected)
        check(lambda: store.get(CID, len(DATA), deadline), expected)
        check(lambda: store.get_to(CID, len(DATA), tmp_path / "file", deadline), expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", PUTS)
def test_put__hostile_node_p20__clear_error_in_time(case: str) -> None:
    behaviour, expected = PUTS[case]
    content = DATA if expected is not StoreTimeout else bytes(20 * MIB)
    with hostile_node(behaviour) as url:
        store = KuboStore(url, put_deadline=deadline_for(expected))
        check(lambda: store.put(content[at : at + 65_536] for at in range(0, len(content), 65_536)), expected)


NONSENSE = [b"", b"{}", b"[]", b"7", b'{"Keys": 7, "Pins": 7}', b'{"Keys": null, "Pins": []}', b"not json"]


@pytest.mark.parametrize("body", NONSENSE)
def test_pins__nonsense__confirms_nothing(body: bytes) -> None:
    with hostile_node(reply(body)) as url:
        store = KuboStore(url, put_deadline=LONG)
        check(lambda: store.pin(CID), StoreUnavailable)
        check(lambda: store.has(CID), StoreUnavailable)


def test_pins__silence__times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubo_module, "DEFAULT_DEADLINE", SHORT)
    with hostile_node(lambda peer: peer.wait()) as url:
        store = KuboStore(url, put_deadline=SHORT)
        check(lambda: store.pin(CID), StoreTimeout)
        check(lambda: store.unpin(CID), StoreTimeout)
        check(lambda: store.has(CID), StoreTimeout)


def test_get_document__goes_on_beyond_its_limit__too_large() -> None:
    with hostile_node(endless(CHUNKED, CHUNK)) as url:
        error = check(lambda: KuboStore(url).get_document(CID, 65_536, deadline=LONG), ContentTooLarge)
    assert "65536" in str(error)


def test_get__honest_answer_of_the_same_server__arrives() -> None:
    """The server of these tests is understood when it does nothing wrong, so it is the wrong that is refused."""
    with hostile_node(reply(DATA)) as url:
        assert KuboStore(url).get(CID, len(DATA), deadline=LONG) == DATA
    slowly = dripping(CHUNKED + WHOLE + DATA[:-5], DATA[-5:] + b"\r\n0\r\n\r\n")
    with hostile_node(slowly) as url:
        assert KuboStore(url).get(CID, len(DATA), deadline=LONG) == DATA
    with hostile_node(added(str(CID))) as url:
        assert KuboStore(url).put(DATA) == CID
