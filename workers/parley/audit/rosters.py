"""Who belongs to a federation, as `Membership` of the contracts keeps it, from events (P-7). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parley.chain.events import Event
from parley.chain.model import Role

FOR_EVER = 2**24 - 1
"""Last round of a member that has not left."""

DRAWN = (Role.EVALUATOR, Role.AGGREGATOR)
"""Roles whose members have positions."""


@dataclass(slots=True)
class Membership:
    """An operator's membership.

    Attributes:
        roles: what it does.
        first: first round it may act in.
        last: last one.
        stake: locked by it, wei.
    """

    roles: Role
    first: int
    last: int
    stake: int


@dataclass(frozen=True, slots=True)
class Opening:
    """Whom a round opened with.

    Attributes:
        trainers: how many.
        evaluators: by position.
        aggregators: by position.
    """

    trainers: int
    evaluators: tuple[str, ...]
    aggregators: tuple[str, ...]


@dataclass(slots=True)
class Rosters:
    """The members now.

    Attributes:
        members: by operator, those that left and are still bonded among them.
        trainers: how many there are.
        positions: of evaluators and aggregators, in order.
        indexed: operators by member index (P-12).
    """

    members: dict[str, Membership] = field(default_factory=dict)
    trainers: int = 0
    positions: dict[Role, list[str]] = field(default_factory=lambda: {role: [] for role in DRAWN})
    indexed: list[str] = field(default_factory=list)

    def acts(self, operator: str, role: Role, round_number: int) -> bool:
        """Whether an operator may act in a role in a round."""
        member = self.members.get(operator)
        return member is not None and role in member.roles and member.first <= round_number <= member.last

    def opening(self) -> Opening:
        """Whom a round that opens now has."""
        evaluators, aggregators = (tuple(self.positions[role]) for role in DRAWN)
        return Opening(self.trainers, evaluators, aggregators)

    def take(self, event: Event) -> None:
        """Take in one event; those that change no membership are passed over."""
        args = event.args
        match event.name:
            case "Joined":
                self._join(args)
            case "Left" | "Evicted":
                self._leave(args["operator"], args["until"])
            case "Unbonded":
                self.members.pop(args["operator"], None)
            case "MemberSlashed" if args["operator"] in self.members:
                self.members[args["operator"]].stake -= args["amount"]
            case "MemberIndexed":
                self.indexed.append(args["operator"])

    def _join(self, args: Mapping[str, Any]) -> None:
        roles = Role(args["roles"])
        self.members[args["operator"]] = Membership(roles, args["from"], FOR_EVER, args["stake"])
        self.trainers += Role.TRAINER in roles
        for role in DRAWN:
            if role in roles:
                self.positions[role].append(args["operator"])

    def _leave(self, operator: str, until: int) -> None:
        """Take a member off the rosters; the last of a roster takes the free place."""
        member = self.members.get(operator)
        if member is None:
            return
        member.last = until
        self.trainers -= Role.TRAINER in member.roles
        for role in DRAWN:
            roster = self.positions[role]
            if operator in roster:
                last = roster.pop()
                if last != operator:
                    roster[roster.index(operator)] = last
