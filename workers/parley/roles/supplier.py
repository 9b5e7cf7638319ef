"""Answers demands for the data of one's own settlement, from chain and store alone (P-22).

An aggregator that does not answer loses its bond, honest or not. What it posted it can recompute at any time, after a
restart too: the included updates are pinned in its store, and everything else follows from them and the chain.
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.chain.disputed import Demand, node_to_abi
from parley.chain.transactions import outgoing
from parley.chain.view import RoundRecord, View
from parley.errors import ContentError
from parley.metrics import COMPLAINTS
from parley.numerics.descent import STRIDE
from parley.numerics.disproof import Truth, honest_tree
from parley.numerics.faults import Node, Tree
from parley.numerics.fixed_point import encode
from parley.numerics.rows import row_bytes
from parley.numerics.word_tree import WordTree
from parley.roles import worth
from parley.roles.actions import Supply
from parley.roles.recount import posted_of, recounted
from parley.roles.worker import Worker

BATCH = 16
"""Demands answered at once, one transaction each."""


class CannotSupply(ContentError):
    """What was demanded is not what this worker computes."""


class Supplier:
    """Supplies the nodes of the settlement that its operator posted last.

    Args:
        worker: of the aggregator.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._settlement = b""
        self._truth: Truth | None = None
        self._trees: dict[tuple[Tree, int], WordTree] = {}

    def supply(self, view: View, demands: Sequence[Demand]) -> None:
        """Answer demands, a transaction each, all in flight at once.

        Raises:
            ContentError: an update or a model is not to be had any more, or something else was posted.
            ChainError: an answer was refused or not confirmed; the others have arrived.
        """
        disputes = self._worker.contracts.disputes
        messages = [
            outgoing(disputes.functions.supply(view.fid, node_to_abi(d.node), self.content(view, d))) for d in demands
        ]
        self._worker.deliver(messages, [worth.answer(view, d, self._worker.token_price) for d in demands])

    def content(self, view: View, demand: Demand) -> bytes:
        """What answers a demand: the node's descendants up to eight levels down, or the row.

        Raises:
            CannotSupply: the demanded node is not what is computed here.
            ContentError: an update or a model is not to be had.
        """
        record = view.record
        if record is None or record.header is None:
            raise CannotSupply("the settlement that was asked for does not stand any more")
        if demand.settlement != self._settlement:
            self._settlement, self._truth, self._trees = demand.settlement, None, {}
        node, tree = demand.node, self._tree(view, record, demand.node)
        if tree.node(node.level, node.index) != demand.hash:
            raise CannotSupply(
                f"node {node.index} at level {node.level} of the {node.tree.name.lower()} tree is not what was posted",
                hint="what was posted cannot be recomputed here: another version of Parley posted it",
            )
        if node.level == tree.depth:
            return self._row(view, record, node.index)
        return descendants(tree, node)

    def _tree(self, view: View, record: RoundRecord, node: Node) -> WordTree:
        key = (node.tree, node.update)
        if key not in self._trees:
            self._trees[key] = (
                self._update_tree(record, node.update)
                if node.tree == Tree.UPDATE
                else honest_tree(self._recomputed(view, record), node.tree)
            )
        return self._trees[key]

    def _update_tree(self, record: RoundRecord, index: int) -> WordTree:
        reveal = record.reveals[index]
        return WordTree(encode(self._worker.library.get(reveal.root, reveal.digest)))

    def _row(self, view: View, record: RoundRecord, index: int) -> bytes:
        given, result = self._recomputed(view, record).given, self._recomputed(view, record).result
        included = [update.q for place, update in enumerate(given.updates) if place in result.included]
        vectors = [q for q in included if q is not None]
        return row_bytes([*vectors, given.previous, given.old, result.model], index)

    def _recomputed(self, view: View, record: RoundRecord) -> Truth:
        """The settlement that this operator posted, computed anew."""
        if self._truth is None:
            self._truth = recounted(self._worker, view, record, self._worker.operator)
            if self._truth.result.row_root != posted_of(record).row_root:
                COMPLAINTS.labels("own").inc()
                self._worker.log.error(
                    "the settlement that was posted is not what is computed now", round=record.number
                )
        return self._truth


def open_demands(view: View, operator: str) -> tuple[Demand, ...]:
    """The demands on the standing settlement of `operator` that can be answered now, the most urgent first."""
    record = view.record
    if record is None or record.header is None or record.header.aggregator != operator:
        return ()
    settlement = view.hash_of(record.number, record.header)
    waiting = [d for d in record.demands if d.settlement == settlement and d.content is None and view.time < d.deadline]
    return tuple(sorted(waiting, key=lambda d: d.deadline))


def due(view: View) -> Supply | None:
    """The demands that the view's operator answers next, `None` if there are none: a pure function."""
    waiting = open_demands(view, view.operator)
    return Supply(waiting[:BATCH]) if waiting else None


def descendants(tree: WordTree, node: Node) -> bytes:
    """The descendants of a node up to eight levels down, from the left."""
    levels = min(STRIDE, tree.depth - node.level)
    first = node.index << levels
    return b"".join(tree.node(node.level + levels, first + place) for place in range(1 << levels))
