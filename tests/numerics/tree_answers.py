"""How a poster answers demands: by the descendants of a node, as many as the contract takes (P-22)."""

from __future__ import annotations

import numpy as np

from parley.numerics.descent import STRIDE
from parley.numerics.faults import Node
from parley.numerics.word_tree import WordTree


def answer(posted: WordTree, node: Node) -> bytes:
    """What is supplied for a node that is no leaf."""
    level = min(node.level + STRIDE, posted.depth)
    run = 1 << (level - node.level)
    return b"".join(posted.node(level, node.index * run + i) for i in range(run))


def random_words(count: int, seed: int = 0) -> bytes:
    """Any words, 32 bytes each."""
    return np.random.default_rng(seed).bytes(32 * count)
