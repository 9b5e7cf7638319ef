"""`parley explorer`: what people see of a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit
from parley.cli.progress import working
from parley.cli.session import session_of

explorer = group("explorer", "Show contracts and rounds in block explorers.")


@explorer.command(epilog=example("parley explorer export", "parley explorer export --out /srv/explorer --json"))
def export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder; an earlier export of the same chain is replaced.")] = Path(
        "explorer"
    ),
    json: Json = False,
) -> None:
    """Write verified sources, ABIs and signatures for Otterscan, Sourcify and Blockscout.

    Compiles the contracts of this clone and compares them with the code at every address: what does not come from these
    sources is not exported. docs/explorer.md says how each explorer takes the files.
    """
    from parley.cli.actions.exports import export as write

    session = session_of(ctx)
    with working("export") as say:
        facts = write(session.w3, session.settings.deployments, session.settings.rpc_urls[0], out, say=say)
    emit(facts, as_json=json)
