"""Seeds, seats and turns were drawn, not chosen (P-27). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from parley.audit.checks import Check
from parley.audit.findings import Party, Sheet
from parley.audit.places import at
from parley.audit.replay import State
from parley.chain.events import Event
from parley.chain.view import LAST_TURN
from parley.numerics.sortition import FINDABLE, SEED_DEPTH, fallback_seed


def check(event: Event, state: State, sheet: Sheet, hashes: Mapping[int, bytes]) -> None:
    """Check one event against the state before it.

    Args:
        event: the event.
        state: before it.
        sheet: on which differences are noted.
        hashes: of blocks by height.
    """
    if event.name == "SeedCaptured":
        _seed(event, state, sheet, hashes)
    elif event.name in ("ScoresCommitted", "ScoresRevealed"):
        _seat(event, state, sheet)
    elif event.name == "Settled":
        _turn(event, state, sheet)


def _seed(event: Event, state: State, sheet: Sheet, hashes: Mapping[int, bytes]) -> None:
    """The block's hash, or what follows from the last seed once a contract cannot read that any more."""
    height = state.opened_block + SEED_DEPTH
    place = at(event, f"the seed, hash of block {height}", Party.CONTRACTS)
    if event.block - height > FINDABLE:
        expected: bytes | None = fallback_seed(state.last_seed, state.told.fid, event.args["round"])
    else:
        expected = hashes.get(height)
    if expected is None and Check.SEED in sheet.skipped:
        return
    sheet.same(Check.SEED, expected, event.args["seed"], place)
    once = state.seed is None and event.block > height
    sheet.holds(Check.SEED, once, place, expected="captured once, and not before its block")


def _seat(event: Event, state: State, sheet: Sheet) -> None:
    operator = event.args["operator"]
    seat = state.seat_of(operator)
    place = at(event, "the seat of an evaluator", Party.EVALUATOR, operator)
    if event.name == "ScoresRevealed":
        sheet.same(Check.SEATS, seat, event.args["seat"], place)
    else:
        sheet.holds(Check.SEATS, seat is not None, place, expected="a seat on the panel", actual="not drawn")


def _turn(event: Event, state: State, sheet: Sheet) -> None:
    """Turns 0 to 3 belong to whom the seed says, turn 4 to anybody."""
    aggregator, turn = event.args["aggregator"], event.args["turn"]
    place = at(event, "the turn of a settlement", Party.AGGREGATOR, aggregator)
    sheet.same(Check.TURNS, state.turn(event.timestamp), turn, place)
    if turn < LAST_TURN:
        whose = at(event, f"whose turn {turn} is", Party.AGGREGATOR, aggregator)
        sheet.same(Check.TURNS, state.whose(turn), aggregator, whose)
