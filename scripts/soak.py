#!/usr/bin/env python3
"""Let workers idle and work for an hour and see that they do not grow: `python scripts/soak.py [--minutes 60]`.

A small federation (breast-cancer, a shared folder) plays slow rounds: some seconds of work, then a long challenge
window. Every ten seconds resident memory, open descriptors and threads of one worker of each kind are read from /proc.
The verdict: memory at the end at most 1.05 of that after five minutes, and no more descriptors. Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from rich.console import Console  # noqa: E402 (threads are counted when NumPy is imported)
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: E402

from chaoslab.rig import Rig, Scale, rigged  # noqa: E402
from chaoslab.usage import Usage, usage_of  # noqa: E402
from parley.chain.reader import Reader  # noqa: E402
from parley.cli import logs  # noqa: E402
from parley.cli.actions.plan import PolicyPlan  # noqa: E402
from parley.cli.demo.plan import SPONSOR  # noqa: E402
from parley.cli.signals import on_stop  # noqa: E402
from parley.errors import ParleyError  # noqa: E402

WATCHED = (SPONSOR, "trainer-1", "evaluator-1", "aggregator-1", "watcher-1")
SAMPLE_SECONDS = 10.0
WINDOW_SECONDS = 60.0
"""Samples around a moment, of which the median counts."""

BASE_MINUTES = 5.0
GROWTH = 1.05
MAX_ROUNDS = 42
"""The data make no more sealed shards."""

WORK_SECONDS = 10
"""The least that a round takes besides its challenge window."""

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Sample:
    """What a worker used, so many seconds after the start."""

    seconds: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a worker's use changed.

    Attributes:
        name: of the worker.
        base: its memory (bytes), descriptors and threads early on: medians of a minute.
        end: the same at the end.
    """

    name: str
    base: tuple[float, float, float]
    end: tuple[float, float, float]

    @property
    def growth(self) -> float:
        """Memory at the end over memory early on."""
        return self.end[0] / self.base[0]

    @property
    def holds(self) -> bool:
        """Whether it did not grow."""
        return self.growth <= GROWTH and self.end[1] <= self.base[1]


def judged(name: str, samples: list[Sample], minutes: float) -> Verdict:
    """Compare the minute around the fifth one (a quarter of a shorter soak) with the last one."""
    base = min(BASE_MINUTES, minutes / 4) * 60
    last = samples[-1].seconds
    return Verdict(
        name,
        _medians([s for s in samples if abs(s.seconds - base) <= WINDOW_SECONDS / 2] or samples[:1]),
        _medians([s for s in samples if s.seconds >= last - WINDOW_SECONDS]),
    )


def _medians(samples: list[Sample]) -> tuple[float, float, float]:
    uses = [sample.usage for sample in samples]
    return median(u.rss for u in uses), median(u.descriptors for u in uses), median(u.threads for u in uses)


def markdown(verdicts: list[Verdict], minutes: float, rounds: int) -> str:
    """The figures as a fragment for docs/measurements.md."""
    base = min(BASE_MINUTES, minutes / 4)
    lines = [
        f"| worker | MiB after {base:g} min | MiB after {minutes:g} min | ratio | descriptors | threads |",
        "|---|---|---|---|---|---|",
    ]
    for v in verdicts:
        memory = " | ".join(f"{part[0] / 2**20:.1f}" for part in (v.base, v.end))
        counts = " | ".join(f"{v.base[i]:g} -> {v.end[i]:g}" for i in (1, 2))
        lines.append(f"| {v.name.partition('-')[0]} | {memory} | {v.growth:.3f} | {counts} |")
    return "\n".join([*lines, "", f"{rounds} rounds of breast-cancer in that time."])


def scale_for(minutes: float, folder: Path) -> Scale:
    """Rounds so slow that there are enough of them for the whole time."""
    challenge = max(20, round(minutes * 60 / (MAX_ROUNDS - 2)) - WORK_SECONDS + 1)
    rounds = min(MAX_ROUNDS, int(minutes * 60 // (challenge + WORK_SECONDS)) + 2)
    policy = PolicyPlan(challenge=challenge)
    return Scale(folder, rounds, task="breast-cancer", trainers=3, aggregators=1, nodes=0, policy=policy)


def soaked(rig: Rig, minutes: float, tell: Callable[[float, int], None]) -> tuple[dict[str, list[Sample]], int]:
    """Sample for so long; the samples by worker, and how many rounds ended meanwhile."""
    reader = Reader(rig.stage.contracts.coordinator.w3, rig.stage.contracts, rig.stage.fid, rig.stage.trainers[0])
    pids = {name: process.pid for name in WATCHED if (process := rig.crew.members[name].process) is not None}
    samples: dict[str, list[Sample]] = {name: [] for name in pids}
    began, ended = time.monotonic(), 0
    while (passed := time.monotonic() - began) <= minutes * 60:
        rig.crew.watch()
        if rig.crew.exits:
            raise ParleyError(rig.crew.exits[0], hint=f"read the logs in {rig.stage.plan.folder}")
        for name, pid in pids.items():
            samples[name].append(Sample(passed, usage_of(pid)))
        ended = sum(record.final or record.void for record in reader.view().records.values())
        tell(passed, ended)
        time.sleep(max(0.0, began + (len(samples[SPONSOR])) * SAMPLE_SECONDS - time.monotonic()))
    return samples, ended


def run(minutes: float, folder: Path, console: Console) -> tuple[list[Verdict], int]:
    """Set up, soak, judge.

    Raises:
        ParleyError: it could not be set up, or a worker ended.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("setting up", total=minutes * 60)
        with rigged(scale_for(minutes, folder), lambda line: progress.update(bar, description=line)) as rig:
            rig.start(lambda line: progress.update(bar, description=line))
            samples, rounds = soaked(
                rig, minutes, lambda s, n: progress.update(bar, completed=s, description=f"{n} rounds")
            )
    return [judged(name, taken, minutes) for name, taken in samples.items()], rounds


def _interrupt() -> None:
    """SIGTERM ends it as Ctrl-C does."""
    raise KeyboardInterrupt


def main() -> int:
    """Soak and judge; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long")
    parser.add_argument("--json", action="store_true", help="print the figures for a program")
    options = parser.parse_args()
    if options.minutes < 1:
        parser.error("less than a minute says nothing")
    logs.configure("warning", "human")
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="parley-soak-") as folder, on_stop(_interrupt):
            verdicts, rounds = run(options.minutes, Path(folder), console)
    except KeyboardInterrupt:
        console.print("soak: interrupted")
        return INTERRUPTED
    except ParleyError as error:
        console.print(f"soak: error: {error.message}", style="red", highlight=False)
        return 2
    if options.json:
        figures = [{"name": v.name, "base": v.base, "end": v.end, "growth": v.growth} for v in verdicts]
        print(json.dumps({"minutes": options.minutes, "rounds": rounds, "workers": figures}, indent=2))
    else:
        print(markdown(verdicts, options.minutes, rounds))
    grown = [verdict.name for verdict in verdicts if not verdict.holds]
    if grown:
        print(f"soak: grew: {', '.join(grown)}", file=sys.stderr)
    return 1 if grown else 0


if __name__ == "__main__":
    raise SystemExit(main())
