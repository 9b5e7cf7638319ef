#!/usr/bin/env python3
"""Measure Parley beside what else one could use: `python scripts/bench.py [--quick] [--json] [--only PART]`.

Parts: `trees` (Keccak and word trees beside C implementations), `rules` (the aggregation rules beside NumPy and
Flower), `rounds` (seconds of a federated round, from a demo's summary), `roles` (CPU and memory of each role's worker
beside a bare process that polls the node as often), `audit` (CPU of an audit beside that of one evaluator and one
aggregator in the same rounds), `page` (the index of Parley's page with 1,000 rounds of 100 trainers, and how quick its
answers are). All ratios are within this run, on one thread unless a line says otherwise. `--quick` takes four minutes
once Flower's environment is there, most of them for `roles`, `audit` and `page`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from collections.abc import Iterator  # noqa: E402 (threads are counted when NumPy is imported)

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks import aggregation, rounds, trees  # noqa: E402
from benchmarks.measure import FULL, QUICK, Figure, Memory  # noqa: E402
from parley.cli import logs  # noqa: E402
from parley.errors import ParleyError  # noqa: E402

PARTS = ("trees", "rules", "rounds", "roles", "audit", "page")
WIDTH = 120
"""Columns where there is no terminal to ask."""


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer updates, fewer runs, and no new demo")
    parser.add_argument("--json", action="store_true", help="print figures for a program, progress on standard error")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part; may be repeated")
    parser.add_argument("--no-flower", action="store_true", help="leave Flower out, and its environment unmade")
    return parser.parse_args()


def figures(part: str, options: argparse.Namespace) -> Iterator[Figure | Memory]:
    """What a part measures."""
    effort = QUICK if options.quick else FULL
    if part == "trees":
        yield from trees.measure(effort)
    elif part == "rules":
        yield from aggregation.measure(effort, with_flower=not options.no_flower)
    elif part == "rounds":
        yield from rounds.measure(run_demo=not options.quick)
    elif part == "audit":
        from benchmarks import audit

        yield from audit.measure(quick=options.quick)
    elif part == "roles":
        from benchmarks import roles  # half of Parley comes along, which the other parts do without

        yield from roles.measure(quick=options.quick)
    else:
        from benchmarks import page  # likewise

        yield from page.measure(quick=options.quick)


def table(part: str, results: list[Figure | Memory]) -> Table:
    """The figures of one part; the last column says how many times as long as Parley each takes."""
    shown = Table(title=part, title_justify="left")
    for column in ("task", "by"):
        shown.add_column(column)
    for column in ("measured", "rate", "ratio"):
        shown.add_column(column, justify="right", no_wrap=True)
    first: dict[str, Figure | Memory] = {}
    for figure in results:
        base = first.setdefault(figure.task, figure)
        ratio = "" if base is figure else f"{figure.each / base.each:.2f}"
        task = figure.task if base is figure else ""
        shown.add_row(task, figure.way, figure.measured, figure.rate, ratio)
    return shown


def as_json(results: dict[str, list[Figure | Memory]]) -> str:
    """The figures by part, with the ratio of each to the first way of its task."""
    parts: dict[str, list[dict[str, object]]] = {}
    for part, measured in results.items():
        first: dict[str, Figure | Memory] = {}
        parts[part] = [
            {
                "task": figure.task,
                "by": figure.way,
                **figure.values,
                "ratio": figure.each / first.setdefault(figure.task, figure).each,
            }
            for figure in measured
        ]
    return json.dumps(parts, indent=2)


def main() -> int:
    """Measure the parts in turn; return the exit code."""
    options = arguments()
    logs.configure("warning", "auto")
    terminal = sys.stderr if options.json else sys.stdout
    console = Console(file=terminal, width=None if terminal.isatty() else WIDTH)
    results: dict[str, list[Figure | Memory]] = {}
    for part in options.only or PARTS:
        try:
            with console.status(f"measuring {part}"):
                results[part] = list(figures(part, options))
        except (aggregation.FlowerError, rounds.SummaryError, ParleyError) as error:
            console.print(f"bench: error: {part}: {error}", style="red", highlight=False)
            return 1
        if results[part] and not options.json:
            console.print(table(part, results[part]), highlight=False)
    if options.json:
        print(as_json(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
