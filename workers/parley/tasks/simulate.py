"""A whole federation in memory: real training, real scoring, real settlement, no chain and no store.

It answers in seconds what a task and its hyper-parameters are worth, what everybody earns, and what an attacker could:
participants are objects that turn what they can see into an update, so an attack is a class of a few lines.
`simulate(config)` needs nothing else:

    >>> history = simulate(Config(task="digits", seed=0, free_riders=1))
    >>> history.accuracies[-1], history.earned
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, dequantise, encode, quantise
from parley.numerics.keccak import keccak256
from parley.numerics.rewards import Ledger
from parley.numerics.rules import Rule, look_ahead
from parley.numerics.settlement import (
    Member,
    RevealedScores,
    RevealedUpdate,
    SettlementConfig,
    SettlementInput,
    SettlementResult,
    settle,
)
from parley.tasks import partition, shards
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.document import FixedPoint
from parley.tasks.judging import Judgement, judge
from parley.tasks.protocol import Hyper, Task

Real = npt.NDArray[np.float64]
"""A model or update as reals, shape (P,)."""

HISTORY = 3
"""Rounds whose updates a replay is looked for in (section 6)."""

POOL = 10**18
"""What the trainers of a round share, in wei."""


@dataclass(frozen=True)
class Config:
    """A federation. The defaults are those of the demo.

    Attributes:
        task: name of a built-in task.
        seed: decides the data's split, the genesis model and all else that is random.
        trainers: honest trainers.
        evaluators: honest evaluators that do not train.
        rounds: how many are played.
        planned_rounds: shards that the validation set is cut into; `None` for as many as are played.
        partitioner: how the training data are spread, by name.
        free_riders: participants that send noise.
        hyper: hyper-parameters; `None` for the task's own.
        rule: how updates are combined.
        trim_bps: of the trimmed mean.
        beta: the server's momentum, in 2^-16.
    """

    task: str = "digits"
    seed: int = 0
    trainers: int = 5
    evaluators: int = 3
    rounds: int = 5
    planned_rounds: int | None = None
    partitioner: str = "dirichlet"
    free_riders: int = 0
    hyper: Hyper | None = None
    rule: Rule = Rule.TRIMMED_MEAN
    trim_bps: int = 2000
    beta: int = 32_768


@dataclass(frozen=True, eq=False)
class Sight:
    """What a participant can know while it trains.

    Attributes:
        task: what is trained.
        hyper: its hyper-parameters.
        round: number, from 1.
        seed: of the federation.
        look: the look-ahead point, from which training starts.
        opened: the shards of earlier rounds.
        revealed: the updates of each earlier round as reals, in reveal order, the last round's last.
    """

    task: Task
    hyper: Hyper
    round: int
    seed: int
    look: Real
    opened: Sequence[Dataset]
    revealed: Sequence[Sequence[Real]]


class Participant(Protocol):
    """Whoever submits updates."""

    def update(self, sight: Sight) -> Real:
        """This round's update, shape (P,)."""
        ...


@dataclass(frozen=True, eq=False)
class Honest:
    """Trains on its own data and the opened shards, as the trainer's worker does.

    Attributes:
        data: its own.
        index: tells the seeds of trainers apart.
    """

    data: Dataset
    index: int

    def update(self, sight: Sight) -> Real:
        """The trained model less the look-ahead point."""
        data = self.data.joined(sight.opened)
        seed = int(np.random.SeedSequence([sight.seed, sight.round, self.index]).generate_state(1)[0])
        return sight.task.train(sight.look, data, seed=seed, hyper=sight.hyper).astype(np.float64) - sight.look


@dataclass(frozen=True)
class FreeRider:
    """Has no data and sends noise.

    Attributes:
        index: tells the seeds of free riders apart.
        deviation: standard deviation of each parameter.
    """

    index: int
    deviation: float = 1e-3

    def update(self, sight: Sight) -> Real:
        """Gaussian noise, anew each round."""
        random = np.random.default_rng([sight.seed, sight.round, self.index])
        return random.normal(0.0, self.deviation, sight.task.params)


@dataclass(frozen=True, eq=False)
class Played:
    """A round that is over.

    Attributes:
        accuracy: of the new model on the test data.
        result: its settlement.
    """

    accuracy: float
    result: SettlementResult


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


@dataclass
class _Federation:
    """What changes from round to round."""

    task: Task
    hyper: Hyper
    wire: FixedPoint
    old: Quantised
    previous: Quantised
    norm: int
    ledger: Ledger = field(default_factory=dict)
    revealed: list[list[Quantised]] = field(default_factory=list)

    @property
    def clip(self) -> int:
        return min(round(self.wire.clip * (1 << self.wire.frac_bits)), 2**31 - 1)

    def reals(self, q: Quantised) -> Real:
        return dequantise(q, self.wire.frac_bits)


