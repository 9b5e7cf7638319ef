"""Scenes made by hand."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from parley.chain.model import Phase
from parley.cli.watch.scene import Moment, Own, Scene
from parley.cli.watch.screen import Screen
from parley.history.tell import rounds_of
from parley.roles.agenda import agenda
from tests.history.tape import CHARTER, Tape
from tests.roles.builders import ME, view_in


def scene(
    tape: Tape, phase: Phase = Phase.TRAIN, *, before: tuple[Tape, ...] = (), own: bool = True, wait: int = 0
) -> Scene:
    """A federation after the events of a tape, and of earlier ones, so many seconds later."""
    view = view_in(phase)
    moved = tape.time + wait - view.block.timestamp
    block = replace(
        view.block, number=tape.events[-1].block, timestamp=tape.time + wait, hash=tape.events[-1].block_hash
    )
    names = ("train_end", "reveal_end", "key_end", "score_commit_end", "score_reveal_end")
    ends = {name: getattr(view.round, name) + moved for name in names}
    final_at = view.round.final_at + moved if view.round.final_at else 0
    view = replace(
        view,
        block=block,
        round=replace(view.round, round=tape.number, final_at=final_at, **ends),
        federation=replace(view.federation, round=tape.number),
    )
    events = [event for one in (*before, tape) for event in one.events]
    mine = (Own(ME, "alice", 5 * 10**18, tuple(agenda(view))),) if own else ()
    return Scene(view, CHARTER, rounds_of(CHARTER, events, now=view.time), events, mine)


def drawn(scene: Scene | None, width: int = 80, height: int = 24, *, trouble: str | None = None) -> list[str]:
    """The lines of the screen."""
    console = Console(file=StringIO(), width=width, height=height, color_system=None)
    console.print(Screen(Moment(scene, trouble=trouble)), height=height)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().rstrip("\n").split("\n")
