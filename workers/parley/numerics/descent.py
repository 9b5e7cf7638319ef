"""From the root of a posted tree to a leaf that is wrong, by demands (P-22). Pure: what was supplied is an argument.

Whoever computed the honest tree demands the root, then the child that differs, then its child, each eight levels below
the last, and so knows the wrong leaf and its path: of a tree over a million rows in four demands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.numerics.faults import Node, Path, Tree
from parley.numerics.word_tree import WordTree

STRIDE = 8
"""Levels between a demanded node and what is supplied for it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What to demand next: the arguments of `IDisputes.demand` after the medians.

    Attributes:
        node: which node.
        hash: the posted node, 32 bytes.
        path: its siblings up to the posted root.
    """

    node: Node
    hash: bytes
    path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """A leaf of the posted tree that is not the honest one.

    Attributes:
        index: the leaf's, from the left.
        content: the row, or the leaf itself in the other trees.
        path: from the leaf to the posted root.
    """

    index: int
    content: bytes = field(repr=False)
    path: Path = field(repr=False)


class Descent:
    """The way down a posted tree.

    Args:
        tree: which tree; never an update's, whose root its trainer committed to.
        honest: the tree as it should have been posted, `disproof.honest_tree`.
        posted: the root that was posted, 32 bytes.

    Raises:
        ValueError: the posted root is the honest one, or `tree` is an update's.
    """

    def __init__(self, tree: Tree, honest: WordTree, posted: bytes) -> None:
        raise NotImplementedError

    def next(self, supplied: Mapping[Node, bytes]) -> Demand | Found:
        """The next step, given all that was supplied so far.

        Args:
            supplied: what the nodes of this settlement that were demanded turned out to be, from all `Supplied` events.

        Returns:
            The node to demand, which may be demanded already and wait for its answer; or the wrong leaf.

        Raises:
            WireError: what was supplied does not hash up to its node.
        """
        raise NotImplementedError
