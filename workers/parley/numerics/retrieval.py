"""All words of an update or a model that nobody serves, by demands (P-22, P-23). Pure, as a descent is.

An included update whose words cannot be had keeps everybody from checking the settlement. Whoever posted it had them,
so it is asked for them on chain: 2048 parameters to a demand at best, which is for small vectors; but a poster that
does not have them falls with the first demand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parley.numerics.descent import Demand, descendants
from parley.numerics.faults import Node, Path, Tree
from parley.numerics.fixed_point import WORD_BYTES
from parley.numerics.word_tree import depth


class Retrieval:
    """The way to all words of a tree.

    Args:
        tree: `Tree.UPDATE` or `Tree.MODEL`.
        root: its root, 32 bytes.
        words: how many words the vector has; the padding behind them is not asked for.
        update: reveal index of the update; 0 for the model.

    Raises:
        ValueError: the tree's leaves are not words, or the model is given a reveal index.
    """

    def __init__(self, tree: Tree, root: bytes, words: int, *, update: int = 0) -> None:
        if tree not in (Tree.UPDATE, Tree.MODEL):
            raise ValueError(f"the leaves of {tree.name} are no words of a vector")
        if update and tree is not Tree.UPDATE:
            raise ValueError(f"a model has no reveal index {update}")
        self._root, self._words, self._depth = root, words, depth(words)
        self._top = Node(tree, update, 0, 0)

    def missing(self, supplied: Mapping[Node, bytes]) -> list[Demand]:
        """What can be demanded now, from the left; nothing once all words are known.

        Args:
            supplied: what the nodes of this settlement that were demanded turned out to be, from all `Supplied` events.

        Raises:
            WireError: what was supplied does not hash up to its node.
        """
        return [step for step in self._steps(self._top, self._root, (), supplied) if isinstance(step, Demand)]

    def content(self, supplied: Mapping[Node, bytes]) -> bytes | None:
        """The vector's object, `32 * words` bytes, or `None` while something is `missing`.

        Raises:
            WireError: what was supplied does not hash up to its node.
        """
        parts = []
        for step in self._steps(self._top, self._root, (), supplied):
            if isinstance(step, Demand):
                return None
            parts.append(step)
        return b"".join(parts)

    def _steps(
        self, node: Node, expected: bytes, path: Path, supplied: Mapping[Node, bytes]
    ) -> Iterator[Demand | bytes]:
        """The tree under a node from the left: words that are known, and demands for those that are not."""
        content = supplied.get(node)
        if content is None:
            yield Demand(node, expected, path)
            return
        below = descendants(node, expected, content, self._depth)
        level, first = node.level + below.depth, node.index << below.depth
        used = min(1 << below.depth, -(-self._words // (1 << (self._depth - level))) - first)
        if level == self._depth:
            yield content[: WORD_BYTES * used]
            return
        for i in range(used):
            child = Node(node.tree, node.update, level, first + i)
            yield from self._steps(child, below.node(below.depth, i), (*below.proof(i), *path), supplied)
