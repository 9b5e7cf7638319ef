"""`parley sponsor|trainer|evaluator|aggregator run`: the workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.group import group
from parley.cli.options import example
from parley.cli.output import note
from parley.cli.session import Session, session_of

if TYPE_CHECKING:
    from parley.cli.actions.workers import Equipment
    from parley.roles.loop import RoleWorker

_PANEL = "Take part"

sponsor = group("sponsor", "The sponsor's worker: opens each round's validation shard, and ends rounds that are due.")
trainer = group("trainer", "The trainer's worker: trains on private data, commits and reveals updates.")
evaluator = group("evaluator", "The evaluator's worker: judges revealed updates by commit-reveal.")
aggregator = group("aggregator", "The aggregator's worker: recomputes rounds and posts their settlements.")

TaskFile = Annotated[
    Path | None,
    typer.Option(help="Your copy of the task's Python file, if it is not built in.", show_default="setting"),
]


@sponsor.command("run", epilog=example("parley sponsor run --account sponsor"))
def run_sponsor(
    ctx: typer.Context,
    key_file: Annotated[Path | None, typer.Option(help="chain.key of the seal.", show_default="below --home")] = None,
) -> None:
    """Run until Ctrl-C. Warning: whoever holds the validation key must not train."""
    from parley.cli.actions.workers import make_sponsor

    session = session_of(ctx)
    run_role(session, make_sponsor(equipment_of(session, acts_for_itself=True), key_file))


@trainer.command("run", epilog=example("parley trainer run --account alice --data alice.npz"))
def run_trainer(
    ctx: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Private data: .npz of X and y.", show_default="setting")] = None,
    task_file: TaskFile = None,
) -> None:
    """Run until Ctrl-C. The data never leave this machine."""
    from parley.cli.actions.workers import make_trainer

    session = session_of(ctx)
    settings = session.settings
    run_role(session, make_trainer(equipment_of(session), data or settings.data, task_file or settings.task_file))


@evaluator.command("run", epilog=example("parley evaluator run --account erin"))
def run_evaluator(ctx: typer.Context, task_file: TaskFile = None) -> None:
    """Run until Ctrl-C."""
    from parley.cli.actions.workers import make_evaluator

    session = session_of(ctx)
    run_role(session, make_evaluator(equipment_of(session), task_file or session.settings.task_file))


@aggregator.command("run", epilog=example("parley aggregator run --account ada"))
def run_aggregator(ctx: typer.Context) -> None:
    """Run until Ctrl-C. Each settlement bonds free stake until its challenge window has passed."""
    from parley.cli.actions.workers import make_aggregator

    session = session_of(ctx)
    run_role(session, make_aggregator(equipment_of(session)))


def equipment_of(session: Session, *, acts_for_itself: bool = False) -> Equipment:
    """What the worker works with, by the settings."""
    from parley.cli.actions.workers import Equipment, store_for

    session.log_at("info")
    address = session.signer.address
    return Equipment(
        w3=session.w3,
        contracts=session.contracts,
        fid=session.fid,
        operator=address if acts_for_itself else session.acting_for(),
        account=session.signer,
        sender=session.sender,
        store=session.opened(store_for(session.settings.store_location, address)),
        home=session.settings.home,
        confirmations=session.settings.confirmations,
    )


def run_role(session: Session, role: RoleWorker) -> None:
    """Run a role until Ctrl-C or SIGTERM."""
    from parley.cli.actions.federations import warning_about
    from parley.cli.signals import on_stop
    from parley.roles.loop import Loop

    warning = warning_about(role.worker.reader.terms)
    if warning:
        role.worker.log.warning(warning)
    role.worker.log.info("started", key=session.signer.address, poll_seconds=session.settings.poll_seconds)
    loop = Loop(role, session.settings.poll_seconds)
    with on_stop(loop.stop) as stopped:
        loop.run()
    note("stopped")
    if stopped.exit_code:
        raise typer.Exit(stopped.exit_code)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for role in (sponsor, trainer, evaluator, aggregator):
        app.add_typer(role, rich_help_panel=_PANEL)
