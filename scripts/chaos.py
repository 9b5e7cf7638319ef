#!/usr/bin/env python3
"""Break a running federation in every way at once, and check that nothing is lost: `python scripts/chaos.py`.

Real worker processes on Anvil with Kubo, and a monkey whose seed decides what breaks when: workers are killed, ended or
lose their disk, their way to the chain's node shows every fault there is, Kubo nodes die, blocks are reorganised, fees
jump, mining stops, the pool forgets, stored bits flip. In the end the chain's record must show that every round is
final or void for a stated reason, that the books are right to the wei, that nothing was done twice, that whoever was up
for a window used it, that every reward is what P-12 makes it, and that nothing is left behind. Exit code 1 if not.

    python scripts/chaos.py --rounds 50 --seed 7 --write     # the long form: more than an hour; writes docs/chaos.md
    python scripts/chaos.py --short                          # three rounds, about two minutes
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]

from rich.console import Console  # noqa: E402 (threads are counted when NumPy is imported)
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402

from chaoslab import report  # noqa: E402
from chaoslab.events import Kind  # noqa: E402
from chaoslab.lab import Outcome, play  # noqa: E402
from chaoslab.monkey import Done  # noqa: E402
from chaoslab.rig import Scale  # noqa: E402
from chaoslab.schedule import Stage, schedule  # noqa: E402
from parley.chain.view import View  # noqa: E402
from parley.cli import logs  # noqa: E402
from parley.cli.actions.plan import PolicyPlan  # noqa: E402
from parley.cli.signals import on_stop  # noqa: E402
from parley.errors import ParleyError  # noqa: E402

DOCUMENT = ROOT / "docs" / "chaos.md"
INTERRUPTED = 130
LONG_ROUNDS = 50
SHORT_ROUNDS = 3

LONG_POLICY = PolicyPlan(
    train=45, reveal=30, key=20, score_commit=45, score_reveal=30, settle=15, challenge=10, supply=8
)
SHORT_POLICY = PolicyPlan(
    train=40, reveal=25, key=20, score_commit=40, score_reveal=25, settle=12, challenge=6, supply=6
)
"""Windows in seconds, long enough to do everything again after a reorg; early ends keep rounds short."""


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rounds", type=int, help=f"how many are played: {LONG_ROUNDS}, or {SHORT_ROUNDS} with --short"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the events")
    parser.add_argument("--short", action="store_true", help="a small federation, small data, short outages")
    parser.add_argument("--nodes", type=int, help="Kubo nodes")
    parser.add_argument("--folder", type=Path, help="where all is kept; else it is removed when all holds")
    parser.add_argument("--plan", action="store_true", help="only print the events")
    parser.add_argument("--json", action="store_true", help="print the outcome for a program, progress on stderr")
    parser.add_argument("--write", action="store_true", help="write docs/chaos.md")
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (SHORT_ROUNDS if options.short else LONG_ROUNDS)
    if options.rounds < 1 or options.rounds > LONG_ROUNDS:
        parser.error(f"the data make sealed shards for 1 to {LONG_ROUNDS} rounds")
    return options


def scale_of(options: argparse.Namespace, folder: Path) -> Scale:
    """What is set up."""
    if options.short:
        return Scale(
            folder,
            options.rounds,
            task="breast-cancer",
            trainers=4,
            nodes=options.nodes or 2,
            poll_seconds=1.5,
            policy=SHORT_POLICY,
            forked=True,
        )
    return Scale(folder, options.rounds, nodes=options.nodes or 3, policy=LONG_POLICY)


def stage_of(options: argparse.Namespace, scale: Scale) -> Stage:
    """What may be broken."""
    nodes = tuple(f"kubo-{number + 1}" for number in range(scale.nodes))
    if options.short:
        return Stage(scale.workers, nodes, each_round=4, outage=(1.0, 4.0), long_outage=0.0)
    return Stage(scale.workers, nodes)


class Teller:
    """Shows how far it is: a bar and a live line on a terminal, a line for each event and round elsewhere."""

    def __init__(self, console: Console, rounds: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._console = console
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar = self._progress.add_task("setting up", total=rounds)
        self._over = 0

    def __enter__(self) -> Teller:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """Tell of a step of the set-up."""
        self._progress.update(self._bar, description=line)
        if not self._console.is_terminal:
            self._console.print(f"chaos: {line}", highlight=False, markup=False, soft_wrap=True)

    def tell(self, view: View, over: int, new: list[Done]) -> None:
        """Tell of a tick."""
        phase = view.phase.name.lower().replace("_", " ")
        self._progress.update(self._bar, completed=over, description=f"round {view.round.round} {phase}")
        for done in new:
            note = f" ({done.note})" if done.note else ""
            self._console.print(f"{done.event}{note}", highlight=False, markup=False, soft_wrap=True)
        if over != self._over:
            self._over = over
            record = view.records[max(n for n, r in view.records.items() if r.final or r.void)]
            word = "final" if record.final else "void"
            self._console.print(f"round {record.number} is {word}", highlight=False, markup=False)


def _interrupt() -> None:
    """SIGTERM ends the run as Ctrl-C does: by leaving every block that started something."""
    raise KeyboardInterrupt


def _command(options: argparse.Namespace) -> str:
    short = " --short" if options.short else ""
    return f"python scripts/chaos.py --rounds {options.rounds} --seed {options.seed}{short} --write"


def run(options: argparse.Namespace, folder: Path, console: Console) -> Outcome:
    """Play and judge."""
    scale = scale_of(options, folder)
    events = schedule(options.seed, options.rounds, stage_of(options, scale))
    proxied = frozenset(event.target for event in events if event.kind is Kind.RPC)
    with on_stop(_interrupt), Teller(console, options.rounds) as teller:
        return play(replace(scale, proxied=proxied), options.seed, options.rounds, events, teller.say, teller.tell)


def main() -> int:
    """Play, judge, tell; return the exit code."""
    options = arguments()
    logs.configure("warning", "human")
    console = Console(stderr=options.json)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="parley-chaos-"))
    if options.plan:
        for event in schedule(options.seed, options.rounds, stage_of(options, scale_of(options, folder))):
            print(event)
        return 0
    try:
        outcome = run(options, folder, console)
    except KeyboardInterrupt:
        console.print(f"chaos: interrupted; logs are in {folder}", style="red", highlight=False)
        return INTERRUPTED
    except ParleyError as error:
        console.print(f"chaos: error: {error.message}; logs are in {folder}", style="red", highlight=False)
        return 2
    if options.json:
        print(json.dumps(report.summary(outcome), indent=2))
    report.show(outcome, console)
    if options.write:
        DOCUMENT.write_text(report.markdown(outcome, _command(options)), encoding="utf-8")
    if not outcome.holds:
        console.print(f"chaos: the logs are in {folder}", style="red", highlight=False)
        return 1
    if options.folder is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
