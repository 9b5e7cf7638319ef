"""Watchers and liars in a town of workers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from eth_account import Account
from eth_utils.crypto import keccak

from parley.chain.model import Phase
from parley.chain.reader import Reader
from parley.chain.sender import Sender
from parley.chain.view import View
from parley.cli.demo.attacks import settlements
from parley.cli.demo.attacks.settlements import Lie
from parley.numerics.disproof import Truth
from parley.numerics.settlement import SettlementResult
from parley.roles.actions import Action, Supply
from parley.roles.aggregator import Aggregator
from parley.roles.watcher import Watcher
from parley.roles.worker import Worker
from tests.support.anvil import AnvilNode
from tests.support.federation import Town


def a_stranger(town: Town, node: AnvilNode, guard: str | None = None, place: int = -1) -> Worker:
    """A worker of a key that is in no registry, with a store and gas money."""
    account = Account.from_key(node.private_keys[place])
    base = town.workers["sponsor"].worker
    return replace(
        base,
        key=bytes(account.key),
        operator=guard or account.address,
        reader=Reader(town.w3, town.contracts, town.fid, guard or account.address),
        sender=Sender(town.w3, account, town.contracts.errors, town.folder / "outbox"),
        log=base.log.bind(worker="watcher"),
    )


def watching(town: Town, node: AnvilNode, guard: str | None = None) -> Watcher:
    """Put a watcher into the town."""
    watcher = Watcher(a_stranger(town, node, guard))
    town.workers["watcher"] = watcher
    return watcher


def again(watcher: Watcher) -> Watcher:
    """The same watcher after a crash: only key, chain and store are left."""
    worker = watcher.worker
    reader = Reader(worker.contracts.coordinator.w3, worker.contracts, worker.reader.view().fid, worker.operator)
    return Watcher(replace(worker, reader=reader))


def until_settle(town: Town, *missing: str) -> tuple[View, str, list[str]]:
    """Play without those missing until somebody must settle; return the view, whose turn it is, and all others."""
    everybody = [name for name in town.workers if not name.startswith("aggregator") and name not in missing]
    view = town.play_until(lambda v: v.phase == Phase.SETTLE and bool(v.turns), *everybody)
    aggregators = [name for name in town.workers if name.startswith("aggregator")]
    due = next(n for n in aggregators if town.view(n).me.aggregator_position == view.turns[view.turn])
    return view, due, [name for name in town.workers if name != due]


def acts(town: Town, *names: str, until: type[Action] | None = None, cycles: int = 20) -> list[Action]:
    """What the workers named do until one of them did an act of a kind."""
    done: list[Action] = []
    for _ in range(cycles):
        done += town.cycle(*names)
        if until is not None and any(isinstance(action, until) for action in done):
            return done
    raise AssertionError(f"no {until} among {done}")


def free_and_locked(town: Town, address: str) -> tuple[int, int]:
    """Stake of an address in the vault, wei."""
    token = town.contracts.token
    assert token is not None
    free, locked = town.contracts.stake_vault.functions.accountOf(token.address, address).call()
    return free, locked


@dataclass(frozen=True, slots=True)
class Liar(settlements.Liar):
    """The demo's liar, but for stopping after a conviction as an honest one does.

    Attributes:
        shows: it answers demands, for what it posted.
        publishes: the model that it posts can be fetched by its CID.
    """

    shows: bool = True
    publishes: bool = True

    def decide(self, view: View) -> Action:
        """As an honest one."""
        return Aggregator.decide(self, view)

    def execute(self, action: Action, view: View) -> None:
        """As an honest one, or silent where it should answer."""
        if self.shows or not isinstance(action, Supply):
            Aggregator.execute(self, action, view)

    def publish(self, result: SettlementResult) -> bytes:
        """Where the CID leads to, or nowhere."""
        return Aggregator.publish(self, result) if self.publishes else keccak(text="nowhere")


def a_liar(
    worker: Worker, lie: Lie = lambda truth: truth.result, *, shows: bool = True, publishes: bool = True
) -> Liar:
    """An aggregator that tells the same lie in every round."""
    return Liar(worker, lie=lambda _: lie, shows=shows, publishes=publishes)


def other_rows(truth: Truth) -> SettlementResult:
    """A lie: the rows hold another update than was revealed, and the model that follows from it is not used."""
    return replace(truth.result, row_root=keccak(text="rows of another update"))
