"""The program `parley`: its global options, its groups of commands, and how it ends.

Options of the whole program may stand anywhere on the command line: `parley --account alice stake show` and
`parley stake show --account alice` are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from parley.cli import commands, failures, logs
from parley.cli.group import Group
from parley.cli.session import Session
from parley.errors import ExitCode
from parley.redaction import take_variables

GLOBAL_OPTIONS = {
    "--config": True,
    "--home": True,
    "--rpc-url": True,
    "--store": True,
    "--account": True,
    "-a": True,
    "--password-file": True,
    "--federation": True,
    "-f": True,
    "--set": True,
    "--debug": False,
}
"""Options of the whole program, and whether a value follows."""

OWN_OPTIONS = {"demo": frozenset({"--store"})}
"""Options of a command that happen to be called like one of the program's; behind its name they are its own."""

EPILOG = (
    "Configuration: parley.toml, then environment variables PARLEY_*, then these options, the later outranking the "
    "earlier ([bold]parley config show[/bold] shows the outcome). Exit codes: [bold]parley exit-codes[/bold]. "
    "First steps: [bold]parley demo[/bold] shows a whole federation at work on a chain of its own."
)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Move the program's own options to the front, wherever they stand; what follows `--` is left alone."""
    own: list[str] = []
    rest: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        name, equals, _ = word.partition("=")
        if word == "--":
            return [*own, *rest, word, *words]
        if name in GLOBAL_OPTIONS and not (rest and name in OWN_OPTIONS.get(rest[0], ())):
            own.append(word)
            if GLOBAL_OPTIONS[name] and not equals and words:
                own.append(words.pop(0))
        else:
            rest.append(word)
    return [*own, *rest]


class Program(Group):
    """The root of all commands: ends with one line and an exit code, whatever happens."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:  # noqa: ANN401 - as typer's
        """Run on `args`, the process's by default; always raises SystemExit."""
        arguments = hoisted(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            code = super().main(arguments, *rest, **extra)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort: told to the user, with a code
            code = end(error, debug="--debug" in arguments)
        sys.exit(code if isinstance(code, int) else ExitCode.OK)


def end(error: BaseException, *, debug: bool) -> int:
    """Tell the user what ended the command; return the exit code."""
    if isinstance(error, typer.Abort):
        failures.say("error", "stopped at a prompt")
        return ExitCode.INTERRUPTED
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        failures.say("error", error.format_message())
        failures.say("hint", f"see `{context.command_path if context else 'parley'} --help`")
        return ExitCode.USAGE
    return failures.report(error, debug=debug)


app = typer.Typer(
    name="parley",
    cls=Program,
    help="Train one model among parties who do not trust each other, and settle who contributed what on Ethereum.",
    epilog=EPILOG,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _program(  # noqa: PLR0913 - each parameter is an option of the program
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).", show_default="parley.toml")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of keys, store and state.", show_default=".parley")] = None,
    rpc_url: Annotated[str | None, typer.Option(help="The chain's node.", show_default="http://127.0.0.1:8545")] = None,
    store: Annotated[str | None, typer.Option(help="Content store: a folder or a Kubo RPC URL.")] = None,
    account: Annotated[str | None, typer.Option("--account", "-a", help="Name of the key to act with.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with that key's password.")] = None,
    federation: Annotated[int | None, typer.Option("--federation", "-f", help="Id of the federation.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything; show tracebacks.")] = False,
) -> None:
    """Read the program's own options; settings and services are opened when a command asks for them."""
    flags: dict[str, object] = {
        "home": home,
        "rpc_url": rpc_url,
        "store": store,
        "account": account,
        "password_file": password_file,
        "federation": federation,
    }
    session = Session(config=config, flags=flags, assignments=tuple(setting or ()), debug=debug)
    ctx.obj = session
    ctx.call_on_close(session.close)


commands.register(app)


def run() -> None:
    """Run `parley` on the process's arguments and exit."""
    take_variables()
    logs.catch_all()
    app()
