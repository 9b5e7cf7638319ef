"""All that is judged from the chain alone. Pure: from a story to findings, and to what should have been settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parley.audit import on_commitments, on_lots, on_members, on_money, on_rounds, on_settlements, on_slashes, on_state
from parley.audit.checks import Check
from parley.audit.findings import Party, Sheet
from parley.audit.on_settlements import Settled
from parley.audit.on_slashes import Movements
from parley.audit.places import at
from parley.audit.replay import State
from parley.audit.story import Story
from parley.chain.events import Event


@dataclass(frozen=True, slots=True)
class Judged:
    """What the chain alone tells.

    Attributes:
        settled: what should have been settled in each round, by its number.
        opened: rounds whose validation shard was opened in time (P-24).
    """

    settled: Mapping[int, Settled]
    opened: frozenset[int]


def judge(story: Story, sheet: Sheet) -> Judged:
    """Judge a federation's history."""
    state = State(story.told)
    movements = Movements(story.stakes)
    opened = set()
    for event in story.events:
        if event.name == "ValidationOpened" and state.live and event.args["round"] == state.number:
            opened.add(state.number)
        try:
            _check(event, state, story, movements, sheet)
            state.take(event)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            place = at(event, f"{event.name}, which no contract emits like this", Party.NODE)
            sheet.holds(Check.STATE, False, place, actual=repr(error))
    settled = on_settlements.judge(story, sheet)
    on_money.judge(story, settled, sheet)
    on_state.judge(story, state, sheet)
    return Judged(settled, frozenset(opened))


def _check(event: Event, state: State, story: Story, movements: Movements, sheet: Sheet) -> None:
    """All that is checked of one event, against the state before it."""
    on_rounds.check(event, state, sheet)
    on_members.check(event, state, sheet)
    on_lots.check(event, state, sheet, story.hashes)
    on_commitments.check(event, state, sheet, story.inputs)
    on_slashes.check(event, state, sheet, movements)
