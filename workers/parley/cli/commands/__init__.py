"""Every command of `parley`. Modules import at their top only what is light; the rest when a command runs."""

from __future__ import annotations

import typer

from parley.cli.commands import about, audit, content, devnet, doctor, explain, money, rounds, run
from parley.cli.commands.account import account
from parley.cli.commands.explorer import explorer
from parley.cli.commands.federation import federation
from parley.cli.commands.operator import operator
from parley.cli.commands.task import task
from parley.cli.demo import command as demo
from parley.cli.watch import command as watch


def register(app: typer.Typer) -> None:
    """Add all commands to the program, in the order in which its help shows them."""
    demo.register(app)
    devnet.register(app)
    app.add_typer(account, rich_help_panel="Set up")
    app.add_typer(operator, rich_help_panel="Set up")
    doctor.register(app)
    app.add_typer(task, rich_help_panel="Take part")
    app.add_typer(federation, rich_help_panel="Take part")
    run.register(app)
    money.register(app)
    rounds.register(app)
    watch.register(app)
    explain.register(app)
    app.add_typer(explorer, rich_help_panel="Look")
    audit.register(app)
    content.register(app)
    about.register(app)
