"""The first cheapest disproof of a posted settlement, given what should have been posted (DESIGN section 7).

What chain data alone show comes first: medians, norm, sum, rewards. Then the rows and the model. What can be shown
without a demand is. An honest settlement has no fault; any other has one, or a posted tree to `Search`: then a
`descent.Descent` leads to a wrong leaf, and `conclude` says which call shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from parley.numerics.descent import Found
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
from parley.numerics.settlement import SettlementInput, SettlementResult
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
    "find_in_rows",
    "find_in_scores",
    "honest_tree",
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
    raise NotImplementedError


def find_in_scores(posted: Posted, given: SettlementInput, members: Sequence[str]) -> Fault | Search | None:
    """`find` as far as chain data alone show it: medians, norm, sum, rewards. Needs no update and no model.

    Args:
        posted: the settlement.
        given: the committed data, with whoever posted it as aggregator; the `q` of updates and models are not read.
        members: the operators by member index, all that are given.
    """
    raise NotImplementedError


def find_in_rows(posted: Posted, truth: Truth, posted_model: bytes | None = None) -> Fault | Search | None:
    """`find` in the rows and the model, where medians are right. Arguments as of `find`."""
    raise NotImplementedError


def honest_tree(truth: Truth, tree: Tree) -> WordTree:
    """The tree of rows, of the new model or of the rewards as it should have been posted.

    At a million rows and a hundred updates it takes 64 MiB, and half a minute.

    Raises:
        ValueError: `tree` is an update's.
    """
    raise NotImplementedError


def conclude(tree: Tree, found: Found, truth: Truth) -> Fault:
    """The call that shows a wrong leaf of a posted tree.

    Args:
        tree: the tree that was searched; medians are right, and for a model the posted row root is.
        found: what the descent ended in.
        truth: what should have been posted.

    Raises:
        ValueError: the leaf is the honest one.
    """
    raise NotImplementedError


def find_beyond_clip(content: bytes, operator: str, clip: int, params: int) -> BeyondClip | None:
    """The first parameter of a revealed update that is beyond the clip, or `None` (P-2).

    Args:
        content: the update's words, which hash to its revealed root: `32 * words` bytes.
        operator: its trainer.
        clip: the largest |q| allowed.
        params: the number of parameters P; padding lanes are no parameters.
    """
    raise NotImplementedError
