"""The aggregation rules, beside plain NumPy on the same integers and beside Flower on the same values as float32.

Flower runs in an environment of its own (`scripts/flower-env`), as a process that reads the arrays from a folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Effort, Figure, best_seconds
from parley.numerics import rules, settlement, word_tree
from parley.numerics.fixed_point import encode
from parley.numerics.rules import Rule
from parley.numerics.scoring import ScoreVector, norm_sq

ROOT = Path(__file__).resolve().parents[2]
TRIM_BPS = 2000
FRAC_BITS = 24

Updates = npt.NDArray[np.int32]


class FlowerError(Exception):
    """Flower's environment cannot be made, or its process failed."""


def measure(effort: Effort, *, with_flower: bool) -> Iterator[Figure]:
    """Every rule for every number of updates, then the other steps of a settlement."""
    for n in effort.updates:
        rng = np.random.default_rng(n)
        updates = rng.normal(0, 2**20, (n, effort.params)).astype(np.int32)
        weights = rng.integers(1, 10_000, n)
        flower = _flower(updates, weights, effort) if with_flower else {}
        for rule in Rule:
            yield from _rule(rule, updates, weights, effort, flower)
        yield from _steps(updates, effort)


def _rule(
    rule: Rule, updates: Updates, weights: npt.NDArray[np.int64], effort: Effort, flower: dict[str, float]
) -> Iterator[Figure]:
    """One rule in all ways; Parley and NumPy must agree to the last bit."""
    n = len(updates)
    task = f"{rule.name.lower().replace('_', ' ')} of {n} updates"
    unit, half = np.full(n, rules.UNIT_SCALE), np.full(n, rules.UNIT_SCALE // 2 + 1)

    def parley(scales: npt.NDArray[np.int64] = unit) -> npt.NDArray[np.int64]:
        return rules.aggregate(rule, updates, scales, weights, TRIM_BPS)

    def plain() -> npt.NDArray[np.int64]:
        return numpy_aggregate(rule, updates, weights)

    if not np.array_equal(parley(), plain()):
        raise AssertionError(f"{task}: Parley and NumPy differ")
    yield Figure(task, "Parley", best_seconds(parley, effort.budget), updates.nbytes)
    yield Figure(task, "Parley, rescaling", best_seconds(lambda: parley(half), effort.budget), updates.nbytes)
    yield Figure(task, "NumPy", best_seconds(plain, effort.budget), updates.nbytes)
    if rule.name in flower:
        yield Figure(task, "Flower", flower[rule.name], updates.nbytes)


def numpy_aggregate(rule: Rule, updates: Updates, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rule as one would write it in NumPy, on integers and without rescaling."""
    n = len(updates)
    if rule is Rule.MEAN:
        return np.asarray(updates.sum(axis=0, dtype=np.int64) // n)
    if rule is Rule.WEIGHTED_MEAN:
        return np.asarray((updates * weights[:, np.newaxis]).sum(axis=0) // weights.sum())
    if rule is Rule.MEDIAN:
        return np.asarray(np.partition(updates, (n - 1) // 2, axis=0)[(n - 1) // 2], np.int64)
    k = rules.trim_count(n, TRIM_BPS)
    kept = np.partition(updates, (k, n - k - 1), axis=0)[k : n - k]
    return np.asarray(kept.sum(axis=0, dtype=np.int64) // (n - 2 * k))


def _flower(updates: Updates, weights: npt.NDArray[np.int64], effort: Effort) -> dict[str, float]:
    """Seconds of Flower's aggregate functions on the same values, by rule."""
    made = subprocess.run([sys.executable, ROOT / "scripts" / "flower-env"], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        raise FlowerError("scripts/flower-env failed")
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        np.save(Path(folder) / "updates.npy", (updates / 2.0**FRAC_BITS).astype(np.float32))
        np.save(Path(folder) / "weights.npy", weights)
        command = [made.stdout.strip(), str(ROOT / "scripts" / "benchmarks" / "flower.py"), folder, str(effort.budget)]
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise FlowerError(f"Flower's process failed: {run.stderr.strip()}")
    seconds: dict[str, float] = json.loads(run.stdout)
    return seconds


def _steps(updates: Updates, effort: Effort) -> Iterator[Figure]:
    """What else a settlement is made of, and the whole of it."""
    old, previous = updates[0], updates[-1]
    change = updates[0].astype(np.int64)
    given = _settlement_input(updates)
    steps: list[tuple[str, Callable[[], object], int]] = [
        ("next model", lambda: rules.next_model(old, previous, change, 32768), old.nbytes),
        ("norm of an update", lambda: norm_sq(old), old.nbytes),
        (f"settlement of {len(updates)} updates", lambda: settlement.settle(given), updates.nbytes),
    ]
    for task, call, size in steps:
        yield Figure(task, "Parley", best_seconds(call, effort.budget), size)


def _settlement_input(updates: Updates) -> settlement.SettlementInput:
    """A round in which everybody is included."""
    n, params = updates.shape
    members = [settlement.Member(i, f"0x{i + 1:040x}") for i in range(n + 4)]
    vector = ScoreVector(2**30, tuple(range(2, n + 2)), (rules.UNIT_SCALE,) * n)
    return settlement.SettlementInput(
        config=settlement.SettlementConfig(Rule.TRIMMED_MEAN, TRIM_BPS, 32768, params, 10**18, 10**17, 10**16, 10),
        updates=[settlement.RevealedUpdate(members[i], word_tree.root(encode(q)), q) for i, q in enumerate(updates)],
        votes=[settlement.RevealedScores(member, vector, None) for member in members[n : n + 3]],
        old=updates[0],
        previous=updates[-1],
        aggregator=members[n + 3],
        ledger={},
    )
