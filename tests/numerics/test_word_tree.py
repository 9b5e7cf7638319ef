"""Merkle trees of fixed depth (P-3) against trees with every padding leaf spelt out."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics import word_tree
from parley.numerics.fixed_point import Z, encode
from parley.numerics.word_tree import WordTree, depth, fold_words, root, root_from, uniform_root, verify
from tests.numerics import reference

pytestmark = pytest.mark.unit

words = st.binary(min_size=32, max_size=32)


def random_words(count: int, seed: int = 0) -> list[bytes]:
    return [row.tobytes() for row in np.random.default_rng(seed).integers(0, 256, (count, 32), np.uint8)]


@given(st.integers(2, 2**40))
def test_depth__p3__is_the_least_that_holds_the_words(count: int) -> None:
    """P-3: D = ceil(log2(words))."""
    levels = depth(count)
    assert 2 ** (levels - 1) < count <= 2**levels


@pytest.mark.parametrize("count", [-1, 0, 1])
def test_depth__fewer_than_two_words__refused(count: int) -> None:
    with pytest.raises(ValueError, match="at least two"):
        depth(count)


@pytest.mark.parametrize("count", [*range(2, 35), 63, 64, 65, 127, 129])
def test_word_tree__p3__every_node_is_that_of_the_padded_tree(count: int) -> None:
    """P-3: padded with Z, level 0 the root, indices from the left."""
    leaves = random_words(count)
    tree = WordTree(b"".join(leaves))
    levels = reference.tree(leaves, depth(count), Z)
    assert tree.root == levels[0][0] == root(b"".join(leaves))
    for level, nodes in enumerate(levels):
        assert [tree.node(level, i) for i in range(len(nodes))] == nodes


@pytest.mark.parametrize("count", [2, 3, 5, 8, 13])
def test_proof__p3__of_every_leaf_and_padding__leads_to_the_root(count: int) -> None:
    """P-3: a path runs upwards, the lowest bit of the index is the side at leaf level."""
    tree = WordTree(b"".join(random_words(count)))
    for index in range(2**tree.depth):
        leaf, path = tree.node(tree.depth, index), tree.proof(index)
        assert len(path) == tree.depth
        assert root_from(leaf, index, path) == tree.root
        assert verify(tree.root, leaf, index, path, tree.depth)


@given(st.integers(2, 40), st.data())
def test_verify__anything_altered__refused(count: int, data: st.DataObject) -> None:
    tree = WordTree(b"".join(random_words(count, count)))
    index = data.draw(st.integers(0, 2**tree.depth - 1))
    other = data.draw(st.integers(0, 2**tree.depth - 1).filter(lambda i: i != index))
    leaf, path = tree.node(tree.depth, index), tree.proof(index)
    flipped = bytes([leaf[0] ^ 1]) + leaf[1:]
    wrong = data.draw(st.integers(0, tree.depth - 1))
    assert not verify(tree.root, flipped, index, path, tree.depth)
    assert not verify(tree.root, leaf, other, path, tree.depth) or leaf == Z
    assert not verify(tree.root, leaf, index, [*path[:wrong], flipped, *path[wrong + 1 :]], tree.depth)


def test_verify__f44_node_as_leaf__refused() -> None:
    """F-44: the fixed depth makes a node unusable as a leaf."""
    tree = WordTree(b"".join(random_words(8)))
    node, path = tree.node(2, 1), tree.proof(2)[1:]
    assert root_from(node, 1, path) == tree.root
    assert not verify(tree.root, node, 1, path, tree.depth)


@given(words, st.lists(words, max_size=5), st.integers(0, 200))
def test_root_from__index_beyond_the_depth__gives_zero_that_verifies_nothing(
    leaf: bytes, path: list[bytes], extra: int
) -> None:
    index = 2 ** len(path) + extra
    assert root_from(leaf, index, path) == bytes(32)
    assert not verify(bytes(32), leaf, index, path, len(path))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 15, 16])
def test_word_tree__given_depth_and_padding__pads_to_it(count: int) -> None:
    leaves = random_words(count)
    tree = WordTree(b"".join(leaves), levels=4, pad=bytes(32))
    assert tree.root == reference.tree(leaves, 4, bytes(32))[0][0]
    assert tree.depth == 4


def test_word_tree__on_all_threads__is_the_same() -> None:
    data = np.random.default_rng(3).bytes(32 * 5001)
    assert WordTree(data, parallel=True).root == WordTree(data).root


def test_word_tree__bad_leaves__refused() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        WordTree(bytes(63))
    with pytest.raises(ValueError, match="at least two"):
        WordTree(bytes(32))
    with pytest.raises(ValueError, match="do not fit"):
        WordTree(bytes(32 * 5), levels=2)
    with pytest.raises(ValueError, match="uint8"):
        WordTree(np.zeros((2, 31), np.uint8))


@pytest.mark.parametrize(("level", "index"), [(-1, 0), (4, 0), (0, 1), (3, 8), (3, -1)])
def test_node__not_in_the_tree__refused(level: int, index: int) -> None:
    with pytest.raises(IndexError, match="no node"):
        WordTree(b"".join(random_words(5))).node(level, index)


@pytest.mark.parametrize("index", [-1, 8])
def test_proof__not_in_the_tree__refused(index: int) -> None:
    with pytest.raises(IndexError, match="no leaf"):
        WordTree(b"".join(random_words(5))).proof(index)


@given(words, st.integers(0, 12))
def test_uniform_root__any_leaf__is_the_tree_of_nothing_else(leaf: bytes, levels: int) -> None:
    assert uniform_root(leaf, levels) == WordTree(b"", levels=levels, pad=leaf).root


@pytest.mark.parametrize("levels", range(9))
def test_fold_words__p22_full_run__is_the_node_above(levels: int) -> None:
    """P-22: up to 256 descendants, eight levels down."""
    leaves = random_words(2**levels)
    assert fold_words(b"".join(leaves)) == reference.tree(leaves, levels, Z)[0][0]


@pytest.mark.parametrize("length", [0, 31, 33, 96, 32 * 7])
def test_fold_words__no_power_of_two__refused(length: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        fold_words(bytes(length))


def test_root__of_a_million_parameters__takes_milliseconds() -> None:
    """A tree over a million parameters takes milliseconds, not the 100 ms that hashing node by node takes."""
    data = encode(np.random.default_rng(0).integers(-(2**31), 2**31, 1_000_000).astype(np.int32))
    word_tree.root(data)
    best = min(_seconds(data) for _ in range(5))
    assert best < 0.06


def _seconds(data: bytes) -> float:
    start = time.perf_counter()
    word_tree.root(data)
    return time.perf_counter() - start
