"""HTTP messages as the proxy reads, writes and spoils them."""

from __future__ import annotations

import re
import socket

MAX_REQUEST = 256 << 20
"""Bytes of the largest request that is taken."""

WEB_PAGE = b"<html><body>Something went wrong.</body></html>"
ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
BLANKS = b" " * 16_384
"""JSON may begin with any number of them."""

_STRIDE = 97


def read_request(connection: socket.socket) -> bytes:
    """One whole request, which asks for the connection to be closed after its answer; empty if none comes."""
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        if not _more(connection, data):
            return b""
    head, body = bytes(data[:end]), data[end + 4 :]
    while not _is_whole(head, body):
        if not _more(connection, body):
            return b""
    kept = re.sub(rb"\r\n(?:Connection|Proxy-Connection|Keep-Alive):[^\r\n]*", b"", head, flags=re.IGNORECASE)
    return kept + b"\r\nConnection: close\r\n\r\n" + body


def _more(connection: socket.socket, data: bytearray) -> bool:
    """Append what comes next; `False` if nothing does."""
    if len(data) > MAX_REQUEST:
        raise OSError("the request is too long")
    piece = connection.recv(65_536)
    data += piece
    return bool(piece)


def _is_whole(head: bytes, body: bytearray) -> bool:
    """Whether all of a body is there."""
    if re.search(rb"\r\nTransfer-Encoding:[^\r\n]*chunked", head, re.IGNORECASE):
        return body.endswith(b"0\r\n\r\n") and (len(body) == 5 or body.endswith(b"\r\n0\r\n\r\n"))
    length = re.search(rb"\r\nContent-Length: *(\d+)", head, re.IGNORECASE)
    return length is None or len(body) >= int(length[1])


def answer(status: int, body: bytes, *headers: str) -> bytes:
    """A response that says how long it is."""
    lines = [f"HTTP/1.1 {status} As scheduled", *headers, f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def corrupted(body: bytes) -> bytes:
    """The body with the top bit of some bytes flipped: text is no UTF-8 any more, so it cannot pass for another."""
    spoilt = bytearray(body)
    for place in range(0, len(body), _STRIDE):
        spoilt[place] ^= 0x80
    return bytes(spoilt)
