"""Compares a posted settlement with what it should have been, and follows what is wrong down to one leaf.

Chain data come first: medians, norm, sum and rewards need no update and no model. For the rest all included updates are
needed. Where one is not to be had:

* A majority of the evaluators fetched it, or it would not be included, and they serve it for three more rounds. So a
  watcher waits and asks again for half of the challenge.
* Then it demands the update (P-22), if one demand brings all of it: up to 256 words. Whoever posted the settlement must
  have had it, and falls if it stays silent.
* A larger update is not demanded: a demand brings 256 nodes, so a million words would take thousands, and each costs a
  fee. The watcher says aloud that it cannot judge. Its store should reach the evaluators; any of them may watch, too.

A model that its CID does not lead to is no fault (P-23), it is only not used for a proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parley.chain.view import RoundRecord, View
from parley.errors import ChainError, ContentError
from parley.numerics import descent
from parley.numerics.descent import STRIDE, Descent, Found
from parley.numerics.disproof import (
    Posted,
    Truth,
    conclude,
    find_in_rows,
    find_in_scores,
    honest_tree,
    reward_fault,
)
from parley.numerics.faults import Fault, Node, Search, Tree
from parley.numerics.fixed_point import words_for
from parley.numerics.reward_disproof import honest_rewards
from parley.numerics.settlement import SettlementInput
from parley.numerics.word_tree import WordTree, depth
from parley.roles.recount import UpdateMissing, committed_data, members_of, posted_of, truth_of, with_content
from parley.roles.worker import Worker


@dataclass(frozen=True, slots=True)
class Sound:
    """The settlement is what it must be."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """It is not, and one call shows it."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Lead:
    """It is not, or it cannot be judged, and a node must be learnt first."""

    wanted: descent.Demand


@dataclass(frozen=True, slots=True)
class Unclear:
    """It cannot be judged now.

    Attributes:
        reason: why, for people.
    """

    reason: str


Finding = Sound | Wrong | Lead | Unclear


class Inspector:
    """Judges the standing settlement. What it keeps is rebuilt from chain and store after a restart.

    Args:
        worker: connection and store.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._case: _Case | None = None

    def inspect(self, view: View, record: RoundRecord) -> Finding:
        """Judge the settlement that stands in a record.

        Raises:
            ChainError: an earlier final settlement was wrong, or the node's logs are incomplete.
        """
        if record.header is None:
            return Sound()
        settlement = view.hash_of(record.number, record.header)
        key = (settlement, record.reveal_order, record.vectors)
        if self._case is None or self._case.key != key:
            given = committed_data(self._worker, view, record, record.header.aggregator)
            self._case = _Case(key, posted_of(record), given, members_of(view))
        supplied = supplied_for(record, settlement)
        try:
            if self._case.verdict is None:
                self._judge(view, record, self._case, supplied)
            return self._case.finding(supplied)
        except UpdateMissing as missing:
            return _without_update(view, record, missing, supplied)
        except ContentError as error:
            return Unclear(error.message)

    def _judge(self, view: View, record: RoundRecord, case: _Case, supplied: Mapping[Node, bytes]) -> None:
        """Find the first cheapest fault; a tree to search only where nothing can be shown without demands."""
        case.verdict = find_in_scores(case.posted, case.given, case.members)
        if case.verdict is not None and not isinstance(case.verdict, Search):
            return
        in_scores, case.verdict = case.verdict, None
        try:
            self._adopt(record, supplied)
            case.truth = truth_of(view, with_content(self._worker, view, record, case.given))
        except ContentError:
            if in_scores is None:
                raise
            case.verdict = in_scores
            return
        in_rows = find_in_rows(case.posted, case.truth, self._posted_model(record, case.truth))
        searched = in_rows is None or isinstance(in_rows, Search)
        case.verdict = (in_scores or in_rows or Sound()) if searched else in_rows

    def _posted_model(self, record: RoundRecord, truth: Truth) -> bytes | None:
        """The words that the posted CID leads to, if they are those of the posted root (P-23)."""
        s = record.settlement
        if s is None or s.model_root == truth.result.model_root:
            return None
        try:
            return self._worker.library.words(s.model_root, s.model_digest)
        except ContentError as error:
            self._worker.log.info("the posted model is not to be had", round=record.number, reason=error.message)
            return None

    def _adopt(self, record: RoundRecord, supplied: Mapping[Node, bytes]) -> None:
        """Take in updates that were supplied on chain: whoever posted the settlement served them to us."""
        size = self._worker.library.size
        for node, content in supplied.items():
            if node.tree == Tree.UPDATE and node.level == 0 and len(content) >= size:
                self._worker.library.adopt(record.reveals[node.update].root, content[:size])


@dataclass(slots=True)
class _Case:
    """One settlement, and how far its inspection has come."""

    key: tuple[object, ...]
    posted: Posted
    given: SettlementInput
    members: tuple[str, ...]
    truth: Truth | None = None
    verdict: Fault | Search | Sound | None = None
    descent: Descent | None = None

    def finding(self, supplied: Mapping[Node, bytes]) -> Finding:
        """The verdict, or the next step towards it."""
        match self.verdict:
            case None:
                return Unclear("the settlement has not been judged")
            case Sound():
                return self.verdict
            case Search(tree):
                return self._searched(tree, supplied)
            case fault:
                return Wrong(fault)

    def _searched(self, tree: Tree, supplied: Mapping[Node, bytes]) -> Finding:
        if self.descent is None:
            self.descent = Descent(tree, self._honest(tree), self._root(tree))
        step = self.descent.next(supplied)
        if not isinstance(step, Found):
            return Lead(step)
        if tree == Tree.REWARD:
            return Wrong(reward_fault(step.index, step.content, step.path, self.given, self.members))
        return Wrong(conclude(tree, step, self._whole()))

    def _honest(self, tree: Tree) -> WordTree:
        return honest_rewards(self.given) if tree == Tree.REWARD else honest_tree(self._whole(), tree)

    def _root(self, tree: Tree) -> bytes:
        roots = {
            Tree.ROW: self.posted.row_root,
            Tree.MODEL: self.posted.model_root,
            Tree.REWARD: self.posted.reward_root,
        }
        return roots[tree]

    def _whole(self) -> Truth:
        """What the settlement should have been; rows and model are only searched where it is known."""
        if self.truth is None:
            raise ChainError("rows and models are judged by their content, which is not there")
        return self.truth


def supplied_for(record: RoundRecord, settlement: bytes) -> dict[Node, bytes]:
    """All that was supplied of the trees of a settlement."""
    return {
        demand.node: demand.content
        for demand in record.demands
        if demand.settlement == settlement and demand.content is not None
    }


def _without_update(
    view: View, record: RoundRecord, missing: UpdateMissing, supplied: Mapping[Node, bytes]
) -> Lead | Unclear:
    """Wait for the words of an included update, or demand them: see above."""
    node = Node(Tree.UPDATE, missing.index, 0, 0)
    small = depth(words_for(view.terms.params)) <= STRIDE
    patient = view.round.final_at - view.time > view.policy.challenge // 2
    if patient or not small or node in supplied:
        return Unclear(missing.message)
    return Lead(descent.Demand(node, record.reveals[missing.index].root, ()))
