"""What a run showed: for people, for programs, and as docs/chaos.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from chaoslab.duties import duties
from chaoslab.history import History, Past
from chaoslab.lab import Outcome
from chaoslab.outcomes import why_void


def fate(history: History, past: Past) -> str:
    """How a round ended, in words."""
    if past.record.final:
        return "final"
    reason = why_void(past, history.policies[past.record.version])
    return f"void: {reason or 'no reason'}"


def summary(outcome: Outcome) -> dict[str, Any]:
    """Everything for a program."""
    history = outcome.history
    owed = list(duties(history))
    return {
        "seed": outcome.seed,
        "rounds": {str(number): fate(history, past) for number, past in history.rounds.items()},
        "events": dict(sorted(outcome.counts.items())),
        "schedule": [
            {"event": str(done.event), "time": done.time, "note": done.note, "happened": done.happened}
            for done in outcome.done
        ],
        "checks": outcome.failures,
        "transactions": len(history.acts),
        "reverted": sum(not act.succeeded for act in history.acts),
        "duties": len(owed),
        "holds": outcome.holds,
        "startup_seconds": round(outcome.startup, 1),
        "seconds": round(outcome.seconds, 1),
    }


def show(outcome: Outcome, console: Console) -> None:
    """Print checks and failures."""
    for name, wrong in outcome.failures.items():
        console.print(f"{'[green]holds[/]' if not wrong else '[red]FAILS[/]'}  {name}", highlight=False)
        for line in wrong:
            console.print(f"       {line}", highlight=False, markup=False, soft_wrap=True)


def markdown(outcome: Outcome, command: str) -> str:
    """The report as a document."""
    return "\n".join(_lines(outcome, command)) + "\n"


def _lines(outcome: Outcome, command: str) -> Iterator[str]:
    s, scale, history = summary(outcome), outcome.scale, outcome.history
    fates = Counter(s["rounds"].values())
    yield "# The chaos run"
    yield ""
    yield (
        f"A federation of {scale.trainers} trainers, {scale.evaluators} evaluators, {scale.aggregators} aggregators, a "
        f"watcher and the sponsor, each a process of its own with its own key, on Anvil (a block a second) with "
        f"{scale.nodes} Kubo nodes, training {scale.task}, while a seeded monkey breaks things. Written by"
    )
    yield ""
    yield f"    {command}"
    yield ""
    yield (
        f"{len(history.rounds)} rounds in {outcome.seconds / 60:.0f} minutes, {s['transactions']} transactions of "
        f"{len(history.actors)} keys, {s['reverted']} of them reverted (somebody else's poke came first), "
        f"{s['duties']} acts owed by workers that were up. Seed {outcome.seed} gives the same events again; what they "
        "hit depends on the machine's speed."
    )
    yield from _table("## What was broken", ("event", "times"), [(k, str(v)) for k, v in s["events"].items()])
    yield from _table("## How the rounds ended", ("outcome", "rounds"), [(k, str(v)) for k, v in fates.most_common()])
    voids = [(number, text.removeprefix("void: ")) for number, text in s["rounds"].items() if text != "final"]
    if voids:
        yield from _table("Void rounds, and the reason that P-10 has for each:", ("round", "reason"), voids)
    checks = [(name, "holds" if not wrong else f"**fails**: {len(wrong)}") for name, wrong in outcome.failures.items()]
    yield from _table("## What was checked, from the chain alone", ("check", "outcome"), checks)
    yield from (f"- {line}" for wrong in outcome.failures.values() for line in wrong)


def _table(heading: str, columns: tuple[str, str], rows: list[tuple[str, str]]) -> Iterator[str]:
    yield ""
    yield heading
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield "|---|---|"
    yield from (f"| {left} | {right} |" for left, right in rows)
