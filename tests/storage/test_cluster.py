"""Kubo nodes of several operators: content outlives the node that had it first (P-23, section 6)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from parley.chain.model import Phase, Role
from parley.chain.view import Reveal, View
from parley.roles.keeper import LOOK_SECONDS, Keeper
from parley.roles.library import Library
from parley.roles.worker import Worker
from parley.storage import Cid, ContentMissing, KuboStore, StoreTimeout, StoreUnavailable
from parley.storage.cluster import KuboCluster
from parley.storage.kubo_binary import find_kubo
from tests.roles.builders import MEMBER, OTHER, RECORD, view_in
from tests.storage.test_daemon import gone
from tests.support.kubo import run_ipfs

pytestmark = pytest.mark.integration

PARAMS = 400_000
"""An object of two chunks: a tree of blocks, not a single one."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the nodes' repositories lie."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def nodes(folder: Path) -> Iterator[KuboCluster]:
    """Three nodes, each of another operator."""
    with KuboCluster(folder, find_kubo(), 3) as cluster:
        pids = [cluster.daemon(number).pid for number in range(3)]
        yield cluster
    assert all(gone(pid) for pid in pids if pid is not None)


def ipfs(nodes: KuboCluster, folder: Path, number: int, *arguments: str) -> str:
    """Run a command on one node."""
    api = ("--api", nodes.daemon(number).address)
    return run_ipfs(find_kubo(), *api, *arguments, repo=folder / f"node-{number}")


def kill(nodes: KuboCluster, number: int) -> None:
    """End a node as a power cut does."""
    pid = nodes.daemon(number).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while nodes.daemon(number).pid is not None:
        time.sleep(0.01)


def vector(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-1000, 1000, PARAMS, dtype=np.int32)


def test_nodes__listen_on_loopback_only_and_know_nobody_else(nodes: KuboCluster, folder: Path) -> None:
    for number in range(3):
        pid = nodes.daemon(number).pid
        links = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
        for table, own_host in (("tcp", "0100007F"), ("tcp6", None), ("udp", None)):
            rows = [line.split() for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
            hosts = {row[1].partition(":")[0] for row in rows if f"socket:[{row[9]}]" in links}
            assert hosts <= {own_host}
        peers = ipfs(nodes, folder, number, "swarm", "peers").splitlines()
        assert len(peers) == 2
        assert all(peer.startswith("/ip4/127.0.0.1/tcp/") for peer in peers)


def test_update__node_that_had_it_first_is_killed__others_still_get_it(nodes: KuboCluster) -> None:
    """F-77: fetched and pinned by one judge, an update survives its trainer's node, which may come back."""
    trainer, evaluator, aggregator = (KuboStore(address) for address in nodes.addresses)
    root, digest = Library(trainer, PARAMS).put(vector(1))
    Library(evaluator, PARAMS).hold(root, digest)
    kill(nodes, 0)
    try:
        with pytest.raises(StoreUnavailable, match="no Kubo answers"):
            trainer.ping()
        assert np.array_equal(Library(aggregator, PARAMS).get(root, digest), vector(1))
    finally:
        nodes.restart(0)
    assert trainer.has(Cid.from_digest(digest, Library(trainer, PARAMS).size)), "back at its address, with its pins"
    other = Library(aggregator, PARAMS).put(vector(2))
    assert np.array_equal(Library(trainer, PARAMS).get(*other), vector(2)), "and among its peers"


def test_update__unpinned_and_collected__keeper_renews_it(nodes: KuboCluster, folder: Path) -> None:
    """F-79: what garbage collection took from one's own node is fetched from another and pinned again."""
    trainer, evaluator, _ = (KuboStore(address) for address in nodes.addresses)
    root, digest = Library(trainer, PARAMS).put(vector(3))
    library = Library(evaluator, PARAMS)
    cid = Cid.from_digest(digest, library.size)
    now = [0.0]
    log = SimpleNamespace(warning=lambda *_, **__: None)
    keeper = Keeper(cast(Worker, SimpleNamespace(library=library, log=log)), clock=lambda: now[0])
    view = after_reveal(root, digest)
    keeper.tend(view)
    assert evaluator.has(cid)
    evaluator.unpin(cid)
    ipfs(nodes, folder, 1, "repo", "gc", "--quiet")
    with pytest.raises(AssertionError, match="not found"):
        ipfs(nodes, folder, 1, "block", "stat", "--offline", str(cid))
    now[0] += LOOK_SECONDS
    keeper.tend(view)
    assert evaluator.has(cid)
    assert np.array_equal(Library(evaluator, PARAMS).get(root, digest), vector(3))


def after_reveal(root: bytes, digest: bytes) -> View:
    """What an evaluator sees when one update is revealed; the genesis model is nowhere."""
    record = replace(RECORD, reveals=(Reveal(0, OTHER, root, digest, 95),))
    return view_in(Phase.REVEAL, me=replace(MEMBER, roles=Role.EVALUATOR), record=record)


def test_get__nobody_has_it__ends_at_the_deadline(nodes: KuboCluster) -> None:
    """F-87: a node that looks for what does not exist holds a worker no longer than it was given."""
    began = time.monotonic()
    with pytest.raises((StoreTimeout, ContentMissing)):
        KuboStore(nodes.addresses[0]).get(Cid.from_digest(b"\x01" * 32, 100), 100, deadline=0.5)
    assert time.monotonic() - began < 5
