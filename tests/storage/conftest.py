"""Fixtures of the storage tests: a real Kubo node for the session, and each kind of store."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.storage import Blockstore, ContentStore, KuboStore, SeveralStores
from tests.support.kubo import KuboNode, running_kubo


@pytest.fixture(scope="session")
def kubo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KuboNode]:
    """A real, offline Kubo node that the session's tests share."""
    with running_kubo(tmp_path_factory.mktemp("kubo") / "repo") as node:
        yield node


@pytest.fixture
def blockstore(tmp_path: Path) -> Blockstore:
    """An empty blockstore."""
    return Blockstore(tmp_path / "store")


@pytest.fixture
def several(tmp_path: Path) -> Iterator[SeveralStores]:
    """Two empty blockstores as one."""
    with SeveralStores([Blockstore(tmp_path / "own"), Blockstore(tmp_path / "other")]) as both:
        yield both


@pytest.fixture(params=["blockstore", "several", "kubo"])
def store(request: pytest.FixtureRequest) -> ContentStore:
    """Each kind of store in turn."""
    if request.param != "kubo":
        found: ContentStore = request.getfixturevalue(request.param)
        return found
    node: KuboNode = request.getfixturevalue("kubo")
    return KuboStore(node.address)


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
