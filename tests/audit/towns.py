"""Federations to audit: one in which a lot happened and all was right, and one in which nobody objected to lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from parley.audit.gather import Sources
from parley.audit.report import Report
from parley.audit.run import Wishes, Workplace, audit
from parley.chain.deployments import Deployment, read_deployment
from parley.chain.rpc import connect
from parley.chain.view import View
from parley.cli import logs
from parley.cli.demo.attacks.settlements import Liar, lie_of, wrong_median
from parley.numerics.rewards import RewardTree
from parley.roles.actions import DemandNode, Expire, Prove, Settle
from parley.roles.aggregator import Aggregator
from tests.roles.watching import a_liar, acts, other_rows, until_settle, watching
from tests.support.anvil import AnvilNode
from tests.support.federation import WEI, Town, build, default_policy, role_of

ROUNDS = 10

QUIET = partial(logs.configure, "warning", "human")
"""What a process of an audit does first."""


@dataclass(frozen=True)
class Audited:
    """A federation on a chain, and what an auditor has of it.

    Attributes:
        url: of the node.
        fid: the federation.
        folder: with the contracts' files in `deployments` and the content in `store`.
    """

    url: str
    fid: int
    folder: Path

    @property
    def store(self) -> Path:
        """Folder of the content store."""
        return self.folder / "store"

    def deployment(self) -> Deployment:
        """The contracts' files."""
        (chain,) = (self.folder / "deployments").iterdir()
        return read_deployment(int(chain.name), self.folder / "deployments")

    def sources(self, url: str | None = None, deployment: Deployment | None = None) -> Sources:
        """The chain's part, by another node or other files if wanted."""
        w3 = connect(url or self.url, timeout=60.0)
        files = deployment or self.deployment()
        return Sources(w3, files, files.bind(w3), self.fid)

    def audit(
        self, home: Path, *, sources: Sources | None = None, store: Path | None = None, wishes: Wishes | None = None
    ) -> Report:
        """Audit it in this process."""
        where = Workplace((str(store or self.store),), home, QUIET)
        return audit(sources or self.sources(), where, wishes or Wishes(), Silent())


class Silent:
    """Hears how an audit goes on, and says nothing."""

    def say(self, what: str) -> None:
        """See `parley.audit.run.Watcher`."""

    def begin(self, what: str, total: int) -> None:
        """See `parley.audit.run.Watcher`."""

    def step(self, count: int = 1) -> None:
        """See `parley.audit.run.Watcher`."""


def grown(node: AnvilNode, folder: Path, rounds: int = ROUNDS) -> Audited:
    """Ten final rounds and a void one: seats by lot, claims, a change of policy, a leave, two convictions."""
    policy = default_policy(seats=3)
    town = build(node, folder, trainers=4, evaluators=4, aggregators=2, policy=policy, rounds=rounds + 1)
    town.play_rounds(1)
    _claim(town, "trainer-0", "trainer-1")
    town.play_rounds(2)
    _convict_liars(town, node)
    town.play_rounds(4)
    del town.workers["watcher"]
    _leave_void(town)
    changed = replace(policy, reward=900 * WEI, beta=16384)
    town.senders["sponsor"].send(town.contracts.federations.functions.setPolicy(town.fid, changed.to_abi()))
    town.play_rounds(6)
    town.senders["trainer-3"].send(town.contracts.coordinator.functions.leaveFederation(town.fid))
    del town.workers["trainer-3"]
    town.play_rounds(8)
    unbond = town.contracts.coordinator.functions.unbond(town.fid, town.senders["trainer-3"].address)
    town.senders["sponsor"].send(unbond)
    town.play_rounds(rounds)
    _claim(town, "trainer-0", "aggregator-0", "evaluator-1")
    return Audited(node.url, town.fid, folder)


def short(node: AnvilNode, folder: Path) -> Audited:
    """Three rounds in which all was right, beside another federation of the same contracts, token and people."""
    town = build(node, folder, rounds=3)
    _found_another(town)
    town.play_rounds(3)
    return Audited(node.url, town.fid, folder)


def crooked(node: AnvilNode, folder: Path) -> Audited:
    """Three rounds of an aggregator that lies in each in another way; nobody watches, and validation is public."""
    town = build(node, folder, trainers=3, evaluators=3, aggregators=1, rounds=3, sealed=False)
    town.workers["aggregator-0"] = Liar(town.workers["aggregator-0"].worker, lie=lie_of("all"))
    _play(town, 3)
    return Audited(node.url, town.fid, folder)


def _play(town: Town, rounds: int) -> View:
    return town.play_until(lambda view: len(view.final_records()) >= rounds)


def _convict_liars(town: Town, node: AnvilNode) -> None:
    """Of two aggregators the first is silent when data are demanded, the second is disproved, then both are honest."""
    workers = {name: role.worker for name, role in town.workers.items() if isinstance(role, Aggregator)}
    watching(town, node)
    view, first, others = until_settle(town)
    (second,) = set(workers) & set(others)
    town.workers[first] = a_liar(workers[first], other_rows, shows=False)
    town.step(first)
    acts(town, "watcher", until=DemandNode)
    town.warp(view.policy.supply)
    acts(town, "watcher", until=Expire)
    town.workers[second] = a_liar(workers[second], wrong_median)
    acts(town, second, until=Settle)
    acts(town, "watcher", until=Prove)
    for name, worker in workers.items():
        town.workers[name] = Aggregator(worker, despite_convictions=True)


def _leave_void(town: Town) -> None:
    """A round without scores."""
    others = [name for name in town.workers if not name.startswith("evaluator")]
    town.play_until(lambda view: any(record.void for record in view.records.values()), *others)


def _found_another(town: Town) -> None:
    """A second federation, funded and joined."""
    federations, vault, token = town.contracts.federations, town.contracts.reward_vault, town.contracts.token
    assert token is not None
    sponsor, terms = town.senders["sponsor"], town.view().terms
    sponsor.send(federations.functions.createFederation(terms.to_abi(), default_policy(challenge=70).to_abi()))
    sponsor.send(token.functions.approve(vault.address, 500 * WEI))
    sponsor.send(vault.functions.fund(2, 500 * WEI))
    for name in ("trainer-0", "evaluator-1"):
        town.senders[name].send(federations.functions.join(2, int(role_of(name))))


def _claim(town: Town, *names: str) -> None:
    """Pay some operators what is due to them."""
    view = town.view()
    books = town.workers["sponsor"].worker.books
    ledger = books.ledger(view)
    tree = RewardTree(ledger, view.terms.reward_depth)
    for index, account in ledger.items():
        if account.operator in {town.senders[name].address for name in names} and account.cumulative:
            call = town.contracts.reward_vault.functions.claim(
                town.fid, index, account.operator, account.cumulative, tree.proof(index)
            )
            town.senders["sponsor"].send(call)
