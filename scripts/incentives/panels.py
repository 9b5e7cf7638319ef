"""What evaluators earn who do not score: the lines of the second table, and one cell of it (P-26, F-21 to F-23)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from incentives.cells import Place
from incentives.perceptron import fast_digits
from parley.numerics.rules import BASIS, Rule
from parley.tasks.simulate import POOL, Evaluator, HonestEvaluator, Played, federate
from parley.tasks.simulation.attackers.votes import Colluder, Constant, Guesser, LastMedians

FRIEND = 0
"""Reveal index of the trainer that colluding evaluators favour."""


@dataclass(frozen=True)
class Panel:
    """A line of the table.

    Attributes:
        name: for the command line.
        title: what the dishonest evaluators do.
        seats: how many evaluators there are.
        dishonest: the dishonest ones, given the number of trainers; the others are honest.
    """

    name: str
    title: str
    seats: int
    dishonest: Callable[[int], Sequence[Evaluator]]

    def members(self, trainers: int) -> list[Evaluator]:
        """The dishonest ones and, behind them, the honest."""
        dishonest = list(self.dishonest(trainers))
        return [*dishonest, *(HonestEvaluator(index) for index in range(len(dishonest), self.seats))]


PANELS = (
    Panel("honest", "scores (an honest evaluator)", 5, lambda _: [HonestEvaluator(0)]),
    Panel("constant", "always 1", 5, lambda _: [Constant()]),
    Panel("equal", "always an equal split", 5, lambda n: [Constant(1 + BASIS // n)]),
    Panel("last-medians", "copies the last round's medians", 5, lambda _: [LastMedians()]),
    Panel("random", "random splits", 5, lambda _: [Guesser(50)]),
    Panel("exclude-2-of-4", "2 of 4 vote 0 on everybody", 4, lambda _: [Colluder(), Colluder()]),
    Panel("exclude-3-of-5", "3 of 5, a majority, vote 0 on everybody", 5, lambda _: [Colluder()] * 3),
    Panel("friend-2-of-4", "2 of 4 vote 0 on all but a friend", 4, lambda _: [Colluder((FRIEND,))] * 2),
    Panel(
        "friend-2-of-5", "2 of 5 vote a friend up and all others 1", 5, lambda _: [Colluder((FRIEND,), kind=True)] * 2
    ),
)


@dataclass(frozen=True)
class PanelCell:
    """What came out. Rounds with merit are those in which a trainer earned something.

    Attributes:
        dishonest: share of the evaluators' pools that one dishonest evaluator took, on average, over all rounds.
        honest: the same for an honest evaluator.
        dishonest_by_merit: `dishonest` over the rounds with merit.
        honest_by_merit: `honest` over the rounds with merit.
        merit: share of the rounds that are with merit.
        left_out: share of the updates that were left out; all are honest.
        friend: share of the trainers' pools that the favoured trainer took.
        accuracy: of the last model on the test data.
    """

    dishonest: float
    honest: float
    dishonest_by_merit: float
    honest_by_merit: float
    merit: float
    left_out: float
    friend: float
    accuracy: float


def play(panel: Panel, place: Place) -> PanelCell:
    """Play one cell: honest trainers under all rules, judged by the panel."""
    members = panel.members(place.trainers)
    rounds = federate(place.config(Rule.TRIMMED_MEAN), panel=members, task=fast_digits())
    dishonest = len(panel.dishonest(place.trainers))
    pay = np.array([_shares(played, place.trainers, len(members)) for played in rounds])
    merit = np.array([any(score > 1 for score in played.result.settled.scores) for played in rounds])
    return PanelCell(
        dishonest=float(pay[:, :dishonest].mean()),
        honest=float(pay[:, dishonest:].mean()),
        dishonest_by_merit=float((pay[:, :dishonest].mean(axis=1) * merit).mean()),
        honest_by_merit=float((pay[:, dishonest:].mean(axis=1) * merit).mean()),
        merit=float(merit.mean()),
        left_out=1.0 - float(np.mean([len(played.result.included) for played in rounds])) / place.trainers,
        friend=sum(played.result.earned[FRIEND] for played in rounds) / (POOL * len(rounds)),
        accuracy=rounds[-1].accuracy,
    )


def _shares(played: Played, trainers: int, seats: int) -> list[float]:
    """Each evaluator's share of the round's evaluators' pool, which is half of the trainers'."""
    return [played.result.earned[trainers + seat] / (POOL // 2) for seat in range(seats)]
