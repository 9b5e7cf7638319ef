#!/usr/bin/env python3
"""Measure what attackers earn: `python scripts/incentives.py [--quick] [--json] [--write] [--only NAME]`.

Plays whole federations in memory (`parley.tasks.simulate`: real training, scoring, numerics; no chain), on handwritten
digits, with 5 and 10 honest trainers, data dealt at random and skewed (Dirichlet 0.5), under naive rules and under all
rules of the protocol, once for each seed. Prints the tables of `docs/incentives.md`. Takes minutes on one core, may be
interrupted at any time, and goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from rich.console import Console  # noqa: E402 (threads are counted when NumPy is imported)
from rich.markdown import Markdown  # noqa: E402
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: E402

from incentives import document, plot, tables  # noqa: E402
from incentives.attacks import LINES  # noqa: E402
from incentives.campaign import Campaign, Results  # noqa: E402
from incentives.panels import PANELS  # noqa: E402
from incentives.store import Store  # noqa: E402

SEEDS = 4
ROUNDS = 10
WIDTH = 160
"""Columns where there is no terminal to ask."""

INTERRUPTED = 130


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--json", action="store_true", help="print every figure for a program, progress on stderr")
    parser.add_argument("--write", action="store_true", help="bring docs/incentives.md and its plot up to date")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=[line.name for line in (*LINES, *PANELS)],
        help="only this line of the tables; may be repeated",
    )
    options = parser.parse_args(argv)
    if options.write and (options.only or options.quick):
        parser.error("--write needs all lines and all seeds")
    return options


def played(campaign: Campaign, console: Console) -> Results:
    """Play what is not there yet, under a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("federations", total=len(campaign.cells))
        for name in campaign.play(Store.default()):
            progress.update(bar, advance=1, description=name)
    return campaign.results


def main() -> int:
    """Play, print, write; return the exit code."""
    options = arguments()
    terminal = sys.stderr if options.json else sys.stdout
    console = Console(file=terminal, width=None if terminal.isatty() else WIDTH)
    campaign = Campaign.planned(range(1 if options.quick else SEEDS), ROUNDS, options.only)
    try:
        results = played(campaign, console)
    except KeyboardInterrupt:
        console.print("incentives: interrupted; what was played is kept, run it again to go on")
        return INTERRUPTED
    if options.json:
        print(json.dumps(tables.figures(results), indent=2))
    else:
        console.print(Markdown(tables.markdown(results)))
    if options.write:
        root = Path(__file__).resolve().parents[1]
        document.write(root / "docs" / "incentives.md", tables.markdown(results))
        (root / "docs" / "images" / "incentives.svg").write_text(plot.svg(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
