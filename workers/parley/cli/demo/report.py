"""What the demo showed: for people, and as `summary.json` for programs."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from parley.cli.amounts import tokens
from parley.cli.demo import board
from parley.cli.demo.attacks import table
from parley.cli.demo.board import BoardState
from parley.cli.demo.plan import FREE_RIDER
from parley.cli.demo.run import Outcome
from parley.files import write_whole

SUMMARY = "summary.json"


def summary_of(outcome: Outcome) -> dict[str, Any]:
    """The machine-readable summary; amounts in wei, times in seconds of the chain."""
    plan, names = outcome.stage.plan, outcome.stage.names
    return {
        "task": plan.task,
        "seed": plan.seed,
        "store": plan.store,
        "trainers": plan.trainers,
        "startup_seconds": round(outcome.startup_seconds, 1),
        "rounds_seconds": outcome.ended[-1] - outcome.opened[0],
        "genesis_accuracy": outcome.genesis_accuracy,
        "accuracy": outcome.results[-1].accuracy,
        "accuracy_alone": dict(outcome.baselines.alone),
        "accuracy_together": outcome.baselines.together,
        "free_rider_share": free_rider_share(outcome),
        "attack": None if outcome.verdict is None else table.summary_of(outcome.verdict),
        "rounds": [
            {
                "round": result.number,
                "outcome": "final" if result.final else "void",
                "opened_at": opened,
                "finalized_at": ended,
                "accuracy": result.accuracy,
                "included": result.included,
                "scores": {names[operator]: score for operator, score in result.scores.items()},
                "earned": {names[operator]: amount for operator, amount in result.earned.items()},
            }
            for result, opened, ended in zip(outcome.results, outcome.opened, outcome.ended, strict=True)
        ],
        "paid": {names[operator]: amount for operator, amount in outcome.paid.items()},
        "gas": {call: {"transactions": n, "least": low, "most": high} for call, n, low, high in outcome.gas},
        "books": [
            {"check": _named(check.name, names), "left": check.left, "right": check.right, "holds": check.holds}
            for check in outcome.checks
        ],
    }


def write_summary(outcome: Outcome) -> Path:
    """Write `summary.json` into the demo's folder."""
    path = outcome.stage.plan.folder / SUMMARY
    write_whole(path, (json.dumps(summary_of(outcome), indent=2) + "\n").encode())
    return path


def free_rider_share(outcome: Outcome) -> float | None:
    """What the free rider earned, as a share of what an honest trainer earned on average; `None` if there was none."""
    accounts = outcome.stage.accounts
    if FREE_RIDER not in accounts:
        return None
    honest = mean(outcome.paid.get(accounts[player.name].address, 0) for player in outcome.stage.plan.honest)
    return outcome.paid.get(accounts[FREE_RIDER].address, 0) / honest if honest else 0.0


def failures(outcome: Outcome) -> list[str]:
    """What the demo promises and did not keep."""
    found = [f"the books do not balance: {check.name}" for check in outcome.checks if not check.holds]
    if outcome.verdict is not None:
        return [*found, *outcome.verdict.failures()]
    best_alone, share = max(outcome.baselines.alone.values()), free_rider_share(outcome) or 0.0
    if outcome.results[-1].accuracy <= best_alone:
        found.append(f"a trainer alone reaches {best_alone:.3f}")
    if share >= 0.2:
        found.append(f"the free rider earned {share:.2f} of an honest trainer")
    return found


def show(outcome: Outcome, console: Console) -> None:
    """The end of the demo, for people."""
    state = BoardState(
        names=outcome.stage.names,
        trainers=outcome.stage.trainers,
        rounds=outcome.stage.plan.rounds,
        results=outcome.results,
        genesis_accuracy=outcome.genesis_accuracy,
        gas=outcome.gas,
    )
    attack = () if outcome.verdict is None else (table.render(outcome.verdict),)
    console.print(Group(board.tables(state), _comparison(outcome), _books(outcome), *attack, _verdict(outcome)))


def _comparison(outcome: Outcome) -> Table:
    rows = Table("accuracy on unseen data", "", box=SIMPLE_HEAD, pad_edge=False)
    for name, accuracy in outcome.baselines.alone.items():
        rows.add_row(f"{name} alone, {len(outcome.stage.shards[name])} samples", f"{accuracy:.3f}")
    rows.add_row(Text("the federation", "bold green"), Text(f"{outcome.results[-1].accuracy:.3f}", "bold green"))
    rows.add_row("all data in one place, which privacy forbids", f"{outcome.baselines.together:.3f}")
    return rows


def _books(outcome: Outcome) -> Table:
    rows = Table("books, to the wei", "tokens", "", box=SIMPLE_HEAD, pad_edge=False)
    for check in outcome.checks:
        mark = Text("holds", "green") if check.holds else Text(f"{check.left} is not {check.right}", "red")
        rows.add_row(_named(check.name, outcome.stage.names), tokens(check.left), mark)
    return rows


def _verdict(outcome: Outcome) -> Text:
    seconds = outcome.ended[-1] - outcome.opened[0]
    text = Text(f"{len(outcome.results)} rounds in {seconds} s after {outcome.startup_seconds:.0f} s of start-up")
    share = free_rider_share(outcome)
    text.append(".\n" if share is None else f"; the free rider earned {share:.1%} of an honest trainer's mean pay.\n")
    for failure in failures(outcome):
        text.append(f"not kept: {failure}\n", "red")
    return text


def _named(text: str, names: dict[str, str]) -> str:
    """A sentence with players' names in place of addresses."""
    for address, name in names.items():
        text = text.replace(address, name)
    return text
