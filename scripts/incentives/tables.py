"""The tables of `docs/incentives.md`, and their figures for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import nan, sqrt

import numpy as np

from incentives.attacks import LINES, NOBODY
from incentives.campaign import PARTITIONS, SIZES, Results
from incentives.cells import Cell
from incentives.panels import PANELS
from incentives.teams import Attack


@dataclass(frozen=True)
class Figure:
    """One attack at one place, over all seeds. Shares are of the trainers' pool, over all rounds.

    Attributes:
        attack: its name.
        rules: "naive" or "all".
        partition: "iid" or "dirichlet".
        trainers: shares of the training data.
        taken: what all identities of the attacker take.
        error: standard error of `taken` over the seeds; 0 for one seed.
        honest: what an honest trainer takes on average where nobody attacks, which `taken` is for that line, too.
        due: what the attacker's own data earn where nobody attacks; 0 for an attacker without data.
        accuracy: of the last model.
        lost: accuracy where nobody attacks less `accuracy`.
        left_out_hostile: share of the attacker's updates that were left out.
        left_out_honest: share of the honest updates that were left out.
        backdoor: its success, -1 where not measured.
    """

    attack: str
    rules: str
    partition: str
    trainers: int
    taken: float
    error: float
    honest: float
    due: float
    accuracy: float
    lost: float
    left_out_hostile: float
    left_out_honest: float
    backdoor: float

    @property
    def relative(self) -> float:
        """What the attacker takes, in honest trainers for each share of data that it owns, one at least."""
        return self.taken / (self.honest * max(1, _line(self.attack).owners))


def figure(results: Results, attack: Attack, rules: str, partition: str, trainers: int) -> Figure | None:
    """The figure of an attack at a place; `None` where it was not played."""
    cells = results.of(attack.name, rules, partition, trainers)
    calm = results.of(NOBODY.name, rules, partition, trainers)
    if not cells:
        return None
    taken = [sum(cell.pay) / len(cell.pay) if attack is NOBODY else cell.taken for cell in cells]
    accuracy = _mean(cells, lambda cell: cell.accuracy)
    return Figure(
        attack=attack.name,
        rules=rules,
        partition=partition,
        trainers=trainers,
        taken=float(np.mean(taken)),
        error=float(np.std(taken, ddof=1)) / sqrt(len(taken)) if len(taken) > 1 else 0.0,
        honest=_mean(calm, lambda cell: sum(cell.pay) / len(cell.pay)),
        due=_mean(calm, lambda cell: sum(cell.pay[: attack.owners])),
        accuracy=accuracy,
        lost=_mean(calm, lambda cell: cell.accuracy) - accuracy,
        left_out_hostile=_mean(cells, lambda cell: cell.left_out_hostile),
        left_out_honest=_mean(cells, lambda cell: cell.left_out_honest),
        backdoor=_mean(cells, lambda cell: cell.backdoor),
    )


def everywhere(results: Results, attack: Attack, rules: str, trainers: int) -> list[Figure]:
    """The figures of both partitions; empty where the attack was not played."""
    found = [figure(results, attack, rules, partition, trainers) for partition in PARTITIONS]
    return [one for one in found if one is not None]


def figures(results: Results) -> dict[str, object]:
    """Everything, for a program."""
    attacks = [
        one
        for line in LINES
        for rules in ("naive", "all")
        for n in SIZES
        for one in everywhere(results, line, rules, n)
    ]
    return {
        "rounds": results.rounds,
        "seeds": list(results.seeds),
        "attacks": [asdict(one) for one in attacks],
        "evaluators": [
            {
                "panel": panel,
                "partition": place.partition,
                "trainers": place.trainers,
                "cells": [asdict(c) for c in cells],
            }
            for (panel, place), cells in results.panels.items()
        ],
    }


def markdown(results: Results) -> str:
    """All tables."""
    seeds = f"{len(results.seeds)} seeds" if len(results.seeds) > 1 else "one seed"
    errors = [one.error for line in LINES for n in SIZES for one in everywhere(results, line, "all", n)]
    return "\n\n".join(
        [
            f"{results.rounds} rounds, {seeds}. Standard errors of the pay under all rules: median "
            f"{np.median(errors):.3f}, largest {max(errors):.3f}.",
            "### What attackers take",
            _table(*_pay(results)),
            "### What the model loses",
            _table(*_model(results)),
            "### What evaluators earn",
            _table(*_evaluators(results)),
        ]
    )


Rows = list[list[str]]


def _pay(results: Results) -> tuple[list[str], Rows]:
    heads = [
        "attacker",
        "naive, 5",
        "naive, 10",
        "all rules, 5",
        "all rules, 10",
        "own due, 5",
        "own due, 10",
        "in honest trainers",
    ]
    rows = []
    for line in _played(results):
        groups = [everywhere(results, line, rules, n) for rules in ("naive", "all") for n in SIZES]
        dues = [_due(line, group) for group in groups[2:]]
        relative = [f"{np.mean([one.relative for one in group]):.1f}" for group in groups[2:]]
        rows.append(
            [line.title, *(_pairs(group, lambda one: one.taken) for group in groups), *dues, ", ".join(relative)]
        )
    return heads, rows


def _model(results: Results) -> tuple[list[str], Rows]:
    heads = [
        "attacker",
        "naive, 5",
        "naive, 10",
        "all rules, 5",
        "all rules, 10",
        "honest left out",
        "backdoor: naive; all rules",
    ]
    rows = []
    for line in _played(results):
        groups = [everywhere(results, line, rules, n) for rules in ("naive", "all") for n in SIZES]
        accuracies = [_pairs(group, lambda one: one.accuracy, 3) for group in groups]
        left_out = max(one.left_out_honest for group in groups[2:] for one in group)
        doors = [f"{_range([one.backdoor for group in part for one in group])}" for part in (groups[:2], groups[2:])]
        rows.append([line.title, *accuracies, f"{left_out:.0%}", "; ".join(doors) if line.backdoor else ""])
    return heads, rows


def _evaluators(results: Results) -> tuple[list[str], Rows]:
    heads = [
        "evaluator",
        "pay, 5",
        "pay, 10",
        "where a trainer earns, 5",
        "10",
        "left out",
        "trainer 1's pay, 5",
        "10",
        "accuracy",
    ]
    rows = []
    for panel in PANELS:
        groups = [[c for partition in PARTITIONS for c in results.of_panel(panel.name, partition, n)] for n in SIZES]
        if not all(groups):
            continue
        every = [cell for group in groups for cell in group]
        rows.append(
            [
                panel.title,
                *(_ratio([c.dishonest for c in group], [c.honest for c in group]) for group in groups),
                *(
                    _ratio([c.dishonest_by_merit for c in group], [c.honest_by_merit for c in group])
                    for group in groups
                ),
                f"{np.mean([c.left_out for c in every]):.0%}",
                *(f"{np.mean([c.friend for c in group]):.2f}" for group in groups),
                f"{np.mean([c.accuracy for c in every]):.3f}",
            ]
        )
    return heads, rows


def _played(results: Results) -> Iterator[Attack]:
    return (line for line in LINES if results.of(line.name, "all", PARTITIONS[0], SIZES[0]))


def _line(name: str) -> Attack:
    return next(line for line in LINES if line.name == name)


def _mean(cells: Sequence[Cell], what: Callable[[Cell], float]) -> float:
    return float(np.mean([what(cell) for cell in cells])) if cells else nan


def _pairs(group: Sequence[Figure], what: Callable[[Figure], float], digits: int = 2) -> str:
    """The figures of both partitions, iid first."""
    return ", ".join(f"{what(one):.{digits}f}" for one in group)


def _due(line: Attack, group: Sequence[Figure]) -> str:
    """What the attacker's data earn by honest work."""
    if line is NOBODY:
        return ""
    return _pairs(group, lambda one: one.due) if line.owners else "0"


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}" if values else "the same"


def _ratio(dishonest: Sequence[float], honest: Sequence[float]) -> str:
    """Pay of a dishonest evaluator over an honest one's; a dash where neither is paid."""
    if np.sum(honest) > 0:
        return f"{np.sum(dishonest) / np.sum(honest):.2f}"
    return "all of it" if np.sum(dishonest) > 0 else "-"


def _table(heads: Sequence[str], rows: Rows) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
