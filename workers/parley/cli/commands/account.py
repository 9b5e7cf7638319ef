"""`parley account`: keys on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit, show_rows
from parley.cli.session import session_of

account = group("account", "Keys: made, imported and listed; encrypted files as of `cast wallet`.")

Light = Annotated[
    bool, typer.Option("--light", help="Encrypt within milliseconds, not a second: for keys of a devnet only.")
]


@account.command(epilog=example("parley account new alice bob --light"))
def new(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="What to call the keys.")],
    light: Light = False,
    json: Json = False,
) -> None:
    """Make new keys. The password comes from --password-file, PARLEY_PASSWORD or the terminal."""
    from parley.cli.actions.accounts import new_accounts

    session = session_of(ctx)
    emit(new_accounts(session.keystore, names, session.password(new=True), light=light), as_json=json)


@account.command("list", epilog=example("parley account list --json"))
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List the keys with their addresses."""
    session = session_of(ctx)
    where = session.settings.keystore_folder
    hint = f"no keys in {where}; `parley account new NAME` makes one"
    emit(session.keystore.entries(), as_json=json, show=lambda rows: show_rows(rows, empty=hint))


@account.command("import", epilog=example("parley account import alice --file key.json", "parley account import bob"))
def import_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call the key.")],
    file: Annotated[
        Path | None,
        typer.Option(help="Encrypted key file, or 64 hexadecimal digits.", show_default="PARLEY_PRIVATE_KEY"),
    ] = None,
    light: Light = False,
    json: Json = False,
) -> None:
    """Keep an existing key, from a file or from the variable PARLEY_PRIVATE_KEY, never from the command line."""
    from parley.cli.actions.accounts import import_account

    session = session_of(ctx)
    entry = import_account(session.keystore, name, session.password(new=True), file=file, light=light)
    emit(entry, as_json=json)
