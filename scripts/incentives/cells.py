"""One cell of the tables: one attack, one set of rules, one partition, one number of trainers, one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from incentives.perceptron import fast_digits
from incentives.teams import Attack, Team
from parley.numerics.fixed_point import dequantise
from parley.numerics.rules import Rule
from parley.tasks.builtin import builtin
from parley.tasks.simulate import POOL, Config, Ground, NaiveEvaluator, Participant, Played, federate
from parley.tasks.simulation.attackers.poison import success

EVALUATORS = 3


@dataclass(frozen=True)
class Place:
    """Where an attack takes place.

    Attributes:
        rules: "naive" or "all".
        partition: "iid" or "dirichlet" (0.5).
        trainers: shares of the training data.
        rounds: how many are played.
        seed: of everything.
    """

    rules: str
    partition: str
    trainers: int
    rounds: int
    seed: int

    def config(self, rule: Rule) -> Config:
        """The federation: under naive rules validation is public and updates are averaged."""
        naive = self.rules == "naive"
        return Config(
            task="digits",
            seed=self.seed,
            trainers=self.trainers,
            evaluators=EVALUATORS,
            rounds=self.rounds,
            partitioner=self.partition,
            sealed=not naive,
            rule=Rule.MEAN if naive else rule,
        )


@dataclass(frozen=True)
class Cell:
    """What came out.

    Attributes:
        pay: share of the trainers' pools that each participant took, over all rounds, by reveal index.
        hostile: reveal indices of the attacker's identities.
        accuracy: of the last model on the test data.
        left_out_hostile: share of the attacker's updates that were left out.
        left_out_honest: share of the honest updates that were left out.
        backdoor: share of the stamped test samples that the last model takes for the target; -1 where not measured.
    """

    pay: list[float]
    hostile: list[int]
    accuracy: float
    left_out_hostile: float
    left_out_honest: float
    backdoor: float

    @property
    def taken(self) -> float:
        """What all identities of the attacker took."""
        return sum(self.pay[index] for index in self.hostile)


def play(attack: Attack, place: Place) -> Cell:
    """Play one cell."""
    config, task = place.config(attack.rule), fast_digits()
    seen: list[tuple[Ground, Team]] = []

    def muster(ground: Ground) -> Sequence[Participant]:
        seen.append((ground, attack.muster(ground)))
        return seen[0][1].participants

    naive = [NaiveEvaluator(index, attack.bounded) for index in range(EVALUATORS)]
    rounds = federate(config, muster, naive if place.rules == "naive" else None, task)
    ground, team = seen[0]
    model = dequantise(rounds[-1].result.model, builtin(config.task).fixed_point.frac_bits)
    return _cell(rounds, team, success(task, model, ground.test) if attack.backdoor else -1.0)


def _cell(rounds: Sequence[Played], team: Team, backdoor: float) -> Cell:
    """Sum a federation up."""
    count, hostile = len(team.participants), list(team.hostile)
    left_out = np.array([[i not in played.result.included for i in range(count)] for played in rounds]).mean(axis=0)
    return Cell(
        pay=[sum(played.result.earned[i] for played in rounds) / (POOL * len(rounds)) for i in range(count)],
        hostile=hostile,
        accuracy=rounds[-1].accuracy,
        left_out_hostile=float(left_out[hostile].mean()),
        left_out_honest=float(np.delete(left_out, hostile).mean()),
        backdoor=backdoor,
    )