def simulate(config: Config, attackers: Sequence[Participant] = ()) -> History:
    """Play a federation.

    Args:
        config: its size and settings.
        attackers: take part behind the honest trainers and the free riders.
    """
    known = builtin(config.task)
    task = known.task(config.hyper)
    splits = partition.split(known.dataset(), config.seed)
    cut = partition.PARTITIONERS[config.partitioner](splits.train.y, config.trainers, config.seed)
    private = partition.take(splits.train, cut)
    honest = [Honest(data, index) for index, data in enumerate(private)]
    riders = [FreeRider(config.trainers + index) for index in range(config.free_riders)]
    participants: list[Participant] = [*honest, *riders, *attackers]
    rounds = _play(config, _genesis(config, task, known.fixed_point), participants, splits)
    return History(
        rounds=rounds,
        alone=[baseline(task, data, splits.test, config.rounds, config.seed) for data in private],
        together=baseline(task, splits.train, splits.test, config.rounds, config.seed),
        participants=len(participants),
    )


def baseline(task: Task, data: Dataset, test: Dataset, rounds: int, seed: int) -> float:
    """Test accuracy of a training by itself, with the epochs of all rounds together."""
    hyper = task.hyper.model_copy(update={"epochs": task.hyper.epochs * rounds})
    return task.metric(task.train(task.init(seed), data, seed=seed, hyper=hyper), test)


def _genesis(config: Config, task: Task, wire: FixedPoint) -> _Federation:
    genesis = quantise(task.init(config.seed), wire.frac_bits)
    norm = round(wire.initial_norm * 2**wire.frac_bits)
    return _Federation(task, task.hyper, wire, genesis, genesis, norm)


def _play(
    config: Config, state: _Federation, participants: Sequence[Participant], splits: partition.Splits
) -> list[Played]:
    validation = shards.cut(splits.validation, config.planned_rounds or config.rounds, config.seed)
    played = []
    for number in range(1, config.rounds + 1):
        look = look_ahead(state.old, state.previous, config.beta)
        updates = _train(config, state, participants, number, look, validation[: number - 1])
        votes = _score(config, state, number, look, updates, validation[number - 1])
        result = settle(_settlement(config, state, updates, votes))
        state.old, state.previous = result.model, state.old
        state.norm, state.ledger = result.norm, result.ledger
        state.revealed.append(updates)
        played.append(Played(state.task.metric(state.reals(result.model), splits.test), result))
    return played


def _train(
    config: Config,
    state: _Federation,
    participants: Sequence[Participant],
    number: int,
    look: Quantised,
    opened: Sequence[Dataset],
) -> list[Quantised]:
    """Everybody's update as it is revealed."""
    sight = Sight(
        task=state.task,
        hyper=state.hyper,
        round=number,
        seed=config.seed,
        look=state.reals(look),
        opened=opened,
        revealed=[[state.reals(q) for q in updates] for updates in state.revealed],
    )
    bound = state.clip / 2**state.wire.frac_bits
    updates = [np.clip(participant.update(sight), -bound, bound) for participant in participants]
    return [quantise(update, state.wire.frac_bits, state.clip) for update in updates]


def _score(
    config: Config,
    state: _Federation,
    number: int,
    look: Quantised,
    updates: Sequence[Quantised],
    shard: Dataset,
) -> list[RevealedScores]:
    """The vectors of all evaluators, whose member indices follow the participants'."""
    votes = []
    for index in range(config.evaluators):
        given = Judgement(
            look=look,
            updates=updates,
            past=[q for revealed in state.revealed[-HISTORY:] for q in revealed],
            last_norm=state.norm,
            frac_bits=state.wire.frac_bits,
            salt=keccak256(f"{config.seed} {number} {index}".encode()),
        )
        vector = judge(state.task, shard, given)
        votes.append(RevealedScores(_member(len(updates) + index), vector, None))
    return votes


def _settlement(
    config: Config, state: _Federation, updates: Sequence[Quantised], votes: Sequence[RevealedScores]
) -> SettlementInput:
    """The round as its aggregator sees it; half of the trainers' pool goes to evaluators, a tenth to the aggregator."""
    return SettlementInput(
        config=SettlementConfig(
            rule=config.rule,
            trim_bps=config.trim_bps,
            beta=config.beta,
            params=state.task.params,
            trainer_pool=POOL,
            evaluator_pool=POOL // 2,
            aggregator_pool=POOL // 10,
            reward_depth=10,
        ),
        updates=[RevealedUpdate(_member(i), word_tree.root(encode(q)), q) for i, q in enumerate(updates)],
        votes=votes,
        old=state.old,
        previous=state.previous,
        aggregator=_member(len(updates) + len(votes)),
        ledger=state.ledger,
    )


def _member(index: int) -> Member:
    return Member(index, f"0x{index + 1:040x}")
