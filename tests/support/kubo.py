"""A Kubo daemon of the tests' own: offline, own repository, free ports on 127.0.0.1, ended by its process id.

Kubo itself comes as it does for a user: from the PATH, or built once from its Go module (two minutes).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parley.storage.daemon import KuboDaemon
from parley.storage.kubo_binary import find_kubo


@dataclass(frozen=True)
class KuboNode:
    """A running node."""

    address: str
    """Multiaddr of its RPC, for `open_store`."""
    pid: int
    binary: Path
    repo: Path

    def ipfs(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run an ``ipfs`` command against the node and return what it prints."""
        return run_ipfs(self.binary, "--api", self.address, *arguments, repo=self.repo, stdin=stdin)


def run_ipfs(binary: Path, *arguments: str, repo: Path, stdin: bytes = b"") -> str:
    """Run an ``ipfs`` command on a repository and return what it prints, stripped; fail loudly."""
    environment = {**os.environ, "IPFS_PATH": str(repo), "IPFS_TELEMETRY": "off"}
    command = [str(binary), *arguments]
    done = subprocess.run(command, env=environment, input=stdin, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command} failed: {done.stderr.decode()}")
    return done.stdout.decode().strip()


@contextmanager
def running_kubo(repo: Path) -> Iterator[KuboNode]:
    """Run a node on a repository folder, made with the profile ``unixfs-v1-2025`` if it is not there."""
    binary = find_kubo()
    with KuboDaemon(repo, binary) as daemon:
        assert daemon.pid is not None
        yield KuboNode(daemon.address, daemon.pid, binary, repo)
