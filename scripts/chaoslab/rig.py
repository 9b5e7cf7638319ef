"""A federation of real processes on a chain of its own, ready to be broken, watched or measured."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaoslab.chain import ChainFaults
from chaoslab.crew import Crew
from chaoslab.nodes import Node, locations, running_nodes
from parley.chain.devnet import ChildDevnet, Devnet
from parley.cli.actions.plan import PolicyPlan
from parley.cli.demo.attacks.registry import Attack, Bound, Measure
from parley.cli.demo.plan import SPONSOR, DemoPlan
from parley.cli.demo.processes import spawn
from parley.cli.demo.stage import Stage, prepare
from parley.cli.progress import Say
from parley.errors import DeadlineExceeded
from parley.storage import ContentStore, open_store
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.support.nursery import Nursery

READY_SECONDS = 600.0
"""Within which all workers must be ready at the start."""

NOBODY = Attack("calm", "nobody attacks, and somebody watches", (), Bound(Measure.NET), watchers=1)
"""A cast without attackers."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What is set up.

    Attributes:
        folder: of everything.
        rounds: how many there are shards and budget for.
        seed: of data and genesis model.
        task: a built-in one.
        trainers: how many; evaluators and aggregators likewise.
        nodes: Kubo nodes; 0 for a folder that all share.
        proxied: workers whose ways to the chain's node lead through proxies.
        endpoints: how many such ways each of them has.
        confirmations: blocks that workers wait for.
        poll_seconds: how often workers look.
        policy: of the federation.
        forked: workers are forks of one process, so that they start in no time.
    """

    folder: Path
    rounds: int
    seed: int = 0
    task: str = "digits"
    trainers: int = 5
    evaluators: int = 3
    aggregators: int = 2
    nodes: int = 1
    proxied: frozenset[str] = frozenset()
    endpoints: int = 2
    confirmations: int = 2
    poll_seconds: float = 1.0
    policy: PolicyPlan = field(default_factory=PolicyPlan)
    forked: bool = False

    @property
    def plan(self) -> DemoPlan:
        """The same as the demo's stage asks for it."""
        return DemoPlan(
            folder=self.folder,
            rounds=self.rounds,
            trainers=self.trainers,
            evaluators=self.evaluators,
            aggregators=self.aggregators,
            task=self.task,
            seed=self.seed,
            store="file" if self.nodes == 0 else "kubo",
            attack=NOBODY,
            policy=self.policy,
        )

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of all workers."""
        return tuple(player.name for player in self.plan.players)


@dataclass(frozen=True, slots=True)
class Rig:
    """A federation whose workers can be started.

    Attributes:
        scale: what was set up.
        stage: who and where.
        store: for whoever looks on, opened.
        crew: the workers, not started.
        chain: what breaks the chain.
        nodes: content stores by name.
        proxies: ways to the chain's node by worker.
    """

    scale: Scale
    stage: Stage
    store: ContentStore
    crew: Crew
    chain: ChainFaults
    nodes: dict[str, Node]
    proxies: dict[str, list[FaultProxy]]

    @property
    def pids(self) -> dict[int, int | None]:
        """All processes that were ever started, each with its start time in ticks."""
        node = self.stage.node
        stores = (node_.pids for node_ in self.nodes.values())
        return {node.pid: node.started, **self.crew.pids, **{pid: at for pids in stores for pid, at in pids.items()}}

    def start(self, say: Say) -> None:
        """Start all workers; those who open rounds only when all others are ready.

        Raises:
            DeadlineExceeded: one is not ready in time.
        """
        last = [SPONSOR, *(name for name in self.crew.members if name.startswith("aggregator"))]
        first = [name for name in self.crew.members if name not in last]
        for names in (first, last):
            say(f"starting {len(names)} workers")
            for name in names:
                self.crew.start(name)
            self.await_ready(names)

    def await_ready(self, names: Sequence[str], seconds: float = READY_SECONDS) -> None:
        """Wait until workers have said that they are ready.

        Raises:
            DeadlineExceeded: one does not in time.
        """
        until = time.monotonic() + seconds
        while not self.crew.all_ready(names):
            self.crew.watch()
            if time.monotonic() > until:
                late = next(name for name in names if not self.crew.all_ready([name]))
                raise DeadlineExceeded(f"{late} is not ready", hint=f"read {self.crew.members[late].log}")
            time.sleep(0.2)


@contextmanager
def rigged(scale: Scale, say: Say) -> Iterator[Rig]:
    """Set a federation up; all processes end with the block.

    Raises:
        ParleyError: a step of the set-up failed.
    """
    plan = scale.plan
    with ExitStack() as things:
        begin = things.enter_context(Nursery()).start if scale.forked else spawn
        say("starting Anvil")
        node = things.enter_context(ChildDevnet(plan.folder / "chain", block_time=1)).devnet
        say(f"starting {scale.nodes} Kubo nodes" if scale.nodes else "making a folder for content")
        nodes = things.enter_context(running_nodes(plan.folder, scale.nodes))
        address = next(iter(nodes.values())).url if nodes else str((plan.folder / "store").absolute())
        store = things.enter_context(open_store(address, owner="onlooker"))
        stage = prepare(plan, node, store, (address,), say)
        proxies = {
            name: [things.enter_context(fault_proxy(node.url)) for _ in range(scale.endpoints)]
            for name in sorted(scale.proxied)
        }
        chain = ChainFaults(stage.contracts.coordinator.w3)
        crew = things.enter_context(Crew(lambda: chain.now, begin))
        for place, player in enumerate(plan.players):
            home = plan.home(player.name).absolute()
            _reconfigure(home, scale, node, proxies.get(player.name, []), locations(nodes, place) if nodes else address)
            crew.add(player.name, player.kind, home)
        yield Rig(scale, stage, store, crew, chain, nodes, proxies)


def _reconfigure(home: Path, scale: Scale, node: Devnet, proxies: list[FaultProxy], store: str) -> None:
    """Lead a worker's configuration through its proxies and to its stores."""
    file = home / "parley.toml"
    settings = tomllib.loads(file.read_text()) | {
        "rpc_url": ",".join(proxy.url for proxy in proxies) or node.url,
        "store": store,
        "confirmations": scale.confirmations,
        "poll_seconds": scale.poll_seconds,
    }
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
