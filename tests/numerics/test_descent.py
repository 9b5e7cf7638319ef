"""From a posted root to a wrong leaf by demands, at every depth, whatever and however much is wrong (P-22)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.descent import STRIDE, Demand, Descent, Found
from parley.numerics.disproof import Node, Tree
from parley.numerics.errors import WireError
from parley.numerics.rows import row_leaf
from parley.numerics.word_tree import WordTree, verify
from tests.numerics.tree_answers import answer, random_words

pytestmark = pytest.mark.unit

ROW = b"a row" * 13


def leaves(depth: int, seed: int = 0) -> bytes:
    return random_words(1 << depth, seed)


def altered(honest: bytes, changes: dict[int, bytes]) -> WordTree:
    """A tree with other leaves at these indices."""
    words = bytearray(honest)
    for index, leaf in changes.items():
        words[32 * index : 32 * index + 32] = leaf
    return WordTree(bytes(words), levels=(len(honest) // 32 - 1).bit_length())


def walk(descent: Descent, posted: WordTree, tree: Tree, supplied: dict[Node, bytes]) -> tuple[list[Demand], Found]:
    """Demand and supply until the leaf is found; every demand must be one that the contract takes."""
    demands: list[Demand] = []
    while isinstance(step := descent.next(supplied), Demand):
        node = step.node
        leaf = tree is Tree.ROW and node.level == posted.depth
        assert node.update == 0
        assert node.tree is tree
        assert leaf or (node.level % STRIDE == 0 and node.level < posted.depth)
        assert verify(posted.root, step.hash, node.index, step.path, node.level)
        assert node not in supplied
        supplied[node] = ROW if leaf else answer(posted, node)
        demands.append(step)
    return demands, step


trees = st.sampled_from([Tree.ROW, Tree.MODEL, Tree.REWARD])


@given(st.data(), st.integers(1, 12), trees, st.integers(0, 2**32))
def test_next__p22__any_number_of_wrong_leaves__leads_to_one(
    data: st.DataObject, depth: int, tree: Tree, seed: int
) -> None:
    """P-22: in at most ceil(D / 8) + 1 demands, each node once, to a leaf that is wrong and its path."""
    honest = leaves(depth, seed)
    wrong = data.draw(st.sets(st.integers(0, 2**depth - 1), min_size=1, max_size=9))
    posted = altered(honest, {index: row_leaf(ROW) for index in wrong})
    demands, found = walk(Descent(tree, WordTree(honest, levels=depth), posted.root), posted, tree, {})
    assert len(demands) == -(-depth // STRIDE) + (tree is Tree.ROW)
    assert found.index in wrong
    assert found.content == (ROW if tree is Tree.ROW else row_leaf(ROW))
    assert verify(posted.root, row_leaf(ROW), found.index, found.path, depth)


@pytest.mark.parametrize("index", [0, 777_777, 2**20 - 1])
def test_next__p22__a_million_rows__four_demands(index: int) -> None:
    """P-22: D = 20 takes four demands, at the levels 0, 8, 16 and 20."""
    honest = leaves(20)
    posted = altered(honest, {index: row_leaf(ROW)})
    demands, found = walk(Descent(Tree.ROW, WordTree(honest), posted.root), posted, Tree.ROW, {})
    assert [demand.node.level for demand in demands] == [0, 8, 16, 20]
    assert [demand.node.index for demand in demands] == [0, index >> 12, index >> 4, index]
    assert found == Found(index, ROW, found.path)


def test_next__honest_padding__is_compared_too() -> None:
    """P-3: leaves beyond the words given are padding; a wrong one is found."""
    honest = WordTree(leaves(3)[: 32 * 5], levels=3)
    full = b"".join(honest.node(3, i) for i in range(8))
    posted = altered(full, {6: bytes(32)})
    _, found = walk(Descent(Tree.MODEL, honest, posted.root), posted, Tree.MODEL, {})
    assert (found.index, found.content) == (6, bytes(32))


def test_next__others_demanded_elsewhere__their_answers_are_used() -> None:
    """P-22: what is known already needs no fee: of three wrong leaves the one whose way is open, else the first."""
    honest, wrong = leaves(10), dict.fromkeys((100, 500, 900), row_leaf(ROW))
    posted = altered(honest, wrong)
    descent = Descent(Tree.ROW, WordTree(honest), posted.root)
    supplied = {node: answer(posted, node) for node in (Node(Tree.ROW, 0, 0, 0), Node(Tree.ROW, 0, 8, 500 >> 2))}
    demands, found = walk(descent, posted, Tree.ROW, supplied)
    assert [demand.node for demand in demands] == [Node(Tree.ROW, 0, 10, 500)]
    assert found.index == 500
    assert walk(descent, posted, Tree.ROW, {})[1].index == 100


def test_next__same_answers__same_step() -> None:
    """P-18: it keeps no state, so that a watcher goes on after a crash."""
    honest = leaves(9)
    posted = altered(honest, {5: row_leaf(ROW)})
    supplied: dict[Node, bytes] = {}
    _, found = walk(Descent(Tree.ROW, WordTree(honest), posted.root), posted, Tree.ROW, supplied)
    fresh = Descent(Tree.ROW, WordTree(honest), posted.root)
    assert fresh.next(supplied) == fresh.next(supplied) == found


def one_wrong() -> tuple[Descent, WordTree]:
    honest = leaves(9)
    posted = altered(honest, {5: row_leaf(ROW)})
    return Descent(Tree.ROW, WordTree(honest), posted.root), posted


@pytest.mark.parametrize("cut", [0, 32, 32 * 255, 32 * 257, 31])
def test_next__content_of_another_length__refused(cut: int) -> None:
    """F-45: lengths are not taken on trust."""
    descent, posted = one_wrong()
    root = Node(Tree.ROW, 0, 0, 0)
    content = (answer(posted, root) * 2)[:cut]
    with pytest.raises(WireError, match=f"are 8192 bytes, not {cut}"):
        descent.next({root: content})


def test_next__content_of_another_tree__refused() -> None:
    """F-45: content that does not hash up to its node is none."""
    descent, posted = one_wrong()
    root, inner, leaf = (Node(Tree.ROW, 0, *place) for place in ((0, 0), (8, 2), (9, 5)))
    top, below = answer(posted, root), answer(posted, inner)
    with pytest.raises(WireError, match="was supplied hashes to 0x"):
        descent.next({root: bytes(32) + top[32:]})
    with pytest.raises(WireError, match="was supplied hashes to 0x"):
        descent.next({root: top, inner: below[32:] + below[:32]})
    with pytest.raises(WireError, match="the row that was supplied does not hash"):
        descent.next({root: top, inner: below, leaf: ROW + b"."})
    assert isinstance(descent.next({root: top, inner: below, leaf: ROW}), Found)


def test_descent__nothing_to_find__refused() -> None:
    honest = WordTree(leaves(4))
    with pytest.raises(ValueError, match="nothing to find"):
        Descent(Tree.ROW, honest, honest.root)
    with pytest.raises(ValueError, match="committed to"):
        Descent(Tree.UPDATE, honest, bytes(32))


def test_demand__repr__is_short() -> None:
    """Paths and rows would drown a log."""
    demand = Demand(Node(Tree.ROW, 0, 8, 3), bytes(32), tuple([bytes(32)] * 8))
    assert len(repr(replace(demand, hash=b""))) < 100
