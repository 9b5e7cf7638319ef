"""Aggregators that post something else than they computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from parley.chain.view import RoundRecord, View
from parley.numerics import rows, word_tree
from parley.numerics.disproof import Truth
from parley.numerics.faults import Node, Tree
from parley.numerics.fixed_point import encode
from parley.numerics.keccak import keccak256
from parley.numerics.rewards import Account, RewardTree
from parley.numerics.scoring import MAX_SCORE
from parley.numerics.settlement import SettlementResult
from parley.numerics.word_tree import WordTree
from parley.roles import aggregator
from parley.roles.actions import Action, Supply, Wait
from parley.roles.aggregator import Aggregator
from parley.roles.recount import recounted
from parley.roles.supplier import Supplier
from parley.roles.worker import Worker

Lie = Callable[[Truth], SettlementResult]
"""From what should be posted to what is."""

PREMIUM = 1000 * 10**18
"""What a liar adds to its own account, wei."""


@dataclass(frozen=True, slots=True)
class Liar(Aggregator):
    """Posts a lie, publishes the model that goes with it, and answers demands as if it were true.

    Attributes:
        lie: what is told in a round, by its number.
    """

    lie: Callable[[int], Lie] = lambda _: lambda truth: truth.result

    def __post_init__(self) -> None:
        Aggregator.__post_init__(self)
        object.__setattr__(self, "supplier", LyingSupplier(self.worker, self.lie))

    def decide(self, view: View) -> Action:
        """As an honest one, but for stopping after a conviction."""
        return aggregator.decide(view)

    def recompute(self, view: View, record: RoundRecord) -> SettlementResult:
        """The lie."""
        return self.lie(record.number)(self.truth(view, record))


@dataclass(frozen=True, slots=True)
class Withholder(Aggregator):
    """Posts roots that stand for nothing, and answers no demand (P-22)."""

    def decide(self, view: View) -> Action:
        """As an honest one, but for answers, and for stopping after a conviction."""
        action = aggregator.decide(view)
        return Wait("silent") if isinstance(action, Supply) else action

    def recompute(self, view: View, record: RoundRecord) -> SettlementResult:
        """The true settlement under roots that nobody can open."""
        result = Aggregator.recompute(self, view, record)
        return replace(result, row_root=keccak256(b"rows of nothing"), model_root=keccak256(b"a model of nothing"))


class LyingSupplier(Supplier):
    """Supplies the trees of a lie.

    Args:
        worker: of the liar.
        lie: what is told in a round, by its number.
    """

    def __init__(self, worker: Worker, lie: Callable[[int], Lie]) -> None:
        super().__init__(worker)
        self._lie = lie

    def _recomputed(self, view: View, record: RoundRecord) -> Truth:
        truth = recounted(self._worker, view, record, self._worker.operator)
        return replace(truth, result=self._lie(record.number)(truth))

    def _tree(self, view: View, record: RoundRecord, node: Node) -> WordTree:
        if node.tree is not Tree.REWARD:
            return Supplier._tree(self, view, record, node)
        posted = self._recomputed(view, record).result.rewards
        leaves = b"".join(posted.leaf(member) for member in range(1 << posted.depth))
        return WordTree(leaves, levels=posted.depth)


def wrong_word(truth: Truth) -> SettlementResult:
    """One parameter of the next model is one step off, in the rows as in the model."""
    given, model = truth.given, truth.result.model.copy()
    model[len(model) // 2] ^= 1
    included = [q for index in truth.result.included if (q := given.updates[index].q) is not None]
    return replace(
        truth.result,
        model=model,
        model_root=word_tree.root(encode(model)),
        row_root=rows.row_root([*included, given.previous, given.old, model]),
    )


def wrong_median(truth: Truth) -> SettlementResult:
    """The first update that was included gets the highest score."""
    settled = truth.result.settled
    chosen = truth.result.included[:1]
    scores = tuple(MAX_SCORE if index in chosen else score for index, score in enumerate(settled.scores))
    return replace(truth.result, settled=replace(settled, scores=scores))


def wrong_reward(truth: Truth) -> SettlementResult:
    """The liar's own account holds more than it earned."""
    me = truth.given.aggregator
    ledger = {**truth.result.ledger, me.index: Account(me.operator, truth.result.ledger[me.index].cumulative + PREMIUM)}
    return replace(truth.result, ledger=ledger, rewards=RewardTree(ledger, truth.given.config.reward_depth))


LIES: Mapping[str, Lie] = {"word": wrong_word, "median": wrong_median, "reward": wrong_reward}
"""By variant."""


def lie_of(variant: str) -> Callable[[int], Lie]:
    """What is told in each round: always the same, or one after the other."""
    told = [LIES[variant]] if variant in LIES else list(LIES.values())
    return lambda number: told[(number - 1) % len(told)]
