"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from parley.cli.amounts import to_wei

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output, and nothing else.")]


def parse_tokens(text: str) -> int:
    """Whole tokens of the command line, in wei."""
    try:
        return to_wei(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Amount = Annotated[int, typer.Argument(parser=parse_tokens, metavar="TOKENS", help="Amount in whole tokens: 2.5")]
To = Annotated[
    str | None, typer.Option("--to", metavar="NAME|ADDRESS", help="Who gets it.", show_default="the key that acts")
]
Whose = Annotated[str | None, typer.Argument(metavar="[NAME|ADDRESS]", help="Whose.", show_default="the key that acts")]
Roles = Annotated[
    list[str] | None, typer.Option("--role", "-r", metavar="ROLE", help="trainer, evaluator or aggregator; may repeat.")
]


def example(*lines: str) -> str:
    """The end of a command's help: what one would type."""
    label = "Example" if len(lines) == 1 else "Examples"
    return "\n\n".join([f"[bold]{label}:[/bold]", *(f"  $ {line}".replace("[", "\\[") for line in lines)])
