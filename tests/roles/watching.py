"""Watchers and liars in a town of workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from eth_account import Account
from eth_utils.crypto import keccak

from parley.chain.disputed import Demand
from parley.chain.model import Phase, Settlement
from parley.chain.reader import Reader
from parley.chain.sender import Sender
from parley.chain.view import RoundRecord, View
from parley.numerics import rows, word_tree
from parley.numerics.disproof import Truth
from parley.numerics.fixed_point import Quantised, encode
from parley.numerics.rewards import Account as Earned
from parley.numerics.rewards import RewardTree
from parley.numerics.settlement import SettlementResult
from parley.roles.actions import Action
from parley.roles.aggregator import Aggregator
from parley.roles.recount import committed_data, truth_of, with_content
from parley.roles.supplier import Supplier
from parley.roles.watcher import Watcher
from parley.roles.worker import Worker
from tests.support.anvil import AnvilNode
from tests.support.federation import Town

Lie = Callable[[Truth, SettlementResult], SettlementResult]


def a_stranger(town: Town, node: AnvilNode, guard: str | None = None, place: int = -1) -> Worker:
    """A worker of a key that is in no registry, with a store and gas money."""
    account = Account.from_key(node.private_keys[place])
    base = town.workers["sponsor"].worker
    return replace(
        base,
        key=bytes(account.key),
        operator=guard or account.address,
        reader=Reader(town.w3, town.contracts, town.fid, guard or account.address),
        sender=Sender(town.w3, account, town.contracts.errors, town.folder / "locks"),
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


def until_settle(town: Town) -> tuple[View, str, list[str]]:
    """Play until somebody must settle; return the view, whose turn it is, and all others."""
    everybody = [name for name in town.workers if not name.startswith("aggregator")]
    view = town.play_until(lambda v: v.phase == Phase.SETTLE and bool(v.turns), *everybody)
    aggregators = [name for name in town.workers if name.startswith("aggregator")]
    due = next(n for n in aggregators if town.view(n).me.aggregator_position == view.turns[view.turn])
    return view, due, [name for name in town.workers if name != due]


def free_and_locked(town: Town, address: str) -> tuple[int, int]:
    """Stake of an address in the vault, wei."""
    token = town.contracts.token
    assert token is not None
    free, locked = town.contracts.stake_vault.functions.accountOf(token.address, address).call()
    return free, locked


@dataclass(frozen=True, slots=True)
class Liar(Aggregator):
    """Posts something else than it computes.

    Attributes:
        lie: from the truth to what it posts.
        shows: it answers demands, for what it posted.
        publishes: the model that it posts can be fetched by its CID.
    """

    lie: Lie = lambda _, result: result
    shows: bool = True
    publishes: bool = True

    def __post_init__(self) -> None:
        Aggregator.__post_init__(self)
        object.__setattr__(self, "supplier", _LyingSupplier(self.worker, self.lie, self.shows))

    def execute(self, action: Action, view: View) -> None:
        """Lie where an honest aggregator settles."""
        if view.phase != Phase.SETTLE or view.record is None:
            Aggregator.execute(self, action, view)
            return
        result = self.lie(honest := truth_at(self.worker, view, view.record), honest.result)
        digest = self.worker.library.put(result.model)[1] if self.publishes else keccak(text="nowhere")
        posted = Settlement(
            result.medians,
            result.norm,
            result.earned_total,
            result.row_root,
            result.model_root,
            digest,
            result.reward_root,
        )
        block = view.block
        self.worker.send("settle", view.fid, view.record.number, view.turn, posted.to_abi(), block.number, block.hash)


def truth_at(worker: Worker, view: View, record: RoundRecord) -> Truth:
    """What the worker's operator should post."""
    return truth_of(view, with_content(worker, view, record, committed_data(worker, view, record, worker.operator)))


class _LyingSupplier(Supplier):
    """Supplies the trees of a lie, or nothing."""

    def __init__(self, worker: Worker, lie: Lie, shows: bool) -> None:
        super().__init__(worker)
        self._lie = lie
        self._shows = shows

    def supply(self, view: View, demands: tuple[Demand, ...]) -> None:  # type: ignore[override]
        """Answer, or keep silent."""
        if self._shows:
            super().supply(view, demands)

    def _recomputed(self, view: View, record: RoundRecord) -> Truth:
        honest = truth_at(self._worker, view, record)
        lied = self._lie(honest, honest.result)
        before = {
            index: Earned(account.operator, account.cumulative - lied.earned.get(index, 0))
            for index, account in lied.ledger.items()
        }
        return Truth(replace(honest.given, ledger=before), lied, honest.members)


# ---------------------------------------------------------------------------------------------------------- lies


def wrong_word(truth: Truth, result: SettlementResult) -> SettlementResult:
    """One parameter of the next model is off by one, in the rows as in the model."""
    model = result.model.copy()
    model[5] += 1
    return with_model(truth, result, model)


def wrong_reward(truth: Truth, result: SettlementResult) -> SettlementResult:
    """The aggregator gives itself one wei more."""
    me = truth.given.aggregator
    before = result.ledger[me.index].cumulative
    ledger = {**result.ledger, me.index: Earned(me.operator, before + 1)}
    return replace(result, ledger=ledger, rewards=RewardTree(ledger, truth.given.config.reward_depth))


def wrong_median(_: Truth, result: SettlementResult) -> SettlementResult:
    """The first score is one more."""
    scores = (result.settled.scores[0] + 1, *result.settled.scores[1:])
    return replace(result, settled=replace(result.settled, scores=scores))


def wrong_update_word(truth: Truth, result: SettlementResult) -> SettlementResult:
    """The rows hold another update than was revealed, and the model that follows from it is not used."""
    return replace(result, row_root=keccak(text="rows of another update"))


def with_model(truth: Truth, result: SettlementResult, model: Quantised) -> SettlementResult:
    """The settlement with another model, its rows consistent with it."""
    given = truth.given
    included = [q for place, u in enumerate(given.updates) if place in result.included and (q := u.q) is not None]
    root = rows.row_root([*included, given.previous, given.old, model])
    return replace(result, model=model, model_root=word_tree.root(encode(model)), row_root=root)
