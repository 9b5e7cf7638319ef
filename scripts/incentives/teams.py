"""Who takes part in a federation under attack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parley.numerics.rules import Rule
from parley.tasks.simulate import Ground, Honest, Participant


@dataclass(frozen=True)
class Team:
    """Who takes part.

    Attributes:
        participants: in reveal order.
        hostile: reveal indices of the attacker's identities.
    """

    participants: Sequence[Participant]
    hostile: Sequence[int]


Muster = Callable[[Ground], Team]


@dataclass(frozen=True)
class Attack:
    """A line of the tables.

    Attributes:
        name: for the command line and the plot.
        title: what it does.
        muster: who takes part.
        owners: how many shares of the training data the attacker owns; its due is as many honest shares.
        rule: how updates are combined under all rules.
        bounded: naive evaluators, too, scale updates down to the lower median of all norms, zeros counted in.
        backdoor: whether its success is measured.
        all_rules_only: under naive rules it means nothing, or is the same as another line.
    """

    name: str
    title: str
    muster: Muster
    owners: int = 0
    rule: Rule = Rule.TRIMMED_MEAN
    bounded: bool = False
    backdoor: bool = False
    all_rules_only: bool = False


def joined(ground: Ground, identities: Sequence[Participant]) -> Team:
    """The honest trainers and, behind them, the attacker's identities, which own no training data."""
    first = len(ground.honest)
    return Team([*ground.honest, *identities], range(first, first + len(identities)))


def outsiders(*identities: Participant) -> Muster:
    """Always the same identities behind the honest trainers."""
    return lambda ground: joined(ground, identities)


def turned(count: int, turn: Callable[[Honest], Participant]) -> Muster:
    """The first `count` trainers turned hostile, one by one."""

    def muster(ground: Ground) -> Team:
        hostile = [turn(owner) for owner in ground.honest[:count]]
        return Team([*hostile, *ground.honest[count:]], range(count))

    return muster


def multiplied(identities: Callable[[Honest], Sequence[Participant]]) -> Muster:
    """The first trainer under several identities: the first in its place, the others behind everybody."""

    def muster(ground: Ground) -> Team:
        first, *others = identities(ground.honest[0])
        end = len(ground.honest)
        return Team([first, *ground.honest[1:], *others], [0, *range(end, end + len(others))])

    return muster
