"""Flower's aggregation of the arrays in a folder: run by `aggregation.py`, in Flower's own environment.

    .venv-flower/bin/python scripts/benchmarks/flower.py FOLDER BUDGET

These are the functions that FedAvg, FedTrimmedAvg and FedMedian call with the decoded updates, so that nothing of its
transport or serialisation is counted. Prints seconds by rule, as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from flwr.server.strategy.aggregate import aggregate, aggregate_median, aggregate_trimmed_avg

# the folder above, as `python scripts/bench.py` has it; this environment does not install Parley
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import best_seconds

TRIM = 0.2


def main() -> int:
    """Measure and print; return the exit code."""
    folder, budget = Path(sys.argv[1]), float(sys.argv[2])
    updates, weights = np.load(folder / "updates.npy"), np.load(folder / "weights.npy").tolist()  # noqa: TID251 - our own file, no pickle by default
    equal = [([update], 1) for update in updates]
    weighted = [([update], weight) for update, weight in zip(updates, weights, strict=True)]
    calls: dict[str, Callable[[], object]] = {
        "MEAN": lambda: aggregate(equal),
        "WEIGHTED_MEAN": lambda: aggregate(weighted),
        "TRIMMED_MEAN": lambda: aggregate_trimmed_avg(equal, TRIM),
        "MEDIAN": lambda: aggregate_median(equal),
    }
    print(json.dumps({rule: best_seconds(call, budget) for rule, call in calls.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
