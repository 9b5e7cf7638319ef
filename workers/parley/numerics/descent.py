"""From the root of a posted tree to a leaf that is wrong, by demands (P-22). Pure: what was supplied is an argument.

Whoever computed the honest tree demands the root, then the child that differs, then its child, each eight levels below
the last, and so knows the wrong leaf and its path: of a tree over a million rows in four demands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.numerics.errors import WireError
from parley.numerics.faults import Node, Path, Tree
from parley.numerics.fixed_point import WORD_BYTES
from parley.numerics.rows import row_leaf
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
        if tree is Tree.UPDATE:
            raise ValueError("an update's tree is what its trainer committed to: it has no honest one beside it")
        if posted == honest.root:
            raise ValueError("the posted root is the honest one: there is nothing to find")
        self._tree, self._honest, self._posted = tree, honest, posted

    def next(self, supplied: Mapping[Node, bytes]) -> Demand | Found:
        """The next step, given all that was supplied so far.

        Args:
            supplied: what the nodes of this settlement that were demanded turned out to be, from all `Supplied` events.

        Returns:
            The node to demand, which may be demanded already and wait for its answer; or the wrong leaf.

        Raises:
            WireError: what was supplied does not hash up to its node.
        """
        node, posted = Node(self._tree, 0, 0, 0), self._posted
        path: Path = ()
        while (content := supplied.get(node)) is not None:
            if node.level == self._honest.depth:
                return Found(node.index, _row(node, posted, content), path)
            opened = descendants(node, posted, content, self._honest.depth)
            child = self._differing(node, opened, supplied)
            place = child.index & ((1 << opened.depth) - 1)
            node, posted, path = child, opened.node(opened.depth, place), (*opened.proof(place), *path)
            if node.level == self._honest.depth and self._tree is not Tree.ROW:
                return Found(node.index, posted, path)
        return Demand(node, posted, path)

    def _differing(self, node: Node, opened: WordTree, supplied: Mapping[Node, bytes]) -> Node:
        """The first descendant that is not the honest one; better one that is known already."""
        level, first = node.level + opened.depth, node.index << opened.depth
        differing = [
            Node(node.tree, node.update, level, first + i)
            for i in range(1 << opened.depth)
            if opened.node(opened.depth, i) != self._honest.node(level, first + i)
        ]
        return next((child for child in differing if child in supplied), differing[0])


def descendants(node: Node, expected: bytes, content: bytes, depth: int) -> WordTree:
    """What was supplied for a node that is no leaf, as a tree of its own.

    Args:
        node: which node.
        expected: the node itself, 32 bytes.
        content: its descendants `STRIDE` levels down, or at the leaf level if that is nearer.
        depth: the depth of the whole tree.

    Raises:
        WireError: the content has another length, or does not hash up to the node.
    """
    levels = min(STRIDE, depth - node.level)
    if len(content) != WORD_BYTES << levels:
        raise WireError(f"the descendants of {node} are {WORD_BYTES << levels} bytes, not {len(content)}")
    tree = WordTree(content, levels=levels)
    if tree.root != expected:
        raise WireError(f"what was supplied hashes to 0x{tree.root.hex()}, not to {node}")
    return tree


def _row(node: Node, expected: bytes, content: bytes) -> bytes:
    """A supplied row."""
    if row_leaf(content) != expected:
        raise WireError(f"the row that was supplied does not hash to {node}")
    return content
