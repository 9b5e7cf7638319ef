"""A federation in which much happened: a silent trainer, a void round, a lie, a harmful update, one beyond the clip."""

from __future__ import annotations

from pathlib import Path

from parley.chain.view import View
from parley.cli.demo.attacks.absences import Absent
from parley.cli.demo.attacks.settlements import wrong_median
from parley.cli.demo.attacks.updates import BeyondClip
from parley.numerics.fixed_point import Quantised
from parley.roles.actions import Action, Prove, RevealScores
from parley.roles.trainer import Trainer
from parley.tasks.dataset import Dataset
from tests.roles.watching import Lie, a_liar, until_settle, watching
from tests.support.anvil import AnvilNode
from tests.support.federation import Town, build

MISSING, BEYOND = "trainer-3", "trainer-2"
"""Who does harm in round 1 and is silent in round 3; who is beyond the clip in round 4."""

TRAINERS = ("trainer-1", "trainer-2", "trainer-3")
"""Who does not reveal in round 2, and one of them has not even committed."""

SILENT = "evaluator-3"
"""Who commits to its scores of round 3 and does not reveal them."""


class Harmful(Trainer):
    """Turns its update round."""

    def update(self, view: View) -> Quantised:
        """What it trained, times -1."""
        return -Trainer.update(self, view)


def play(node: AnvilNode, folder: Path, lie: Lie = wrong_median) -> Town:
    """Play all four rounds.

    In round 1 one update does harm. Round 2 is void for want of reveals. In round 3 one trainer is missing, one
    evaluator does not reveal and one settlement falls. In round 4 one trainer is slashed.
    """
    town = build(node, folder, trainers=4, evaluators=4, aggregators=2)
    watching(town, node)
    honest = dict(town.workers)
    _disguise(town, MISSING, Harmful, town.splits.train)
    town.play_rounds(1)
    town.play_until(lambda view: view.round.round == 3, *_all_but(town, *TRAINERS))
    town.workers[SILENT] = Absent(honest[SILENT], _reveals_scores)
    _, liar, _ = until_settle(town, MISSING)
    town.workers[liar] = a_liar(honest[liar].worker, lie)
    town.step(liar)
    while not any(isinstance(action, Prove) for action in town.cycle(liar, "watcher")):
        pass
    town.workers |= {MISSING: honest[MISSING]}
    _disguise(town, BEYOND, BeyondClip)
    town.play_rounds(2, *_all_but(town, liar))
    town.workers[SILENT] = honest[SILENT]
    town.play_rounds(3, *_all_but(town, liar))
    town.workers |= {liar: honest[liar], BEYOND: honest[BEYOND]}
    return town


def _all_but(town: Town, *names: str) -> list[str]:
    return [name for name in town.workers if name not in names]


def _disguise(town: Town, name: str, kind: type[Trainer], data: Dataset | None = None) -> None:
    """Let a trainer play another part."""
    trainer = town.workers[name]
    assert isinstance(trainer, Trainer)
    town.workers[name] = kind(trainer.worker, trainer.task, data or trainer.data, trainer.shards)


def _reveals_scores(action: Action, _: View) -> bool:
    return isinstance(action, RevealScores)
