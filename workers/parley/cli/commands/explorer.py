"""`parley explorer`: what people see of a deployment: Parley's own page, and files for block explorers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit, note
from parley.cli.progress import working
from parley.cli.session import session_of
from parley.explorer import DEFAULT_PORT

explorer = group("explorer", "What happened, to look at: Parley's own page, and files for block explorers.")


@explorer.command(epilog=example("parley explorer serve --open", "parley explorer serve --port 0 --json"))
def serve(  # noqa: PLR0913 - each parameter is an option
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0: any free one.")] = DEFAULT_PORT,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure each round's model, in the background.")
    ] = True,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Throw the index away, and read the chain again.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Show the page in a browser.")] = False,
    explorer_url: Annotated[
        str | None, typer.Option("--explorer", metavar="URL", help="Block explorer that transactions are linked to.")
    ] = None,
    gateway: Annotated[
        str | None, typer.Option("--gateway", metavar="URL", help="IPFS gateway that CIDs are linked to.")
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="Further name that leads here, as behind a server with TLS. May be repeated."),
    ] = None,
    json: Json = False,
) -> None:
    """Serve Parley's own page, until Ctrl-C: federations, rounds, participants, live.

    Read-only, and for this machine only unless --host says otherwise: it has no users and no passwords. It reads the
    chain into an index below the setting `home`, which may be thrown away at any time, and asks no other host for
    anything. The same as JSON: /api/openapi.json.
    """
    from parley.cli.actions.explorer import Choices, open_browser, page
    from parley.cli.signals import on_stop

    choices = Choices(host, port, measure, rebuild, explorer_url, gateway, names or ())
    with working("explorer") as say:
        opened = session_of(ctx).opened(page(session_of(ctx), choices, say))
    with on_stop(opened.stop) as stopped:
        emit({"url": opened.url, "index": str(opened.index)}, as_json=json)
        note("serving; Ctrl-C stops it")
        if open_ and not open_browser(opened.url):
            note(f"there is no browser to open: go to {opened.url}")
        opened.run()
    if stopped.exit_code:
        raise typer.Exit(stopped.exit_code)


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
