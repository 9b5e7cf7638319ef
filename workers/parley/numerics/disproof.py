"""The first cheapest disproof of a posted settlement, given what should have been posted (DESIGN section 7).

What chain data alone show comes first: medians, norm, sum, rewards. Then the rows and the model. A posted tree to
`Search` comes last: what can be shown without a demand is. An honest settlement has no fault; any other has one, or
such a tree, in which a `descent.Descent` leads to a wrong leaf, and `conclude` says which call shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from parley.numerics import scoring, word_tree
from parley.numerics.descent import Found
from parley.numerics.errors import MissingUpdate, WireError
from parley.numerics.faults import (
    NOBODY,
    BeyondClip,
    Fault,
    Node,
    Path,
    RowFault,
    Search,
    Tree,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
)
from parley.numerics.fixed_point import LANES, WORD_BYTES, Quantised, encode, size_for, words_for
from parley.numerics.reward_disproof import find_in_rewards, honest_rewards, reward_fault
from parley.numerics.rewards import Ledger
from parley.numerics.row_checks import MODELS, NEW, OFFSET, PREVIOUS, find_wrong_lane, words_of
from parley.numerics.rows import row_bytes, row_tree
from parley.numerics.scoring import SettledScores
from parley.numerics.settlement import SettlementInput, SettlementResult, settle_rewards, settle_scores
from parley.numerics.word_tree import WordTree

__all__ = [
    "NOBODY",
    "BeyondClip",
    "Fault",
    "Node",
    "Path",
    "Posted",
    "RowFault",
    "Search",
    "Tree",
    "Truth",
    "WrongArithmetic",
    "WrongEarned",
    "WrongMedian",
    "WrongNewModel",
    "WrongOldModel",
    "WrongReward",
    "WrongUpdate",
    "conclude",
    "find",
    "find_beyond_clip",
    "find_in_rewards",
    "find_in_rows",
    "find_in_scores",
    "honest_tree",
    "model_fault",
    "reward_fault",
    "row_fault",
]


@dataclass(frozen=True, slots=True)
class Posted:
    """What a settlement claims.

    Attributes:
        medians: settled scores and scales on the wire, 4 bytes for each revealed update (the coordinator sees to that).
        norm: R (P-25).
        earned: the sum of the round's rewards, in wei.
        row_root: root of the row tree.
        model_root: root of the new model.
        reward_root: root of the reward tree.
    """

    medians: bytes = field(repr=False)
    norm: int
    earned: int
    row_root: bytes
    model_root: bytes
    reward_root: bytes


@dataclass(frozen=True, slots=True)
class Truth:
    """What the settlement should have been.

    Attributes:
        given: the committed data, with whoever posted the settlement as aggregator.
        result: `settlement.settle(given)`.
        members: the operators by member index, all that are given.
    """

    given: SettlementInput
    result: SettlementResult
    members: Sequence[str]


def find(posted: Posted, truth: Truth, posted_model: bytes | None = None) -> Fault | Search | None:
    """The first cheapest disproof, a tree to search, or `None` for an honest settlement.

    Args:
        posted: the settlement.
        truth: what it should have been.
        posted_model: the object that the posted model's CID leads to, `32 * words` bytes, or `None` if it could not be
            had. One that does not hash to the posted root is as good as none.

    Raises:
        ValueError: the medians have another length than 4 bytes an update, which the coordinator refuses.
    """
    in_scores = find_in_scores(posted, truth.given, truth.members)
    if in_scores is not None and not isinstance(in_scores, Search):
        return in_scores
    in_rows = find_in_rows(posted, truth, posted_model)
    shown = in_rows is not None and not isinstance(in_rows, Search)
    return in_rows if shown or in_scores is None else in_scores


def find_in_scores(posted: Posted, given: SettlementInput, members: Sequence[str]) -> Fault | Search | None:
    """`find` as far as chain data alone show it: medians, norm, sum, rewards. Needs no update and no model.

    Args:
        posted: the settlement.
        given: the committed data, with whoever posted it as aggregator; the `q` of updates and models are not read.
        members: the operators by member index, all that are given.

    Raises:
        ValueError: as of `find`.
    """
    settled = settle_scores(given.votes, len(given.updates))
    return (
        _find_median(posted, settled)
        or _find_earned(posted, settle_rewards(given, settled))
        or find_in_rewards(posted.reward_root, given, members)
    )


def find_in_rows(posted: Posted, truth: Truth, posted_model: bytes | None = None) -> Fault | Search | None:
    """`find` in the rows and the model, where medians are right. Arguments as of `find`."""
    rows_right = posted.row_root == truth.result.row_root
    if rows_right and posted.model_root == truth.result.model_root:
        return None
    model = _known_model(posted.model_root, truth.given, posted_model)
    if model is None:
        return Search(Tree.MODEL if rows_right else Tree.ROW)
    if rows_right:
        return _wrong_model(model, truth)
    return _wrong_rows_of(model, posted.row_root, truth) or Search(Tree.ROW)


def honest_tree(truth: Truth, tree: Tree) -> WordTree:
    """The tree of rows, of the new model or of the rewards as it should have been posted.

    Rows are hashed block by block: over a million of them the tree takes 64 MiB, however many updates there are.

    Raises:
        ValueError: `tree` is an update's.
        MissingUpdate: an included update's words are missing.
    """
    if tree is Tree.ROW:
        return row_tree(_row_vectors(truth))
    if tree is Tree.MODEL:
        return WordTree(truth.result.model_bytes)
    if tree is Tree.REWARD:
        return honest_rewards(truth.given)
    raise ValueError("an update's tree is what its trainer committed to: it has no honest one beside it")


def conclude(tree: Tree, found: Found, truth: Truth) -> Fault:
    """The call that shows a wrong leaf of a posted tree.

    Args:
        tree: the tree that was searched; medians are right, and for a model the posted row root is.
        found: what the descent ended in.
        truth: what should have been posted.

    Raises:
        ValueError: the leaf is the honest one, or `tree` is an update's.
        MissingUpdate: an included update's words are missing.
    """
    if tree is Tree.ROW:
        return row_fault(found, truth)
    if tree is Tree.MODEL:
        return model_fault(found.index, found.content, found.path, truth)
    if tree is Tree.REWARD:
        return reward_fault(found.index, found.content, found.path, truth.given, truth.members)
    raise ValueError("an update's tree is what its trainer committed to: no leaf of it is wrong")


def row_fault(found: Found, truth: Truth) -> RowFault:
    """What is wrong with a posted row, as one of the three calls that show it.

    Raises:
        ValueError: the row is the honest one.
        MissingUpdate: an included update's words are missing.
    """
    vectors = _row_vectors(truth)
    honest = row_bytes(vectors, found.index)
    if found.content == honest:
        raise ValueError(f"row {found.index} is as it should be")
    if found.index >= words_for(truth.given.config.params):
        return WrongArithmetic(found.content, found.index, found.path, 0, 0, 0)
    wrong = find_wrong_lane(truth.given.config, truth.result.settled, found.content)
    if wrong is not None:
        return WrongArithmetic(found.content, found.index, found.path, wrong.lane, wrong.lo, wrong.hi)
    # of the right length and consistent in itself, so that one of the words that it starts from is wrong
    pairs = zip(words_of(found.content), words_of(honest), strict=True)
    place = next(i for i, (posted, word) in enumerate(pairs) if posted != word)
    return _wrong_word(found, vectors, place)


def model_fault(index: int, word: bytes, path: Path, truth: Truth) -> WrongNewModel:
    """That a word under the posted model root is not the one in the posted rows, which are right.

    Args:
        index: the word's, below `2^D`.
        word: the posted word.
        path: from the word to the posted model root.
        truth: what should have been posted.

    Raises:
        ValueError: the word is the honest one.
        MissingUpdate: an included update's words are missing.
    """
    vectors = _row_vectors(truth)
    row = row_bytes(vectors, index)
    if words_of(row)[NEW] == word:
        raise ValueError(f"word {index} of the model is as it should be")
    return WrongNewModel(row, index, tuple(row_tree(vectors).proof(index)), word, path)


def find_beyond_clip(content: bytes, operator: str, clip: int, params: int) -> BeyondClip | None:
    """The first parameter of a revealed update that is beyond the clip, or `None` (P-2).

    Args:
        content: the update's words, which hash to its revealed root: `32 * words` bytes.
        operator: its trainer.
        clip: the largest |q| allowed.
        params: the number of parameters P; padding lanes are no parameters.

    Raises:
        WireError: the content has another length.
    """
    if len(content) != size_for(params):
        raise WireError(f"{params} parameters are {size_for(params)} bytes, not {len(content)}")
    lanes = np.frombuffer(content, ">u4", params).astype(np.int64) - OFFSET
    beyond = np.flatnonzero(np.abs(lanes) > clip)
    if not len(beyond):
        return None
    parameter = int(beyond[0])
    tree, index = WordTree(content), parameter // LANES
    return BeyondClip(operator, parameter, tree.node(tree.depth, index), tuple(tree.proof(index)))


def _find_median(posted: Posted, settled: SettledScores) -> WrongMedian | None:
    """The first wrong entry, or the norm."""
    honest = scoring.encode_medians(settled)
    if len(posted.medians) != len(honest):
        raise ValueError(f"medians of {len(settled.scores)} updates are {len(honest)} bytes, not {len(posted.medians)}")
    if posted.medians != honest:
        return WrongMedian(next(i for i, (a, b) in enumerate(zip(posted.medians, honest, strict=True)) if a != b) // 4)
    return WrongMedian(len(settled.scores)) if posted.norm != settled.norm else None


def _find_earned(posted: Posted, earned: Ledger) -> WrongEarned | None:
    total = sum(account.cumulative for account in earned.values())
    return WrongEarned() if posted.earned != total else None


def _known_model(root: bytes, given: SettlementInput, fetched: bytes | None) -> bytes | None:
    """The words under the posted model root, if they were fetched or are those of a model of before."""
    candidates = [encode(given.old), encode(given.previous)]
    if fetched is not None and len(fetched) == size_for(given.config.params):
        candidates.insert(0, fetched)
    return next((model for model in candidates if word_tree.root(model) == root), None)


def _wrong_model(model: bytes, truth: Truth) -> WrongNewModel:
    """The first word of the posted model that is not the one of the rows, which are right."""
    tree, index = WordTree(model), _first_difference(model, truth.result.model_bytes)
    return model_fault(index, tree.node(tree.depth, index), tuple(tree.proof(index)), truth)


def _wrong_rows_of(model: bytes, row_root: bytes, truth: Truth) -> RowFault | None:
    """The first row that is wrong, if the posted rows are the right ones but for the posted model's words."""
    vectors = _row_vectors(truth)
    tree = row_tree(vectors, model=model)
    if tree.root != row_root:
        return None
    index = _first_difference(model, truth.result.model_bytes)
    row = row_bytes(vectors, index)[:-WORD_BYTES] + model[WORD_BYTES * index : WORD_BYTES * (index + 1)]
    return row_fault(Found(index, row, tuple(tree.proof(index))), truth)


def _first_difference(posted: bytes, honest: bytes) -> int:
    """The first word that differs; there is one."""
    differ = np.frombuffer(posted, np.uint64) != np.frombuffer(honest, np.uint64)
    return int(np.argmax(differ)) * 8 // WORD_BYTES


def _wrong_word(found: Found, vectors: Sequence[Quantised], place: int) -> WrongUpdate | WrongOldModel:
    """The call for a word of a row that is not the one of the vector in its place, with the proof of the right one."""
    tree, included = WordTree(encode(vectors[place])), len(vectors) - MODELS
    word, path = tree.node(tree.depth, found.index), tuple(tree.proof(found.index))
    if place < included:
        return WrongUpdate(found.content, found.index, found.path, place, word, path)
    previous = place == len(vectors) + PREVIOUS
    return WrongOldModel(found.content, found.index, found.path, previous, word, path)


def _row_vectors(truth: Truth) -> list[Quantised]:
    """What rows are made of: the included updates, then the three models."""
    vectors = []
    for i in truth.result.included:
        q = truth.given.updates[i].q
        if q is None:
            raise MissingUpdate(i)
        vectors.append(q)
    return [*vectors, truth.given.previous, truth.given.old, truth.result.model]
