"""The benchmark measures what it says, checks what it measures, and its figures can be read by a program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from parley.numerics.rules import Rule, aggregate
from tests.scripts.loading import SCRIPTS

pytestmark = pytest.mark.unit


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The parts, imported as `python scripts/bench.py` does."""
    monkeypatch.syspath_prepend(SCRIPTS)
    import benchmarks.aggregation
    import benchmarks.measure
    import benchmarks.rounds

    return benchmarks


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_numpy_aggregate__any_rule__is_what_it_is_compared_with(benchmarks: ModuleType, rule: Rule, n: int) -> None:
    rng = np.random.default_rng(n)
    updates = rng.integers(-(2**31), 2**31, (n, 33)).astype(np.int32)
    weights = rng.integers(1, 10_000, n)
    expected = aggregate(rule, updates, [65536] * n, weights, benchmarks.aggregation.TRIM_BPS)
    assert np.array_equal(benchmarks.aggregation.numpy_aggregate(rule, updates, weights), expected)


def test_best_seconds__counts_runs_after_the_first(benchmarks: ModuleType) -> None:
    calls: list[int] = []
    assert benchmarks.measure.best_seconds(lambda: calls.append(1), 0.0) > 0
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("seconds", "amount", "unit", "rate"),
    [(0.5, 10**9, "B", "2.00 GB/s"), (1e-3, 1000, "node", "1,000 ns/node"), (150.0, 5, "round", "30.0 s/round")],
)
def test_rate__by_unit__is_for_people(
    benchmarks: ModuleType, seconds: float, amount: int, unit: str, rate: str
) -> None:
    assert benchmarks.measure.Figure("t", "w", seconds, amount, unit).rate == rate


def test_rounds__summary_of_a_demo__first_opening_to_last_end(benchmarks: ModuleType) -> None:
    spans = [{"opened_at": 100, "finalized_at": 130}, {"opened_at": 130, "finalized_at": 171}]
    startup, total = benchmarks.rounds.figures(json.dumps({"rounds": spans, "startup_seconds": 7.5}))
    assert (startup.seconds, total.seconds, total.amount) == (7.5, 71, 2)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"rounds": [], "startup_seconds": 1}', '{"rounds": [{"opened_at": 1}]}']
)
def test_rounds__no_summary__says_so(benchmarks: ModuleType, text: str) -> None:
    with pytest.raises(benchmarks.rounds.SummaryError, match="no summary of finished rounds"):
        list(benchmarks.rounds.figures(text))


def test_bench__quick_trees_as_json__has_ratios_within_the_run() -> None:
    command = [sys.executable, str(SCRIPTS / "bench.py"), "--quick", "--json", "--only", "trees"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(SCRIPTS).parent)
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)["trees"]
    nodes = {figure["by"]: figure for figure in figures if figure["task"] == "hash of a node"}
    assert nodes["Parley"]["ratio"] == 1
    assert nodes["C Keccak per node (eth_hash)"]["ratio"] > 5
    assert all(figure["seconds"] > 0 and figure["amount"] > 0 for figure in figures)
