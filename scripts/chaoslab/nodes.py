"""The content stores: Kubo nodes, each behind a proxy that keeps its address when the node starts anew elsewhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from parley.children import process_started
from parley.storage.daemon import KuboDaemon
from parley.storage.kubo_binary import find_kubo
from tests.faults.proxy import FaultProxy, fault_proxy

OWN_BYTES = 64
"""Shorter blocks are Kubo's own, such as the root of its empty folder: without them it does not start."""


@dataclass(slots=True)
class Node:
    """A Kubo node.

    Attributes:
        name: of its folder.
        repo: its repository.
        daemon: the process.
        proxy: in front of its RPC.
        pids: of all its processes so far, each with its start time in ticks.
    """

    name: str
    repo: Path
    daemon: KuboDaemon
    proxy: FaultProxy
    pids: dict[int, int | None]

    @property
    def url(self) -> str:
        """Where workers find it, always."""
        return self.proxy.url

    def kill(self) -> bool:
        """Kill the process; false if it is down already."""
        pid = self.daemon.pid
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        self.daemon.stop()
        return True

    def start(self) -> None:
        """Start it again, and lead the proxy to it."""
        if self.daemon.pid is not None:
            return
        pid = self.daemon.start().pid
        if pid is not None:
            self.pids[pid] = process_started(pid)
            self.proxy.retarget(_target(self.daemon))

    def corrupt(self, seed: int) -> str | None:
        """Flip a bit of a peer's content on its disk; the file's name, `None` if it holds none."""
        blocks = sorted(file for file in (self.repo / "blocks").glob("*/*.data") if file.stat().st_size >= OWN_BYTES)
        if not blocks:
            return None
        file = blocks[seed % len(blocks)]
        content = bytearray(file.read_bytes())
        content[seed // 8 % len(content)] ^= 1 << seed % 8
        file.chmod(0o644)
        file.write_bytes(content)
        return file.name


@contextmanager
def running_nodes(folder: Path, count: int) -> Iterator[dict[str, Node]]:
    """Some Kubo nodes by name, ended when the block is left."""
    with ExitStack() as things:
        nodes = {}
        for number in range(1, count + 1):
            name = f"kubo-{number}"
            daemon = things.enter_context(KuboDaemon(folder / name, find_kubo()))
            proxy = things.enter_context(fault_proxy(_target(daemon)))
            pids = {} if daemon.pid is None else {daemon.pid: process_started(daemon.pid)}
            nodes[name] = Node(name, folder / name, daemon, proxy, pids)
        yield nodes


def locations(nodes: dict[str, Node], place: int) -> str:
    """Addresses of all stores as a worker's settings name them: its own first, which is one in turn."""
    urls = [node.url for node in nodes.values()]
    own = place % len(urls)
    return ",".join(urls[own:] + urls[:own])


def _target(daemon: KuboDaemon) -> str:
    """`host:port` of a daemon's RPC, from its multiaddr."""
    _, _, host, _, port = daemon.address.split("/")[:5]
    return f"{host}:{port}"
