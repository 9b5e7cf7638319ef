"""Tree hashing: eight nodes side by side, beside C implementations that are called node by node."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import numba
import numpy as np

from benchmarks.measure import Effort, Figure, best_seconds
from parley.numerics import keccak, rows, word_tree
from parley.numerics.fixed_point import decode, encode, quantise

SAMPLE_NODES = 20_000
ROW_UPDATES = 10


def measure(effort: Effort) -> Iterator[Figure]:
    """Hash a vector's tree, a round's rows, and read and write the wire form."""
    rng = np.random.default_rng(0)
    q = rng.integers(-(2**31), 2**31, effort.params).astype(np.int32)
    data = encode(q)
    yield from _tree(data, effort)
    yield from _node(data, effort)
    vectors = [np.roll(q, i) for i in range(ROW_UPDATES + 3)]
    seconds = best_seconds(lambda: rows.row_root(vectors), effort.budget)
    yield Figure(f"row tree of {ROW_UPDATES} updates", "Parley", seconds, len(data) * len(vectors))
    yield from _wire(q, data, effort)


def _tree(data: bytes, effort: Effort) -> Iterator[Figure]:
    task = f"word tree of {effort.params:,} parameters"
    yield Figure(task, "Parley", best_seconds(lambda: word_tree.root(data), effort.budget), len(data))
    threads = numba.get_num_threads()
    parallel = best_seconds(lambda: word_tree.WordTree(data, parallel=True), effort.budget)
    yield Figure(task, f"Parley, {threads} threads", parallel, len(data))


def _node(data: bytes, effort: Effort) -> Iterator[Figure]:
    """What a node costs, the calls of C from Python included, which is how they would be used.

    SHA-3 is the same permutation behind another padding; OpenSSL's is the fastest C implementation at hand.
    """
    pairs = [data[start : start + 64] for start in range(0, 64 * SAMPLE_NODES, 64)]
    level = np.frombuffer(data, np.uint8).reshape(-1, 32)[: 2 * SAMPLE_NODES]
    expected = [keccak.keccak256(pair) for pair in pairs]
    if [node.tobytes() for node in keccak.hash_pairs(level)] != expected:
        raise AssertionError("hash_pairs and the C Keccak differ")

    def one_by_one(digest: Callable[[bytes], bytes]) -> Callable[[], object]:
        return lambda: [digest(pair) for pair in pairs]

    ways: list[tuple[str, Callable[[], object]]] = [
        ("Parley", lambda: keccak.hash_pairs(level)),
        ("C Keccak per node (eth_hash)", one_by_one(keccak.keccak256)),
        (
            "C SHA-3 per node (OpenSSL)",
            one_by_one(lambda pair: hashlib.sha3_256(pair).digest()),
        ),
    ]
    for way, call in ways:
        yield Figure("hash of a node", way, best_seconds(call, effort.budget), SAMPLE_NODES, "node")


def _wire(q: np.ndarray, data: bytes, effort: Effort) -> Iterator[Figure]:
    reals = q / 2.0**24
    for task, call in (
        ("quantise (float64 to q)", lambda: quantise(reals, 24)),
        ("encode (q to words)", lambda: encode(q)),
        ("decode and check (words to q)", lambda: decode(data, len(q), 2**31)),
    ):
        yield Figure(task, "Parley", best_seconds(call, effort.budget), len(data))
