"""A federation's rounds: training, scoring and settlement, with the real numerics and no chain (section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, dequantise, encode, quantise
from parley.numerics.rewards import Ledger
from parley.numerics.rules import look_ahead
from parley.numerics.scoring import SettledScores
from parley.numerics.settlement import (
    Member,
    RevealedScores,
    RevealedUpdate,
    SettlementConfig,
    SettlementInput,
    SettlementResult,
    settle,
)
from parley.tasks.dataset import Dataset
from parley.tasks.document import FixedPoint
from parley.tasks.protocol import Task
from parley.tasks.simulation.config import Config
from parley.tasks.simulation.panel import Evaluator, Sitting
from parley.tasks.simulation.participants import Participant, Real, Sight

HISTORY = 3
"""Rounds whose updates a replay is looked for in (section 6)."""

POOL = 10**18
"""What the trainers of a round share, in wei; half as much goes to evaluators, a tenth to the aggregator."""


@dataclass(frozen=True, eq=False)
class Played:
    """A round that is over.

    Attributes:
        accuracy: of the new model on the test data.
        result: its settlement.
    """

    accuracy: float
    result: SettlementResult


@dataclass(eq=False)
class Federation:
    """What there is, and what changes from round to round.

    Attributes:
        config: size and settings.
        task: what is trained.
        wire: how numbers go on the wire.
        participants: trainers in reveal order.
        panel: evaluators, whose member indices follow the participants'.
        shards: of the validation set, one a round (P-24).
        test: what the accuracy is measured on.
    """

    config: Config
    task: Task
    wire: FixedPoint
    participants: Sequence[Participant]
    panel: Sequence[Evaluator]
    shards: Sequence[Dataset]
    test: Dataset
    _old: Quantised = field(init=False)
    _previous: Quantised = field(init=False)
    _norm: int = field(init=False)
    _aggregate: Real = field(init=False)
    _settled: SettledScores | None = field(init=False, default=None)
    _ledger: Ledger = field(init=False, default_factory=dict)
    _revealed: list[list[Quantised]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._old = self._previous = quantise(self.task.init(self.config.seed), self.wire.frac_bits)
        self._norm = round(self.wire.initial_norm * 2**self.wire.frac_bits)
        self._aggregate = np.zeros(self.task.params)

    @property
    def clip(self) -> int:
        """The largest |q| of an update."""
        return min(round(self.wire.clip * (1 << self.wire.frac_bits)), 2**31 - 1)

    def reals(self, q: Quantised) -> Real:
        """What q stands for."""
        return dequantise(q, self.wire.frac_bits)

    def play(self) -> Played:
        """The next round; one that includes nobody leaves the model to its momentum (F-105)."""
        number = len(self._revealed) + 1
        look = look_ahead(self._old, self._previous, self.config.beta)
        updates = self._train(number, look)
        result = settle(self._given(updates, self._score(number, look, updates)))
        self._aggregate = self.reals(result.model) - self.reals(look)
        self._old, self._previous = result.model, self._old
        self._norm, self._ledger, self._settled = result.norm, result.ledger, result.settled
        self._revealed.append(updates)
        return Played(self.task.metric(self.reals(result.model), self.test), result)

    def _train(self, number: int, look: Quantised) -> list[Quantised]:
        """Everybody's update as it is revealed: clipped, and rounded to the nearest step (F-103)."""
        opened = self.shards[: number - 1] if self.config.sealed else []
        sight = Sight(
            task=self.task,
            hyper=self.task.hyper,
            round=number,
            seed=self.config.seed,
            look=self.reals(look),
            opened=opened,
            known=opened if self.config.sealed else self.shards,
            revealed=[[self.reals(q) for q in updates] for updates in self._revealed],
            aggregate=self._aggregate,
            norm=self._norm / 2**self.wire.frac_bits,
        )
        bound = self.clip / 2**self.wire.frac_bits
        updates = [np.clip(participant.update(sight), -bound, bound) for participant in self.participants]
        return [quantise(update, self.wire.frac_bits, self.clip) for update in updates]

    def _score(self, number: int, look: Quantised, updates: Sequence[Quantised]) -> list[RevealedScores]:
        """The vectors of all evaluators."""
        sitting = Sitting(
            task=self.task,
            round=number,
            seed=self.config.seed,
            shard=self.shards[number - 1] if self.config.sealed else self.shards[0].joined(self.shards[1:]),
            look=look,
            updates=updates,
            past=[q for revealed in self._revealed[-HISTORY:] for q in revealed],
            last_norm=self._norm,
            frac_bits=self.wire.frac_bits,
            settled=self._settled,
        )
        first = len(updates)
        return [
            RevealedScores(_member(first + index), evaluator.vote(sitting), None)
            for index, evaluator in enumerate(self.panel)
        ]

    def _given(self, updates: Sequence[Quantised], votes: Sequence[RevealedScores]) -> SettlementInput:
        """The round as its aggregator sees it."""
        return SettlementInput(
            config=SettlementConfig(
                rule=self.config.rule,
                trim_bps=self.config.trim_bps,
                beta=self.config.beta,
                params=self.task.params,
                trainer_pool=POOL,
                evaluator_pool=POOL // 2,
                aggregator_pool=POOL // 10,
                reward_depth=10,
            ),
            updates=[RevealedUpdate(_member(i), word_tree.root(encode(q)), q) for i, q in enumerate(updates)],
            votes=votes,
            old=self._old,
            previous=self._previous,
            aggregator=_member(len(updates) + len(votes)),
            ledger=self._ledger,
        )


def _member(index: int) -> Member:
    return Member(index, f"0x{index + 1:040x}")
