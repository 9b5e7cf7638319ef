"""`parley watch`."""

from __future__ import annotations

import json as json_format
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.options import example
from parley.cli.session import Session, session_of

if TYPE_CHECKING:
    from parley.cli.signals import Stopped
    from parley.cli.watch.changes import Change
    from parley.cli.watch.follow import Follower, Source

STOP_SECONDS = 1.0
"""How long a question to the node that is under way may delay the end."""


def watch(
    ctx: typer.Context,
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a line for each change, and nothing else.")
    ] = False,
) -> None:
    """Show a federation live: phases and deadlines, updates, scores as they come, settlements, your own standing.

    It fills the terminal until Ctrl-C. Where the output is no terminal, it prints one line for each change. When the
    node goes away it says so and goes on as soon as it is back. Your own standing is that of --account, else that of
    all your keys.
    """
    session = session_of(ctx)
    full = sys.stdout.isatty() and not json and os.environ.get("TERM") != "dumb"
    if full:
        session.log_at("critical")
    source = _source(session)
    stopped = _on_screen(session, source) if full else _in_lines(session, source, _as_json if json else _as_line)
    if stopped.exit_code:
        raise typer.Exit(stopped.exit_code)


def _source(session: Session) -> Source:
    from parley.cli.actions.chronicle import own_operators
    from parley.cli.actions.operators import operator_or_self
    from parley.cli.watch.follow import Source

    own = own_operators(session.contracts, session.keystore)
    address = session.own_address()
    if address is not None:
        operator = operator_or_self(session.contracts, address)
        own = {operator: own.get(operator, session.settings.account or address)}
    return Source(session.contracts, session.reader(), own, session.settings.confirmations)


def _on_screen(session: Session, source: Source) -> Stopped:
    """Fill the terminal; it is left as it was, however this ends."""
    from rich.live import Live

    from parley.cli.output import stdout
    from parley.cli.watch.follow import Follower
    from parley.cli.watch.screen import Screen

    follower = Follower(source.scene, lambda _: None, session.settings.poll_seconds)
    with Live(console=stdout(), screen=True, auto_refresh=False) as live:
        return _until_stopped(follower, lambda: live.update(Screen(follower.moment), refresh=True))


def _in_lines(session: Session, source: Source, line: Callable[[Change], str]) -> Stopped:
    """Print a line for each change; whoever reads them may stop reading."""
    from parley.cli.watch.follow import Follower

    follower = Follower(source.scene, lambda change: _print(line(change)), session.settings.poll_seconds)
    try:
        return _until_stopped(follower, lambda: None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None


def _until_stopped(follower: Follower, tick: Callable[[], None]) -> Stopped:
    """Follow until Ctrl-C or SIGTERM."""
    from parley.cli.signals import until_stopped

    def ended() -> bool:
        tick()
        return follower.failed is not None

    follower.start()
    try:
        stopped = until_stopped(ended)
    finally:
        follower.stop()
        follower.join(STOP_SECONDS)
    if follower.failed is not None:
        raise follower.failed
    return stopped


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _as_line(change: Change) -> str:
    from parley.times import clock

    return f"{clock(change.time)}  {change.text}"


def _as_json(change: Change) -> str:
    from parley.cli.output import plain

    return json_format.dumps(plain(change))


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = example("parley watch", "parley watch --account alice", "parley watch --json")
    app.command(rich_help_panel="Look", epilog=examples)(watch)
