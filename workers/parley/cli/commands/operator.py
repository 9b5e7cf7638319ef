"""`parley operator`: identities and the keys that act for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, Whose, example
from parley.cli.output import emit, show_rows
from parley.cli.session import session_of

operator = group("operator", "Identities: an operator (cold key) and the worker keys (hot) that act for it.")


@operator.command(epilog=example("parley operator register --account alice"))
def register(
    ctx: typer.Context,
    metadata: Annotated[Path | None, typer.Option(help="A document about it, stored and named on chain.")] = None,
    json: Json = False,
) -> None:
    """Make the key that acts an operator, once for all federations."""
    from parley.cli.actions.operators import read_metadata
    from parley.cli.actions.operators import register as register_operator

    session = session_of(ctx)
    document = None if metadata is None else read_metadata(metadata)
    store = None if document is None else session.store
    emit(register_operator(session.contracts, session.sender, document, store), as_json=json)


@operator.command(epilog=example("parley operator rotate alice-hot --account alice"))
def rotate(
    ctx: typer.Context,
    worker: Annotated[str, typer.Argument(metavar="NAME", help="The new worker key, of this keystore.")],
    keep: Annotated[bool, typer.Option("--keep", help="Keep the former worker keys as well.")] = False,
    json: Json = False,
) -> None:
    """Name a new worker key, which consents by signature, and remove the former ones.

    Stake, memberships and history stay: they are the operator's.
    """
    from parley.cli.actions import operators

    session = session_of(ctx)
    sender, key = session.sender, session.unlocked(worker)
    if keep:
        steps = [operators.name_worker(session.w3, session.contracts, sender, key)]
    else:
        steps = operators.rotate(session.w3, session.contracts, sender, key)
    emit(steps, as_json=json, show=show_rows)


@operator.command(epilog=example("parley operator show alice --json"))
def show(ctx: typer.Context, whose: Whose = None, json: Json = False) -> None:
    """Show an operator and its worker keys, by any of their addresses or names."""
    from parley.cli.actions.operators import show_operator

    session = session_of(ctx)
    emit(show_operator(session.contracts, session.address_of(whose)), as_json=json)
