"""All words of a vector by demands: each node once, no padding, and nothing on trust (P-22, P-23)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.descent import STRIDE
from parley.numerics.disproof import Node, Tree
from parley.numerics.errors import WireError
from parley.numerics.fixed_point import WORD_BYTES
from parley.numerics.retrieval import Retrieval
from parley.numerics.word_tree import WordTree, verify
from tests.numerics.tree_answers import answer, random_words

pytestmark = pytest.mark.unit


@given(st.integers(2, 1500), st.integers(0, 2**32), st.sampled_from([Tree.UPDATE, Tree.MODEL]))
def test_retrieval__p22_p23__of_any_size__gives_all_words(words: int, seed: int, tree: Tree) -> None:
    """P-22, P-23: every demand is one that the contract takes, and padding is not asked for."""
    data, update = random_words(words, seed), 3 * (tree is Tree.UPDATE)
    posted = WordTree(data)
    retrieval, supplied = Retrieval(tree, posted.root, words, update=update), dict[Node, bytes]()
    while demands := retrieval.missing(supplied):
        assert retrieval.content(supplied) is None
        for demand in demands:
            node = demand.node
            assert (node.tree, node.update) == (tree, update)
            assert node.level % STRIDE == 0
            assert node.level < posted.depth
            assert node not in supplied
            assert verify(posted.root, demand.hash, node.index, demand.path, node.level)
            assert node.index << (posted.depth - node.level) < words
            supplied[node] = answer(posted, node)
    assert retrieval.content(supplied) == data


def test_retrieval__more_than_two_steps__gives_all_words() -> None:
    """P-22: D = 17 goes through three levels of demands."""
    words = 2**16 + 2
    data = random_words(words, 5)
    posted = WordTree(data)
    retrieval, supplied = Retrieval(Tree.MODEL, posted.root, words), dict[Node, bytes]()
    levels = []
    while demands := retrieval.missing(supplied):
        levels.append((demands[0].node.level, len(demands)))
        supplied |= {demand.node: answer(posted, demand.node) for demand in demands}
    assert levels == [(0, 1), (8, 129), (16, 2**15 + 1)]
    assert retrieval.content(supplied) == data


def test_retrieval__content_of_another_tree__refused() -> None:
    """F-45: what does not hash up to its node is none."""
    posted = WordTree(random_words(300, 1))
    top = Node(Tree.MODEL, 0, 0, 0)
    retrieval = Retrieval(Tree.MODEL, posted.root, 300)
    for content, why in ((bytes(8192), "hashes to 0x"), (answer(posted, top)[WORD_BYTES:], "are 8192 bytes, not 8160")):
        with pytest.raises(WireError, match=why):
            retrieval.missing({top: content})
        with pytest.raises(WireError, match=why):
            retrieval.content({top: content})


def test_retrieval__of_trees_without_words__refused() -> None:
    for tree in (Tree.ROW, Tree.REWARD):
        with pytest.raises(ValueError, match="no words"):
            Retrieval(tree, bytes(32), 5)
    with pytest.raises(ValueError, match="no reveal index 2"):
        Retrieval(Tree.MODEL, bytes(32), 5, update=2)
