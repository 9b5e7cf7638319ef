"""Who joins, leaves, is evicted and gets an index (P-7, P-12). Pure."""

from __future__ import annotations

from parley.audit.absences import is_absent
from parley.audit.checks import Check
from parley.audit.findings import Party, Sheet
from parley.audit.places import at
from parley.audit.replay import State
from parley.audit.rosters import FOR_EVER
from parley.chain.events import Event
from parley.chain.model import Role
from parley.chain.view import LAST_TURN

MOST_ABSENCES = 3
"""Rounds running that a member may miss."""

_ACTS = {
    "UpdateCommitted": (Role.TRAINER, Party.TRAINER),
    "UpdateRevealed": (Role.TRAINER, Party.TRAINER),
    "ScoresCommitted": (Role.EVALUATOR, Party.EVALUATOR),
    "ScoresRevealed": (Role.EVALUATOR, Party.EVALUATOR),
}


def check(event: Event, state: State, sheet: Sheet) -> None:
    """Check one event against the state before it."""
    match event.name:
        case "Joined":
            _joined(event, state, sheet)
        case "Left" | "Evicted":
            _left(event, state, sheet)
        case "Unbonded":
            _unbonded(event, state, sheet)
        case "Absent":
            _absent(event, state, sheet)
        case "MemberIndexed":
            _indexed(event, state, sheet)
        case "Settled" if event.args["turn"] < LAST_TURN:
            _acts(event, state, sheet, event.args["aggregator"], (Role.AGGREGATOR, Party.AGGREGATOR))
        case name if name in _ACTS:
            _acts(event, state, sheet, event.args["operator"], _ACTS[name])


def _acts(event: Event, state: State, sheet: Sheet, operator: str, kind: tuple[Role, Party]) -> None:
    role, party = kind
    place = at(event, f"that whoever sent {event.name} may act in the round", party, operator)
    acts = state.rosters.acts(operator, role, event.args["round"])
    sheet.holds(Check.MEMBERS, acts, place, expected=f"a member as {party}", actual="none in this round")


def _joined(event: Event, state: State, sheet: Sheet) -> None:
    """From the next round on, with the stakes of the newest policy, once, and not beyond the most trainers."""
    args, roles = event.args, Role(event.args["roles"])
    place = at(event, "a membership that begins: first round and stake", Party.MEMBER, args["operator"])
    expected = (state.number + 1, state.newest.stake_of(roles))
    sheet.same(Check.MEMBERS, expected, (args["from"], args["stake"]), place)
    full = Role.TRAINER in roles and state.rosters.trainers >= state.newest.max_trainers
    may = args["operator"] not in state.rosters.members and not state.closed and not full
    sheet.holds(Check.MEMBERS, may, place, expected="no member yet, and room", actual="a member, closed, or full")


def _left(event: Event, state: State, sheet: Sheet) -> None:
    operator = event.args["operator"]
    member = state.rosters.members.get(operator)
    place = at(event, f"{event.name}: last round of a membership", Party.MEMBER, operator)
    expected = state.number if member is not None and member.last == FOR_EVER else None
    sheet.same(Check.MEMBERS, expected, event.args["until"], place)
    if event.name == "Evicted":
        now = [n for (who, _), (last, n) in state.absences.items() if who == operator and last == state.number]
        sheet.holds(Check.MEMBERS, max(now, default=0) >= MOST_ABSENCES, place, actual="it was not absent enough")


def _unbonded(event: Event, state: State, sheet: Sheet) -> None:
    """All of its stake, once the last round it took part in is over."""
    operator = event.args["operator"]
    member = state.rosters.members.get(operator)
    place = at(event, "the stake of a membership that ended", Party.MEMBER, operator)
    sheet.same(Check.MEMBERS, None if member is None else member.stake, event.args["stake"], place)
    over = member is not None and (member.last < state.number or (member.last == state.number and not state.live))
    sheet.holds(Check.MEMBERS, over, place, expected="after its last round", actual=f"in round {state.number}")


def _absent(event: Event, state: State, sheet: Sheet) -> None:
    """One more than in the round before, else the first; once a round; and it had to act and did not (P-7)."""
    args = event.args
    last, count = state.absences.get((args["operator"], args["role"]), (0, 0))
    place = at(event, "absences running", Party.MEMBER, args["operator"])
    sheet.same(Check.MEMBERS, count + 1 if last == args["round"] - 1 else 1, args["count"], place)
    due = args["round"] == state.number != last and is_absent(
        state, args["operator"], Role(args["role"]), event.timestamp
    )
    sheet.holds(Check.MEMBERS, due, place, expected="a member that had to act, and can no more", actual="none")


def _indexed(event: Event, state: State, sheet: Sheet) -> None:
    """The next index, once, for ever."""
    operator = event.args["operator"]
    place = at(event, "a member's index in the reward tree", Party.CONTRACTS, operator)
    sheet.same(Check.MEMBERS, len(state.rosters.indexed), event.args["index"], place)
    sheet.holds(Check.MEMBERS, operator not in state.rosters.indexed, place, actual="it has one already")
