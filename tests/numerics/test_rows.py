"""The row tree (section 7) against rows cut from the wire form of each vector."""

from __future__ import annotations

import numpy as np
import pytest
from eth_hash.auto import keccak

from parley.numerics import rows
from parley.numerics.fixed_point import Z, encode, words_for
from parley.numerics.word_tree import depth
from tests.numerics import reference

pytestmark = pytest.mark.unit


def random_vectors(count: int, params: int) -> list[np.ndarray]:
    rng = np.random.default_rng(count * 100_003 + params)
    return [rng.integers(-(2**31), 2**31, params).astype(np.int32) for _ in range(count)]


def rows_by_hand(vectors: list[np.ndarray]) -> list[bytes]:
    """All `2^depth` rows."""
    words = words_for(vectors[0].size)
    wires = [encode(vector) + Z * (2 ** depth(words) - words) for vector in vectors]
    return [b"".join(wire[32 * j : 32 * j + 32] for wire in wires) for j in range(2 ** depth(words))]


@pytest.mark.parametrize("updates", [0, 1, 2, 10])
@pytest.mark.parametrize("params", [1, 8, 9, 16, 17, 24, 33, 1000, 4096, 4097, 8200])
def test_row_tree__p6__is_the_tree_over_all_rows(updates: int, params: int) -> None:
    """P-6, P-3: word j of every update, of previous, old and new; Z from `words` on; blocks do not show."""
    vectors = random_vectors(updates + 3, params)
    expected = [keccak(b"\x00" + row) for row in rows_by_hand(vectors)]
    tree = rows.row_tree(vectors)
    assert tree.root == rows.row_root(vectors) == reference.tree(expected, tree.depth, b"")[0][0]
    assert [tree.node(tree.depth, j) for j in range(2**tree.depth)] == expected


@pytest.mark.parametrize("params", [1, 17, 25, 4100])
def test_row_bytes__every_row__is_what_its_leaf_hashes(params: int) -> None:
    vectors = random_vectors(5, params)
    tree = rows.row_tree(vectors)
    for j, row in enumerate(rows_by_hand(vectors)):
        assert rows.row_bytes(vectors, j) == row
        assert rows.row_leaf(row) == tree.node(tree.depth, j)


def test_row_tree__read_only_and_strided_vectors__are_read_as_shown() -> None:
    vectors = random_vectors(3, 40)
    strided = [np.repeat(vector, 2)[::2] for vector in vectors]
    vectors[0].setflags(write=False)
    assert rows.row_root(strided) == rows.row_root(vectors)


def test_row_tree__on_all_threads__is_the_same() -> None:
    vectors = random_vectors(4, 5000)
    assert rows.row_tree(vectors, parallel=True).root == rows.row_root(vectors)


@pytest.mark.parametrize("index", [-1, 4])
def test_row_bytes__no_such_row__refused(index: int) -> None:
    with pytest.raises(IndexError, match="no row"):
        rows.row_bytes(random_vectors(3, 25), index)


def test_row_tree__bad_vectors__refused() -> None:
    with pytest.raises(ValueError, match="at least three"):
        rows.row_root(random_vectors(2, 8))
    with pytest.raises(ValueError, match="int32"):
        rows.row_root([*random_vectors(2, 8), np.zeros(9, np.int32)])
    with pytest.raises(ValueError, match="int32"):
        rows.row_root([*random_vectors(2, 8), np.zeros(8, np.int64)])
