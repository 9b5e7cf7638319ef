"""The tables of the screen: updates with their scores, rounds that have ended, one's own standing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from parley.amounts import WEI
from parley.cli.watch.scene import Own, Scene
from parley.history.model import Round, State, Update, Void
from parley.roles.agenda import Item
from parley.roles.agenda import State as Stand
from parley.times import short_clock, span

NAME_WIDTH = 16
SEAT_WIDTH = 5
FIXED_WIDTH = 3 + NAME_WIDTH + 2 + 11 + 7 + 10
"""Columns that a line about an update takes besides the scores of single seats."""

WIDE = 100
"""Columns from which on there is room for one's free stake."""

STYLES = {Stand.DONE: "green", Stand.NOW: "bold yellow", Stand.LATER: "", Stand.MISSED: "red", Stand.NOTHING: "dim"}
URGENCY = (Stand.NOW, Stand.LATER, Stand.MISSED, Stand.DONE, Stand.NOTHING)


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table whose every row is one line."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=True, overflow="crop", justify="right" if name in right else "left")
    return table


def _add(table: Table, *cells: Text | str) -> None:
    """Add a row; what is a name must not be read as markup."""
    table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))


def updates_table(scene: Scene, round_: Round, rows: int, width: int) -> RenderableType:
    """Who has committed and revealed, and the scores as they come."""
    if not round_.updates:
        return Text("nobody has committed yet", "dim")
    seats = [panelist for panelist in round_.panel if panelist.seat is not None]
    shown = seats[: max(0, (width - FIXED_WIDTH) // (SEAT_WIDTH + 2))]
    columns = [f"s{panelist.seat}" for panelist in shown]
    if len(shown) < len(seats):
        columns[-1:] = [f"+{len(seats) - len(shown) + 1}"]
        shown = shown[:-1]
    table = _table("#", "trainer", "update", *columns, "score", "earned", right=(*columns, "score", "earned"))
    table.columns[1].max_width = NAME_WIDTH
    chosen, hidden = _chosen(scene, round_.updates, rows)
    for update in chosen:
        told = [_score(update, panelist.operator) for panelist in shown]
        score = Text("-" if update.score is None else str(update.score), _colour(update.score))
        index = "" if update.index is None else str(update.index)
        earned = short_amount(update.earned) if round_.state is State.FINAL else ""
        told += [Text("")] * (len(columns) - len(told))
        _add(table, index, scene.names.brief(update.operator), _stage(update), *told, score, earned)
    if hidden:
        _add(table, "", f"and {hidden} more")
    return table


def _chosen(scene: Scene, updates: Sequence[Update], rows: int) -> tuple[list[Update], int]:
    """The updates that fit, one's own in any case, and how many are left out."""
    if len(updates) <= rows:
        return list(updates), 0
    own = {one.operator for one in scene.own}
    kept = sorted(updates, key=lambda update: update.operator not in own)[: max(1, rows - 1)]
    return [update for update in updates if update in kept], len(updates) - len(kept)


def _stage(update: Update) -> Text:
    if update.revealed is None:
        return Text("committed", "yellow")
    return Text("slashed", "red") if update.clipped else Text("revealed", "green")


def _score(update: Update, evaluator: str) -> Text:
    vote = next((vote for vote in update.votes if vote.operator == evaluator), None)
    if vote is None:
        return Text("")
    if vote.own:
        return Text("own", "dim")
    return Text("unfit" if vote.score == 0 and vote.scale == 0 else str(vote.score), _colour(vote.score))


def _colour(score: int | None) -> str:
    """0 leaves out, 1 is harmless and earns nothing, more earns."""
    return "dim" if score is None or score == 1 else "red" if score == 0 else "green"


def rounds_table(scene: Scene, rows: int) -> RenderableType:
    """The rounds that have ended."""
    table = _table("round", "outcome", "revealed", "included", "earned", "took", "", right=("earned", "took"))
    for round_ in scene.last(max(1, rows)):
        _add(table, str(round_.number), *_outcome(round_))
    return table


def _outcome(round_: Round) -> Iterator[Text | str]:
    yield Text("final", "green") if round_.state is State.FINAL else Text("void", "red")
    yield f"{sum(update.revealed is not None for update in round_.updates)} of {len(round_.updates)}"
    yield str(len(round_.included)) if round_.state is State.FINAL else "-"
    yield short_amount(sum(round_.earned.values()))
    yield span(round_.ended.time - round_.opened.time) if round_.ended is not None else ""
    fallen = sum(posted.fell is not None for posted in round_.settlements)
    yield Text(_remark(round_.void, fallen), "red")


def _remark(void: Void | None, fallen: int) -> str:
    lies = f"{fallen} convicted" if fallen else ""
    return lies if void is None else str(void)


def own_table(scene: Scene, now: int, rows: int, width: int) -> Iterator[RenderableType]:
    """One's own standing, and what comes next."""
    if not scene.own:
        return
    stake = ("free stake",) if width >= WIDE else ()
    table = _table("yours", "earned", *stake, "next", right=("earned", *stake))
    table.columns[0].max_width = NAME_WIDTH
    shown = scene.own if len(scene.own) < rows else scene.own[: rows - 2]
    for one in shown:
        free = [short_amount(one.free_stake)] if stake else []
        _add(table, scene.names.brief(one.operator), short_amount(scene.earned(one.operator)), *free, _next(one, now))
    if len(shown) < len(scene.own):
        _add(table, f"and {len(scene.own) - len(shown)} more")
    yield table
    yield Text()


def _next(own: Own, now: int) -> Text:
    """The most urgent thing to do."""
    if not own.items:
        return Text("nothing: no round is open", "dim")
    latest_first = own.items[::-1] if all(item.state is Stand.DONE for item in own.items) else own.items
    item = min(latest_first, key=lambda item: URGENCY.index(item.state))
    return Text(f"{item.action}: {_how(item, now)}", STYLES[item.state])


def _how(item: Item, now: int) -> str:
    if item.state in (Stand.DONE, Stand.MISSED):
        return item.state.value
    if item.state is Stand.NOTHING or item.closes is None:
        return item.remark or item.state.value
    if item.opens is not None:
        return f"from {short_clock(item.opens, now)} until {short_clock(item.closes, now)}"
    return f"until {short_clock(item.closes, now)}, {span(item.closes - now)} left"


def short_amount(wei: int) -> str:
    """Whole tokens, to the hundredth."""
    return f"{wei / WEI:,.2f}"
