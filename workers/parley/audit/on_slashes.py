"""Stake is locked, freed and slashed as the rounds say, in the same transactions (P-2, P-16, P-17). Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from parley.audit.checks import Check
from parley.audit.findings import Party, Sheet
from parley.audit.places import at
from parley.audit.replay import State
from parley.chain.events import Event

Movement = tuple[str, str, int, str]
"""Name of the vault's event, operator, wei, and prover where stake is slashed."""


class Movements:
    """What the stake vault moved, by transaction.

    Args:
        stakes: its events.
    """

    def __init__(self, stakes: Sequence[Event]) -> None:
        self._moved: dict[bytes, Counter[Movement]] = defaultdict(Counter)
        for event in stakes:
            args = event.args
            if event.name in ("Locked", "Unlocked", "Slashed"):
                movement = (event.name, args["operator"], args["amount"], args.get("prover", ""))
                self._moved[event.transaction][movement] += 1

    def take(self, event: Event, movement: Movement) -> bool:
        """Whether a movement is in the transaction of an event; each counts once."""
        if self._moved[event.transaction][movement] == 0:
            return False
        self._moved[event.transaction][movement] -= 1
        return True


def check(event: Event, state: State, sheet: Sheet, movements: Movements) -> None:
    """Check what an event moves of stake, against the state before it."""
    for movement in _due(event, state):
        name, operator, amount, prover = movement
        check_ = Check.SLASHES if name == "Slashed" else Check.STAKES
        place = at(event, f"the stake that {event.name} moves", Party.CONTRACTS, operator)
        expected = f"{name} {amount} wei" + (f", for {prover}" if prover else "")
        sheet.holds(check_, movements.take(event, movement), place, expected=expected, actual="no such movement")
    if event.name == "MemberSlashed":
        _clip(event, state, sheet)


def _due(event: Event, state: State) -> Iterator[Movement]:
    """What the vault must move in the event's transaction."""
    args = event.args
    match event.name:
        case "Joined":
            yield "Locked", args["operator"], args["stake"], ""
        case "Unbonded":
            yield "Unlocked", args["operator"], args["stake"], ""
        case "Settled":
            yield "Locked", args["aggregator"], state.policy.bond, ""
        case "RoundFinalized" if state.settled is not None:
            yield "Unlocked", state.settled.args["aggregator"], state.policy.bond, ""
        case "Convicted":
            yield "Slashed", args["aggregator"], state.policy.bond, args["prover"]
        case "MemberSlashed":
            yield "Slashed", args["operator"], args["amount"], args["prover"]


def _clip(event: Event, state: State, sheet: Sheet) -> None:
    """No more than the policy says, nor than there is."""
    member = state.rosters.members.get(event.args["operator"])
    place = at(event, "what a trainer loses for an update beyond the clip", Party.CONTRACTS, event.args["operator"])
    expected = None if member is None else min(state.policy.clip_slash, member.stake)
    sheet.same(Check.SLASHES, expected, event.args["amount"], place)
