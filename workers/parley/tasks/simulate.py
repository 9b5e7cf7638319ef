"""A whole federation in memory: real training, real scoring, real settlement, no chain and no store.

It answers in seconds what a task and its hyper-parameters are worth, what everybody earns, and what an attacker could:
participants are objects that turn what they can see into an update, so an attack is a class of a few lines.
`simulate(config)` needs nothing else:

    >>> history = simulate(Config(task="digits", seed=0, free_riders=1))
    >>> history.accuracies[-1], history.earned

`federate` leaves out the comparison with trainings outside the federation, and lets the caller say who takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parley.tasks import partition, shards
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Task
from parley.tasks.simulation.config import Config
from parley.tasks.simulation.federation import POOL, Federation, Played
from parley.tasks.simulation.panel import Evaluator, HonestEvaluator, NaiveEvaluator, Sitting
from parley.tasks.simulation.participants import FreeRider, Honest, Participant, Real, Sight

__all__ = [
    "POOL",
    "Config",
    "Evaluator",
    "FreeRider",
    "Ground",
    "History",
    "Honest",
    "HonestEvaluator",
    "NaiveEvaluator",
    "Participant",
    "Played",
    "Real",
    "Sight",
    "Sitting",
    "baseline",
    "federate",
    "simulate",
]


@dataclass(frozen=True, eq=False)
class Ground:
    """What there is before anybody takes part.

    Attributes:
        honest: an honest trainer for each share of the training data.
        shards: the sealed validation shards in the order of the rounds, for whoever has their keys.
        test: what nobody trains or scores on.
    """

    honest: Sequence[Honest]
    shards: Sequence[Dataset]
    test: Dataset


Muster = Callable[[Ground], Sequence[Participant]]
"""Says who submits updates, in reveal order."""


@dataclass(frozen=True, eq=False)
class History:
    """A federation that is over.

    Attributes:
        rounds: what happened.
        alone: test accuracy that each honest trainer reaches by itself, with as many epochs.
        together: test accuracy of one training on all training data in one place, with as many epochs.
        participants: how many there were, honest trainers first.
    """

    rounds: Sequence[Played]
    alone: Sequence[float]
    together: float
    participants: int

    @property
    def accuracies(self) -> list[float]:
        """Test accuracy after each round."""
        return [played.accuracy for played in self.rounds]

    @property
    def earned(self) -> list[int]:
        """What each participant earned in all, in wei; a round's pool is `POOL`."""
        return [sum(played.result.earned[index] for played in self.rounds) for index in range(self.participants)]


def simulate(config: Config, attackers: Sequence[Participant] = ()) -> History:
    """Play a federation, and train its data outside one for comparison.

    Args:
        config: its size and settings.
        attackers: take part behind the honest trainers and the free riders.
    """
    riders = [FreeRider(config.trainers + index) for index in range(config.free_riders)]
    rounds = federate(config, lambda ground: [*ground.honest, *riders, *attackers])
    task = builtin(config.task).task(config.hyper)
    splits = partition.split(builtin(config.task).dataset(), config.seed)
    private = partition.take(splits.train, config.cut(splits.train.y))
    return History(
        rounds=rounds,
        alone=[baseline(task, data, splits.test, config.rounds, config.seed) for data in private],
        together=baseline(task, splits.train, splits.test, config.rounds, config.seed),
        participants=config.trainers + len(riders) + len(attackers),
    )


def federate(
    config: Config,
    muster: Muster = lambda ground: ground.honest,
    panel: Sequence[Evaluator] | None = None,
    task: Task | None = None,
) -> list[Played]:
    """Play a federation.

    Args:
        config: its size and settings; `free_riders` is not read.
        muster: who submits updates; the honest trainers alone, unless it is given.
        panel: who scores; as many honest evaluators as `config` says, unless it is given.
        task: what is trained; the task that `config` names, unless it is given.
    """
    known = builtin(config.task)
    splits = partition.split(known.dataset(), config.seed)
    private = partition.take(splits.train, config.cut(splits.train.y))
    validation = shards.cut(splits.validation, config.planned_rounds or config.rounds, config.seed)
    ground = Ground([Honest(data, index) for index, data in enumerate(private)], validation, splits.test)
    federation = Federation(
        config=config,
        task=known.task(config.hyper) if task is None else task,
        wire=known.fixed_point,
        participants=muster(ground),
        panel=[HonestEvaluator(index) for index in range(config.evaluators)] if panel is None else panel,
        shards=validation,
        test=splits.test,
    )
    return [federation.play() for _ in range(config.rounds)]


def baseline(task: Task, data: Dataset, test: Dataset, rounds: int, seed: int) -> float:
    """Test accuracy of a training by itself, with the epochs of all rounds together."""
    hyper = task.hyper.model_copy(update={"epochs": task.hyper.epochs * rounds})
    return task.metric(task.train(task.init(seed), data, seed=seed, hyper=hyper), test)
