"""Commands about the program itself: its settings, exit codes and version."""

from __future__ import annotations

from typing import Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit
from parley.cli.session import session_of

_PANEL = "About Parley"

config = group("config", "Settings: what they are, where they come from, what they mean.")


@config.command(epilog=example("parley config show --explain", "parley config show --set poll_seconds=0.5 --json"))
def show(
    ctx: typer.Context,
    explain: Annotated[bool, typer.Option("--explain", help="Add where each comes from and what it means.")] = False,
    json: Json = False,
) -> None:
    """Show all settings as they come out of flags, environment and file; of endpoints no credentials."""
    from parley.cli.actions.about import setting_list
    from parley.config import origins

    session = session_of(ctx)
    rows = setting_list(session.settings, origins(session.config, session.given().keys()))
    if explain:
        emit(rows, as_json=json)
    else:
        emit({row.name: row.value for row in rows}, as_json=json)


def exit_codes(json: Json = False) -> None:
    """List the exit codes and what they mean; scripts may rely on them."""
    from parley.cli.actions.about import exit_codes as all_codes

    emit(all_codes(), as_json=json)


def version(json: Json = False) -> None:
    """Show the version of Parley and of what it stands on."""
    from parley.cli.actions.about import versions

    emit(versions(), as_json=json)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(config, rich_help_panel=_PANEL)
    app.command("exit-codes", rich_help_panel=_PANEL, epilog=example("parley exit-codes"))(exit_codes)
    app.command(rich_help_panel=_PANEL, epilog=example("parley version --json"))(version)
