"""What an aggregator may lie about: each changes what a `Liar` posts, by chance not always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parley.numerics import word_tree
from parley.numerics.fixed_point import WORD_BYTES, Z, encode, words_for
from parley.numerics.rewards import RewardTree, reward_leaf
from parley.numerics.rows import row_bytes
from parley.numerics.settlement import settle
from tests.numerics.disputed import Liar, contents, operator

Lie = Callable[[Liar, np.random.Generator], None]


def any_median(liar: Liar, rng: np.random.Generator) -> None:
    liar.medians = flipped(liar.medians, rng)


def any_norm(liar: Liar, rng: np.random.Generator) -> None:
    liar.norm += int(rng.choice([-1, 1]))


def any_earned(liar: Liar, rng: np.random.Generator) -> None:
    liar.earned += int(rng.choice([-1, 1]))


def any_leaf(liar: Liar, rng: np.random.Generator) -> None:
    index = rng.integers(len(liar.leaves))
    liar.leaves[index] = flipped(liar.leaves[index], rng)


def overpaid_leaf(liar: Liar, rng: np.random.Generator) -> None:
    index = int(rng.integers(len(liar.leaves)))
    liar.leaves[index] = reward_leaf(operator(index), liar.truth.result.rewards.cumulative(index) + 1)


def swapped_leaves(liar: Liar, _: np.random.Generator) -> None:
    poster = liar.truth.given.aggregator.index
    liar.leaves[0], liar.leaves[poster] = liar.leaves[poster], liar.leaves[0]


def rewards_of_before(liar: Liar, _: np.random.Generator) -> None:
    before = RewardTree(liar.truth.given.ledger, liar.truth.given.config.reward_depth)
    liar.leaves = [before.leaf(i) for i in range(len(liar.leaves))]


def any_word(liar: Liar, rng: np.random.Generator) -> None:
    index = rng.integers(len(liar.words))
    liar.words[index] = flipped(liar.words[index], rng)


def any_row(liar: Liar, rng: np.random.Generator) -> None:
    index = rng.integers(len(liar.rows))
    liar.rows[index] = flipped(liar.rows[index], rng)


def long_row(liar: Liar, rng: np.random.Generator) -> None:
    liar.rows[rng.integers(len(liar.rows))] += Z


def short_row(liar: Liar, rng: np.random.Generator) -> None:
    index = rng.integers(len(liar.rows))
    liar.rows[index] = liar.rows[index][: rng.integers(len(liar.rows[index]))]


def swapped_rows(liar: Liar, rng: np.random.Generator) -> None:
    one, other = rng.integers(len(liar.rows), size=2)
    liar.rows[one], liar.rows[other] = liar.rows[other], liar.rows[one]


def update_left_out(liar: Liar, _: np.random.Generator) -> None:
    liar.rows = [row[WORD_BYTES:] for row in liar.rows]


def update_twice(liar: Liar, _: np.random.Generator) -> None:
    liar.rows = [row[:WORD_BYTES] + row for row in liar.rows]


def update_for_another(liar: Liar, _: np.random.Generator) -> None:
    liar.rows = [row[:WORD_BYTES] * 2 + row[2 * WORD_BYTES :] for row in liar.rows]


def updates_in_another_order(liar: Liar, _: np.random.Generator) -> None:
    size = WORD_BYTES
    liar.rows = [row[size : 2 * size] + row[:size] + row[2 * size :] for row in liar.rows]


def consistent_word(liar: Liar, rng: np.random.Generator) -> None:
    """One wrong word, in the model and in its row."""
    index = rng.integers(len(liar.words))
    any_of = flipped(liar.words[index], rng)
    liar.words[index], liar.rows[index] = any_of, liar.rows[index][:-WORD_BYTES] + any_of


def consistent_model(liar: Liar, rng: np.random.Generator) -> None:
    """Another model in all rows."""
    for index in range(words_for(liar.truth.given.config.params)):
        word = rng.bytes(WORD_BYTES)
        liar.words[index], liar.rows[index] = word, liar.rows[index][:-WORD_BYTES] + word


def old_model_again(liar: Liar, _: np.random.Generator) -> None:
    """The model stays as it was."""
    size = WORD_BYTES
    liar.rows = [row[:-size] + row[-2 * size : -size] for row in liar.rows]
    liar.words = [row[-size:] for row in liar.rows]


def consistent_update(liar: Liar, rng: np.random.Generator) -> None:
    """A wrong word of an update, old or previous model, and the new word that follows from it."""
    truth = liar.truth
    vectors = [q.copy() for q in contents(truth)]
    place, index = int(rng.integers(len(vectors) - 1)), int(rng.integers(truth.given.config.params))
    vectors[place][index] = rng.integers(-(2**31), 2**31)
    where = dict(zip(truth.result.included, vectors, strict=False))
    given_ = replace(
        truth.given,
        updates=[
            replace(u, q=where[i], root=word_tree.root(encode(where[i]))) if i in where else u
            for i, u in enumerate(truth.given.updates)
        ],
        previous=vectors[-3],
        old=vectors[-2],
    )
    vectors[-1] = settle(given_).model
    liar.rows = [row_bytes(vectors, j) for j in range(len(liar.rows))]
    liar.words = [row[-WORD_BYTES:] for row in liar.rows]


LIES: list[Lie] = [
    any_median, any_norm, any_earned, any_leaf, overpaid_leaf, swapped_leaves, rewards_of_before, any_word, any_row,
    long_row, short_row, swapped_rows, update_left_out, update_twice, update_for_another, updates_in_another_order,
    consistent_word, consistent_model, old_model_again, consistent_update,
]  # fmt: skip


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """One bit is another; of nothing, nothing is."""
    if not data:
        return data
    place = int(rng.integers(8 * len(data)))
    return data[: place // 8] + bytes([data[place // 8] ^ 1 << place % 8]) + data[place // 8 + 1 :]
