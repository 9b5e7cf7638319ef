"""`parley cid`: what a file is called on IPFS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.options import Json, example
from parley.cli.output import emit
from parley.cli.session import session_of


def cid(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file.")],
    compare: Annotated[bool, typer.Option("--compare", help="Store the file as well and compare the CIDs.")] = False,
    json: Json = False,
) -> None:
    """Compute the CID of a file: raw up to 1 MiB, dag-pb above (profile unixfs-v1-2025).

    With --compare, or a store named by --store, the file is stored there too and both CIDs must be the same.
    """
    from parley.cli.actions.content import cid_of_file

    session = session_of(ctx)
    with_store = compare or session.flags.get("store") is not None
    emit(cid_of_file(file, session.store if with_store else None), as_json=json)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    examples = example("parley cid model.bin", "parley cid model.bin --store http://127.0.0.1:5001")
    app.command(rich_help_panel="Look", epilog=examples)(cid)
