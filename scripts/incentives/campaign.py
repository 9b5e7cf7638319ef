"""All cells of the tables, and what came out of them, seed by seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

from incentives import cells, panels
from incentives.attacks import LINES, NOBODY
from incentives.cells import Cell, Place
from incentives.panels import PANELS, Panel, PanelCell
from incentives.store import Store
from incentives.teams import Attack

PARTITIONS = ("iid", "dirichlet")
SIZES = (5, 10)


@dataclass(frozen=True)
class Results:
    """What came out; the seed of a `Place` that is looked up does not matter.

    Attributes:
        rounds: that each federation played.
        seeds: in this order in every list.
        attacks: the cells of an attack at a place.
        panels: the cells of a panel at a place.
    """

    rounds: int
    seeds: Sequence[int]
    attacks: dict[tuple[str, Place], list[Cell]] = field(default_factory=dict)
    panels: dict[tuple[str, Place], list[PanelCell]] = field(default_factory=dict)

    def of(self, attack: str, rules: str, partition: str, trainers: int) -> list[Cell]:
        """An attack's cells by seed; empty where it was not played."""
        return self.attacks.get((attack, Place(rules, partition, trainers, self.rounds, 0)), [])

    def of_panel(self, panel: str, partition: str, trainers: int) -> list[PanelCell]:
        """A panel's cells by seed; empty where it was not played."""
        return self.panels.get((panel, Place("all", partition, trainers, self.rounds, 0)), [])

    def add(self, line: Attack | Panel, place: Place, cell: Cell | PanelCell) -> None:
        """Put the cell of the next seed behind those that are there."""
        where = (line.name, replace(place, seed=0))
        if isinstance(cell, Cell):
            self.attacks.setdefault(where, []).append(cell)
        else:
            self.panels.setdefault(where, []).append(cell)


@dataclass(frozen=True)
class Campaign:
    """What is to be played.

    Attributes:
        cells: line and place of each cell.
        results: what came out so far.
    """

    cells: Sequence[tuple[Attack | Panel, Place]]
    results: Results

    @classmethod
    def planned(cls, seeds: Sequence[int], rounds: int, only: Sequence[str] | None = None) -> Campaign:
        """All lines, or some of them and what they are compared with, on the given seeds."""
        lines = [line for line in LINES if line is NOBODY or only is None or line.name in only]
        judged = [panel for panel in PANELS if panel.name == "honest" or only is None or panel.name in only]
        planned: list[tuple[Attack | Panel, Place]] = []
        for seed in seeds:
            planned += [(line, place) for line in lines for place in _places(line, seed, rounds)]
            planned += [(panel, place) for panel in judged for place in _everywhere("all", seed, rounds)]
        return cls(planned, Results(rounds, seeds))

    def play(self, store: Store) -> Iterator[str]:
        """Play what the store does not hold, in order; yield the name of each cell when it is there."""
        for line, place in self.cells:
            name = f"{line.name}/{place.rules}/{place.partition}/{place.trainers}/{place.rounds}/{place.seed}"
            kind = Cell if isinstance(line, Attack) else PanelCell
            known = store.get(name)
            if known is None:
                cell = cells.play(line, place) if isinstance(line, Attack) else panels.play(line, place)
                store.put(name, asdict(cell))
            else:
                cell = kind(**known)
            self.results.add(line, place, cell)
            yield name


def _places(line: Attack, seed: int, rounds: int) -> Iterator[Place]:
    for rules in ("all",) if line.all_rules_only else ("naive", "all"):
        yield from _everywhere(rules, seed, rounds)


def _everywhere(rules: str, seed: int, rounds: int) -> Iterator[Place]:
    for partition in PARTITIONS:
        yield from (Place(rules, partition, trainers, rounds, seed) for trainers in SIZES)
