"""A server on 127.0.0.1 that stands for a hostile or broken Kubo RPC: what it does to a connection is a function."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

Behaviour = Callable[["Peer"], None]


class GoneError(Exception):
    """The client closed the connection, or the test is over."""


@dataclass
class Peer:
    """One connection of a client, as a behaviour sees it."""

    connection: socket.socket
    over: threading.Event

    def receive(self) -> bytes:
        """Return what the client sent, at least one byte."""
        try:
            data = self.connection.recv(65_536)
        except OSError as error:
            raise GoneError from error
        if not data:
            raise GoneError
        return data

    def receive_head(self) -> bytes:
        """Read the request's head."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.receive()
        return head

    def receive_upload(self) -> None:
        """Read the request with its chunked body."""
        tail = self.receive_head()
        while not tail.endswith(b"0\r\n\r\n"):
            tail = tail[-5:] + self.receive()

    def send(self, data: bytes) -> None:
        """Send all of it."""
        if self.over.is_set():
            raise GoneError
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise GoneError from error

    def drip(self, data: bytes, pause: float) -> None:
        """Send byte by byte."""
        for byte in data:
            self.send(bytes((byte,)))
            self.wait(pause)

    def for_ever(self, data: bytes) -> None:
        """Send it again and again, as fast as the client takes it."""
        while True:
            self.send(data)

    def wait(self, seconds: float = 60.0) -> None:
        """Do nothing for a while, or until the test is over."""
        if self.over.wait(seconds):
            raise GoneError


@contextmanager
def hostile_node(behaviour: Behaviour) -> Iterator[str]:
    """Serve every connection by `behaviour`; give the server's URL."""
    over = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        acceptor = threading.Thread(target=_accept, args=(server, behaviour, over, threads))
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for thread in threads:
                thread.join()


def _accept(
    server: socket.socket, behaviour: Behaviour, over: threading.Event, threads: list[threading.Thread]
) -> None:
    """Start a thread for each connection until the server is shut."""
    while not over.is_set():
        try:
            connection, _ = server.accept()
        except OSError:
            return
        thread = threading.Thread(target=_serve, args=(Peer(connection, over), behaviour))
        threads.append(thread)
        thread.start()


def _serve(peer: Peer, behaviour: Behaviour) -> None:
    """Run the behaviour on one connection and close it."""
    # A send into a full buffer returns at last when the client has gone, or after this.
    peer.connection.settimeout(10)
    with peer.connection, suppress(GoneError):
        behaviour(peer)
