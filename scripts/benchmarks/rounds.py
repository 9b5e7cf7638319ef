"""Seconds of a federated round, by the chain's clock, as a demo's summary has them.

Of `.parley/demo/summary.json` this reads `rounds`, a list of objects with `opened_at` and `finalized_at`, the
timestamps in seconds of the blocks of RoundOpened and RoundFinalized, and `startup_seconds`, which is reported apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure

ROOT = Path(__file__).resolve().parents[2]
SUMMARY = ROOT / ".parley" / "demo" / "summary.json"
ROUNDS = 5


class SummaryError(Exception):
    """The demo failed, or its summary cannot be read."""


def measure(*, run_demo: bool) -> Iterator[Figure]:
    """The rounds of a new demo, or, unless `run_demo`, of the last one if there was one."""
    if run_demo:
        _demo()
    if SUMMARY.exists():
        yield from figures(SUMMARY.read_text())


def figures(text: str) -> Iterator[Figure]:
    """Start-up, all rounds from the first opening to the last end, and each round's share of it.

    Raises:
        SummaryError: the text is no summary with at least one finished round.
    """
    try:
        summary = json.loads(text)
        spans = [(float(r["opened_at"]), float(r["finalized_at"])) for r in summary["rounds"]]
        startup = float(summary["startup_seconds"])
        total = spans[-1][1] - spans[0][0]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise SummaryError(f"{SUMMARY} is no summary of finished rounds: {error!r}") from error
    yield Figure("start-up", "Parley", startup, 1, "start")
    yield Figure(f"{len(spans)} federated rounds", "Parley", total, len(spans), "round")


def _demo() -> None:
    """Run the demo; its live table would only disturb the measurement."""
    command = [sys.executable, "-m", "parley", "demo", "--rounds", str(ROUNDS)]
    run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode != 0:
        last = (run.stderr.strip() or run.stdout.strip()).rpartition("\n")[2]
        raise SummaryError(f"parley demo failed with exit code {run.returncode}: {last}")
