"""A whole round in which operators have nodes of their own, and the one that had the updates first goes (section 6)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parley.chain.view import View
from parley.numerics.fixed_point import encode
from parley.roles.keeper import Keeper
from parley.roles.library import Library
from parley.roles.worker import Worker
from parley.storage import Cid, KuboStore, StoreUnavailable
from parley.storage.cluster import KuboCluster
from parley.storage.kubo_binary import find_kubo
from tests.support.anvil import AnvilNode
from tests.support.federation import Town, build
from tests.support.kubo import run_ipfs

pytestmark = pytest.mark.integration

TRAINERS, FRIEND, OTHERS = range(3)
"""The trainers' node, that of the one evaluator which it serves, and that of everybody else."""

JUDGES = ("evaluator-0", "evaluator-1", "evaluator-2", "aggregator-0")


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[KuboCluster]:
    """Three nodes; the trainers' one speaks with `FRIEND` only."""
    binary = find_kubo()
    with KuboCluster(tmp_path / "kubo", binary, 3) as cluster:
        for number, other in ((TRAINERS, OTHERS), (OTHERS, TRAINERS)):
            repo = tmp_path / "kubo" / f"node-{other}"
            api = ("--api", cluster.daemon(other).address)
            peer = run_ipfs(binary, *api, "id", "-f", "<id>", repo=repo)
            at = ("--api", cluster.daemon(number).address)
            peers = run_ipfs(binary, *at, "swarm", "peers", repo=repo).splitlines()
            for line in peers:
                if line.endswith(peer):
                    run_ipfs(binary, *at, "swarm", "disconnect", line, repo=repo)
        yield cluster


def node_of(name: str) -> int:
    """Whose node somebody uses."""
    if name.startswith("trainer"):
        return TRAINERS
    return FRIEND if name == "evaluator-0" else OTHERS


def move(town: Town, nodes: KuboCluster) -> None:
    """Give everybody the store of its own node; shards stay where the sponsor serves them."""
    genesis = town.workers["sponsor"].worker.library.get(town.view().terms.model_root, town.view().terms.model_digest)
    for number in range(3):
        KuboStore(nodes.addresses[number]).put(encode(genesis))
    for name, role in town.workers.items():
        store = KuboStore(nodes.addresses[node_of(name)])
        worker = replace(role.worker, store=store, library=Library(store, town.document.params, deadline=3.0))
        town.workers[name] = replace(role, worker=worker)  # type: ignore[type-var]


def play(town: Town, keepers: dict[str, Keeper], names: list[str], goal: Callable[[View], bool]) -> View:
    """Cycle those named, of whom the judges tend their pins where there is something new, until a view meets a goal."""
    tended = None
    for _ in range(60):
        view = town.view()
        if goal(view):
            return view
        busy = town.cycle(*names)
        if tended != (tended := (view.phase, view.round.revealed)):
            for name, keeper in keepers.items():
                keeper.tend(town.view(name))
        if not busy:
            town.warp(15)
    raise AssertionError(f"not reached: {town.view().phase.name}")


def revealed(view: View) -> bool:
    return view.record is not None and len(view.record.reveals) == 3


def worker_of(town: Town, name: str) -> Worker:
    return town.workers[name].worker


def test_round__trainers_node_serves_one_and_dies_after_the_reveal__ends_with_all_updates(
    anvil: AnvilNode, tmp_path: Path, nodes: KuboCluster
) -> None:
    """F-88: what a node showed to a single judge reaches all others through it, and outlives the node (F-77, F-79)."""
    town = build(anvil, tmp_path)
    move(town, nodes)
    keepers = {name: Keeper(town.workers[name].worker) for name in JUDGES}
    everybody = list(town.workers)
    view = play(town, keepers, everybody, revealed)
    assert view.record is not None
    cids = [Cid.from_digest(reveal.digest, worker_of(town, "sponsor").library.size) for reveal in view.record.reveals]
    for name in JUDGES:
        keepers[name].tend(town.view(name))
        assert all(worker_of(town, name).store.has(cid) for cid in cids), f"{name} holds all before anybody judges"

    pid = nodes.daemon(TRAINERS).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while nodes.daemon(TRAINERS).pid is not None:
        time.sleep(0.01)
    with pytest.raises(StoreUnavailable):
        worker_of(town, "trainer-0").store.get(cids[0], worker_of(town, "sponsor").library.size)

    # new processes: nothing in memory
    for name in JUDGES:
        old = worker_of(town, name)
        fresh = replace(old, library=Library(old.store, town.document.params, deadline=3.0))
        town.workers[name] = replace(town.workers[name], worker=fresh)  # type: ignore[type-var]
    left = [name for name in everybody if not name.startswith("trainer")]
    view = play(town, keepers, left, lambda v: bool(v.final_records()))
    record = view.final_records()[0]
    votes = [vector.vector for vector in record.vectors]
    assert len(votes) == 3
    for vector in votes:
        scores = [int.from_bytes(vector[at : at + 2], "big") for at in range(8, len(vector), 4)]
        assert all(scores), "each judge had each update"
