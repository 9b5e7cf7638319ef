"""A moment as a screen, in as many lines and columns as the terminal has: pure, and in ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from parley.chain.model import Phase
from parley.cli.watch.changes import deadline
from parley.cli.watch.scene import Moment, Scene
from parley.cli.watch.tables import own_table, rounds_table, short_amount, updates_table
from parley.history.model import Round, State
from parley.history.sentences.words import phase_name
from parley.history.windows import Window
from parley.times import clock, short_clock, span

LEAST_ROWS = 3
"""Lines of each table at least, its head included."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A moment, laid out anew at each drawing: the terminal may have another size then."""

    moment: Moment

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines that fit."""
        height, width = options.height or console.height, options.max_width
        loose = options.update(height=None)

        def lines(part: RenderableType) -> int:
            return len(console.render_lines(part, loose))

        scene = self.moment.scene
        top = [*_head(self.moment), *_trouble(self.moment)]
        current = None if scene is None else scene.current
        if scene is None or current is None:
            yield from top
            return
        now = self.moment.now
        fixed = [*top, _phases(scene, current, now), *_panel(scene, current), *_settlements(scene, current, now)]
        own = list(own_table(scene, now, max(LEAST_ROWS, height // 4), width))
        left = height - sum(map(lines, fixed)) - sum(map(lines, own)) - 2
        updates, rounds = _shared(left, len(current.updates) + 1, len(scene.rounds))
        yield from fixed
        yield Text()
        yield updates_table(scene, current, updates - 1, width)
        yield Text()
        yield from own
        yield rounds_table(scene, rounds - 1)


def _shared(left: int, first: int, second: int) -> tuple[int, int]:
    """Lines for two tables that want `first` and `second` of what is left; neither gets fewer than the least."""
    both = max(left, 2 * LEAST_ROWS)
    mine = min(first, max(LEAST_ROWS, both - max(LEAST_ROWS, second)))
    return mine, max(LEAST_ROWS, both - mine)


# ------------------------------------------------------------------------------------------------------------ head


def _head(moment: Moment) -> Iterator[RenderableType]:
    scene = moment.scene
    if scene is None:
        yield Text("reading the federation", "dim")
        return
    view = scene.view
    yield Text.assemble(
        (f"federation {view.fid}", "bold"),
        f"  round {view.round.round} of {view.terms.rounds}  ",
        (phase_name(view.phase), "bold yellow"),
        f"  block {view.block.number}  {clock(moment.now)}",
        no_wrap=True,
        overflow="crop",
    )
    if not view.federation.live:
        yield Text(f"no round is open: {view.obstacle() or 'anybody may open the next one'}", "yellow")


def _trouble(moment: Moment) -> Iterator[RenderableType]:
    if moment.trouble is not None:
        yield Text(f"the node is away, trying again: {moment.trouble}", "bold red")


def _phases(scene: Scene, round_: Round, now: int) -> RenderableType:
    """All phases of the round in one line or two."""
    parts: list[Text] = []
    for window in round_.windows:
        parts += [Text(" > ", "dim"), _phase(scene, window, now)]
    outcome = {State.FINAL: ("final", "green"), State.VOID: (f"void: {round_.void}", "red")}
    if round_.state in outcome:
        parts += [Text(" > ", "dim"), Text(*outcome[round_.state])]
    return Text.assemble(*parts[1:])


def _phase(scene: Scene, window: Window, now: int) -> Text:
    acted = "" if window.expected is None else f" {window.acted}/{window.expected}"
    name = phase_name(window.phase)
    if window.phase is Phase.CHALLENGE and not scene.view.federation.live:
        return Text(name, "green")
    if window.end is not None and window.end <= now and window.phase is not Phase.CHALLENGE:
        return Text(f"{name}{acted}", "green" if window.acted else "red")
    if window.start > now:
        return Text(name if window.end is None else f"{name} until {short_clock(window.end, now)}", "dim")
    turn = f" turn {scene.view.turn}" if window.phase is Phase.SETTLE else ""
    end = deadline(scene) if window.phase is Phase.SETTLE else window.end
    until = "" if end is None else f" until {short_clock(end, now)}, {span(end - now)} left"
    return Text(f"{name}{turn}{acted}{until}", "bold yellow")


def _panel(scene: Scene, round_: Round) -> Iterator[RenderableType]:
    """Who judges, and how far it has come."""
    names, parts = scene.names, []
    for panelist in round_.panel:
        seat = "committed" if panelist.seat is None else f"seat {panelist.seat}"
        style = "yellow" if panelist.revealed is None else "green"
        parts.append(Text.assemble((f"{names.brief(panelist.operator)} ", style), (seat, "dim")))
    if parts:
        yield Text.assemble(("panel: ", "bold"), Text(", ").join(parts))


def _settlements(scene: Scene, round_: Round, now: int) -> Iterator[RenderableType]:
    for posted in round_.settlements:
        who = f"turn {posted.turn} by {scene.names.brief(posted.aggregator)}, {short_amount(posted.earned)} tokens"
        if posted.fell is not None:
            prover = posted.fell.prover
            by = "" if prover is None else f" by {scene.names.brief(prover)}"
            yield Text.assemble(("settlement: ", "bold"), who, (f", convicted{by}", "red"))
        else:
            until = f", final at {short_clock(posted.final_at, now)}" if round_.state is State.OPEN else ""
            demands = f", {len(posted.demands)} demands" if posted.demands else ""
            yield Text.assemble(("settlement: ", "bold"), f"{who}{until}{demands}")
