"""Commands about the program itself: its settings, exit codes and version."""

from __future__ import annotations

import typer

from parley.cli.options import Json, example
from parley.cli.output import emit
from parley.cli.session import session_of

_PANEL = "About Parley"


def settings(ctx: typer.Context, json: Json = False) -> None:
    """Show all settings as they come out of file, environment and flags."""
    chosen = session_of(ctx).settings
    derived = {"store": chosen.store_location, "keystores": chosen.keystore_folder}
    emit({**chosen.model_dump(), **derived}, as_json=json)


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
    app.command(rich_help_panel=_PANEL, epilog=example("parley settings --set poll_seconds=0.5"))(settings)
    app.command("exit-codes", rich_help_panel=_PANEL, epilog=example("parley exit-codes"))(exit_codes)
    app.command(rich_help_panel=_PANEL, epilog=example("parley version --json"))(version)
