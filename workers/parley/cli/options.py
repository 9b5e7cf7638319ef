"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output, and nothing else.")]


def example(*lines: str) -> str:
    """The end of a command's help: what one would type."""
    label = "Example" if len(lines) == 1 else "Examples"
    return "\n\n".join([f"[bold]{label}:[/bold]", *(f"  $ {line}".replace("[", "\\[") for line in lines)])
