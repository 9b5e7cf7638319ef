"""Merkle trees of fixed depth over 32-byte words (P-3). Mirrors `contracts/libraries/WordTree.sol`.

The leaves are the words themselves, `node = keccak256(left ‖ right)`, the depth is fixed by the number of words, and
what is missing on the right is padding, whose nodes are one hash a level and never hashed again. Level 0 is the root,
indices count from the left, a path runs from the leaf upwards, and the lowest bit of the leaf's index is its side at
leaf level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from parley.numerics.fixed_point import WORD_BYTES, Z
from parley.numerics.keccak import Nodes, hash_pairs, keccak256


def depth(words: int) -> int:
    """The fixed depth of a tree over `words` leaves: `ceil(log2(words))`.

    Raises:
        ValueError: fewer than two words.
    """
    if words < 2:
        raise ValueError(f"a word tree has at least two words, not {words}")
    return (words - 1).bit_length()


def uniform_root(leaf: bytes, levels: int) -> bytes:
    """The root of a tree of depth `levels` whose leaves are all `leaf`."""
    node = leaf
    for _ in range(levels):
        node = keccak256(node + node)
    return node


def root(data: bytes) -> bytes:
    """The word root of a vector's bytes, `32 * words` of them."""
    return WordTree(data).root


def root_from(leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf and its siblings lead to, or 32 zero bytes if `index` does not fit a tree of that depth.

    Warning: the depth is that of `path`; compare its length with the depth expected, or use `verify`.
    """
    if index >> len(path):
        return bytes(WORD_BYTES)
    node = leaf
    for sibling in path:
        node = keccak256(sibling + node if index & 1 else node + sibling)
        index >>= 1
    return node


def verify(expected: bytes, leaf: bytes, index: int, path: Sequence[bytes], levels: int) -> bool:
    """Whether `leaf` stands at `index` of the tree of depth `levels` under the root `expected`."""
    return len(path) == levels and expected != bytes(WORD_BYTES) and root_from(leaf, index, path) == expected


def fold_words(nodes: bytes) -> bytes:
    """The node above a full run of descendants of one level: a power of two of 32-byte nodes (P-22).

    Raises:
        ValueError: the nodes are not a power of two of 32 bytes each.
    """
    count = len(nodes) // WORD_BYTES
    if len(nodes) != count * WORD_BYTES or count == 0 or count & (count - 1):
        raise ValueError(f"a run of descendants is a power of two of 32-byte nodes, not {len(nodes)} bytes")
    return nodes if count == 1 else WordTree(nodes).root


class WordTree:
    """A tree with all its levels, to prove any leaf.

    Args:
        leaves: 32-byte leaves from the left, as bytes or as uint8 of shape (n, 32); may be empty if `levels` is given.
        levels: the fixed depth, or `None` for `depth(n)`.
        pad: the leaf that stands where none is given.
        parallel: hash on all threads that numba was given.

    Raises:
        ValueError: the leaves are not whole, or do not fit the depth.
    """

    def __init__(
        self,
        leaves: bytes | Nodes,
        *,
        levels: int | None = None,
        pad: bytes = Z,
        parallel: bool = False,
    ) -> None:
        nodes = _as_nodes(leaves)
        self.depth = depth(len(nodes)) if levels is None else levels
        if len(nodes) > 1 << self.depth:
            raise ValueError(f"{len(nodes)} leaves do not fit a tree of depth {self.depth}")
        self._padding = _padding_nodes(pad, self.depth)
        self._levels = _hash_up(nodes, self._padding, parallel)

    @property
    def root(self) -> bytes:
        """The 32-byte root."""
        return self.node(0, 0)

    def node(self, level: int, index: int) -> bytes:
        """The node at `index` of `level`, 0 being the root's and `depth` the leaves'.

        Raises:
            IndexError: there is no such node.
        """
        if not 0 <= level <= self.depth or not 0 <= index < 1 << level:
            raise IndexError(f"a tree of depth {self.depth} has no node {index} at level {level}")
        nodes = self._levels[level]
        return nodes[index].tobytes() if index < len(nodes) else self._padding[level]

    def proof(self, index: int) -> list[bytes]:
        """The siblings of leaf `index` and of the nodes above it, from the leaf upwards, `depth` of them.

        Raises:
            IndexError: there is no such leaf; padding leaves have proofs too.
        """
        if not 0 <= index < 1 << self.depth:
            raise IndexError(f"a tree of depth {self.depth} has no leaf {index}")
        return [self.node(level, (index >> (self.depth - level)) ^ 1) for level in range(self.depth, 0, -1)]


def _as_nodes(leaves: bytes | Nodes) -> Nodes:
    """The leaves as uint8 of shape (n, 32), without a copy."""
    if isinstance(leaves, np.ndarray):
        nodes: npt.NDArray[np.uint8] = leaves
        if nodes.dtype != np.uint8 or nodes.ndim != 2 or nodes.shape[1] != WORD_BYTES:
            raise ValueError(f"leaves are uint8 (n, 32), not {nodes.dtype} {nodes.shape}")
        return nodes
    if len(leaves) % WORD_BYTES:
        raise ValueError(f"words are 32 bytes each; {len(leaves)} bytes are no whole number of words")
    return np.frombuffer(leaves, np.uint8).reshape(-1, WORD_BYTES)


def _padding_nodes(pad: bytes, levels: int) -> list[bytes]:
    """The padding's node at each level, the root's first."""
    nodes = [pad]
    for _ in range(levels):
        nodes.append(keccak256(nodes[-1] * 2))
    return nodes[::-1]


def _hash_up(leaves: Nodes, padding: list[bytes], parallel: bool) -> list[Nodes]:
    """All levels, the root's first; a level holds only the nodes that are not all padding."""
    levels = [leaves]
    for pad in padding[:0:-1]:
        below = levels[-1]
        if len(below) % 2:
            below = np.concatenate([below, np.frombuffer(pad, np.uint8)[np.newaxis]])
        levels.append(hash_pairs(below, parallel=parallel))
    return levels[::-1]
