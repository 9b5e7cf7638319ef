"""Every command of `parley`. Modules import at their top only what is light; the rest when a command runs."""

from __future__ import annotations

import typer

from parley.cli.commands import about, content


def register(app: typer.Typer) -> None:
    """Add all commands to the program, in the order in which its help shows them."""
    content.register(app)
    about.register(app)
