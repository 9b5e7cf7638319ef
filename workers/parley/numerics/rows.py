"""The row tree: every word that a settlement was computed from, under one root (DESIGN section 7, P-6, P-22).

Row j is word j of every included update (unscaled) in reveal order, then word j of the previous, the old and the new
model, `32 * (N + 3)` bytes. The row tree is the word tree (P-3) over `keccak256(0x00 ‖ row)`; from `words` to `2^depth`
every word of a row is Z.

Rows are laid out and hashed in blocks, so that a hundred updates of a million parameters need no second copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from parley.numerics.fixed_point import LANES, WORD_BYTES, Quantised, Z, words_for
from parley.numerics.keccak import Nodes, hash_rows, keccak256
from parley.numerics.word_tree import WordTree, depth

BLOCK_WORDS = 512
"""Rows hashed at a time: at 100 updates 1.6 MiB."""


def row_leaf(row: bytes) -> bytes:
    """The leaf of a row: `keccak256(0x00 ‖ row)`. Mirrors `WordTree.rowLeaf`."""
    return keccak256(b"\x00" + row)


def row_bytes(vectors: Sequence[Quantised], index: int) -> bytes:
    """Row `index`: word `index` of each vector, or Z where the vectors have ended.

    Args:
        vectors: the included updates in reveal order, then the previous, the old and the new model; int32 of shape
            (P,).
        index: the row, below `2^depth`.

    Raises:
        ValueError: the vectors are not int32 of one length.
        IndexError: the tree has no such row.
    """
    words = words_for(_length(vectors))
    if not 0 <= index < 1 << depth(words):
        raise IndexError(f"a tree over {words} words has no row {index}")
    return _rows(vectors, index, index + 1).tobytes()


def row_tree(vectors: Sequence[Quantised], *, model: bytes | None = None, parallel: bool = False) -> WordTree:
    """The tree of all rows.

    Args:
        vectors: the included updates in reveal order, then the previous, the old and the new model; int32 of shape
            (P,).
        model: words that stand in place of the new model's, `32 * words` bytes, whatever they hold in padding lanes.
        parallel: hash the levels on all threads that numba was given.

    Raises:
        ValueError: the vectors are not int32 of one length, or the model is not that long.
    """
    words = words_for(_length(vectors))
    blocks = _blocks(vectors, words)
    if model is not None:
        blocks = _with_model(blocks, model, words)
    leaves = np.concatenate([hash_rows(block) for block in blocks])
    return WordTree(leaves, pad=row_leaf(Z * len(vectors)), parallel=parallel)


def row_root(vectors: Sequence[Quantised]) -> bytes:
    """The 32-byte root of `row_tree`."""
    return row_tree(vectors).root


def _blocks(vectors: Sequence[Quantised], words: int) -> Iterator[Nodes]:
    """All rows, `BLOCK_WORDS` at a time."""
    for start in range(0, words, BLOCK_WORDS):
        yield _rows(vectors, start, min(start + BLOCK_WORDS, words))


def _with_model(blocks: Iterator[Nodes], model: bytes, words: int) -> Iterator[Nodes]:
    """The same rows with other last words."""
    if len(model) != words * WORD_BYTES:
        raise ValueError(f"a model of {words} words is {words * WORD_BYTES} bytes, not {len(model)}")
    news = np.frombuffer(model, np.uint8).reshape(words, WORD_BYTES)
    start = 0
    for block in blocks:
        block[:, -WORD_BYTES:] = news[start : start + len(block)]
        start += len(block)
        yield block


def _rows(vectors: Sequence[Quantised], start: int, stop: int) -> Nodes:
    """Rows `start` to `stop` as uint8 of shape (stop - start, 32 * M)."""
    from parley.numerics import _jit, _keccak_kernels

    lanes = np.zeros((len(vectors), (stop - start) * LANES), np.int32)
    for lane, vector in zip(lanes, vectors, strict=True):
        part = vector[start * LANES : stop * LANES]
        lane[: len(part)] = part
    rows = np.empty((stop - start, len(vectors) * WORD_BYTES), np.uint8)
    _keccak_kernels.pack_rows(_jit.frozen(lanes.view(np.uint32)), rows.view(np.uint64))
    return rows


def _length(vectors: Sequence[Quantised]) -> int:
    """The number of parameters that all vectors have."""
    if len(vectors) < 3:
        raise ValueError(f"a row holds at least three models, not {len(vectors)} vectors")
    length = vectors[0].size
    for vector in vectors:
        if vector.dtype != np.int32 or vector.shape != (length,):
            raise ValueError(f"the vectors of a row are int32 ({length},), not {vector.dtype} {vector.shape}")
    return length
