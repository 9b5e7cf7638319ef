"""`parley sponsor|trainer|evaluator|aggregator|watcher run`: the workers."""

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
watcher = group("watcher", "The watcher: recomputes settlements and disproves wrong ones, for half of the bond.")

TaskFile = Annotated[
    Path | None,
    typer.Option(help="Your copy of the task's Python file, if it is not built in.", show_default="setting"),
]

MonitorPort = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, metavar="PORT", help="Serve metrics and health; 0: any free port.", show_default="setting"
    ),
]


@sponsor.command("run", epilog=example("parley sponsor run --account sponsor"))
def run_sponsor(
    ctx: typer.Context,
    key_file: Annotated[Path | None, typer.Option(help="chain.key of the seal.", show_default="below --home")] = None,
    monitor_port: MonitorPort = None,
) -> None:
    """Run until Ctrl-C. Warning: whoever holds the validation key must not train."""
    from parley.cli.actions.workers import make_sponsor

    session = session_for(ctx, monitor_port)
    run_role(session, make_sponsor(equipment_of(session, acts_for_itself=True), key_file))


@trainer.command("run", epilog=example("parley trainer run --account alice --data alice.npz"))
def run_trainer(
    ctx: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Private data: .npz of X and y.", show_default="setting")] = None,
    task_file: TaskFile = None,
    monitor_port: MonitorPort = None,
) -> None:
    """Run until Ctrl-C. The data never leave this machine."""
    from parley.cli.actions.workers import make_trainer

    session = session_for(ctx, monitor_port)
    settings = session.settings
    run_role(session, make_trainer(equipment_of(session), data or settings.data, task_file or settings.task_file))


@evaluator.command("run", epilog=example("parley evaluator run --account erin"))
def run_evaluator(ctx: typer.Context, task_file: TaskFile = None, monitor_port: MonitorPort = None) -> None:
    """Run until Ctrl-C."""
    from parley.cli.actions.workers import make_evaluator

    session = session_for(ctx, monitor_port)
    run_role(session, make_evaluator(equipment_of(session), task_file or session.settings.task_file))


@aggregator.command("run", epilog=example("parley aggregator run --account ada"))
def run_aggregator(
    ctx: typer.Context,
    despite_convictions: Annotated[
        bool, typer.Option("--despite-convictions", help="Go on although settlements of yours were convicted.")
    ] = False,
    monitor_port: MonitorPort = None,
) -> None:
    """Run until Ctrl-C. Each settlement bonds free stake until its challenge window has passed.

    It answers demands for the data of its settlement by itself; whoever does not answer in time loses the bond. When a
    settlement of its own is convicted it stops: whatever was wrong would cost the next bond, too.
    """
    from parley.cli.actions.workers import make_aggregator

    session = session_for(ctx, monitor_port)
    run_role(session, make_aggregator(equipment_of(session), despite_convictions=despite_convictions))


@watcher.command(
    "run",
    epilog=example("parley watcher run --account wendy", "parley watcher run --account wendy --guard alice --dry-run"),
)
def run_watcher(
    ctx: typer.Context,
    guard: Annotated[
        str | None,
        typer.Option(metavar="NAME|ADDRESS", help="Whose position to guard.", show_default="the key's operator"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is wrong, and send nothing.")] = False,
    monitor_port: MonitorPort = None,
) -> None:
    """Run until Ctrl-C. Anybody may watch: a key with some ether for gas is enough, no registration and no stake.

    Every posted settlement is recomputed from chain and store. Whatever is wrong is committed to and then proven, in
    two transactions; half of the aggregator's bond goes to this key's balance in the stake vault, half is burned. Data
    that are withheld are demanded, for a fee that comes back when the settlement falls.
    """
    from parley.cli.actions.operators import operator_or_self
    from parley.cli.actions.workers import make_watcher

    session = session_for(ctx, monitor_port)
    owner = operator_or_self(session.contracts, session.signer.address) if guard is None else session.address_of(guard)
    run_role(session, make_watcher(equipment_of(session, operator=owner), only_tells=dry_run))


def session_for(ctx: typer.Context, monitor_port: int | None) -> Session:
    """The session of a worker, with the option that outranks its settings."""
    session = session_of(ctx)
    session.prefer(monitor_port=monitor_port)
    return session


def equipment_of(session: Session, *, acts_for_itself: bool = False, operator: str | None = None) -> Equipment:
    """What the worker works with, by the settings; `operator` is whom it acts for, if not whom its key does."""
    from parley.cli.actions.workers import Equipment, store_for

    session.log_at("info")
    address = session.signer.address
    return Equipment(
        w3=session.w3,
        contracts=session.contracts,
        fid=session.fid,
        operator=operator or (address if acts_for_itself else session.acting_for()),
        account=session.signer,
        sender=session.sender,
        store=session.opened(store_for(session.settings.store_locations, address)),
        home=session.settings.home,
        confirmations=session.settings.confirmations,
        checkpoint_seconds=session.settings.checkpoint_seconds,
        token_price=int(session.settings.token_price * 10**18),
        read_at=session.settings.read_at,
    )


def run_role(session: Session, role: RoleWorker) -> None:
    """Run a role until Ctrl-C or SIGTERM."""
    from parley.cli.actions.federations import warning_about
    from parley.cli.actions.supervision import supervised
    from parley.cli.signals import on_stop
    from parley.roles.keeper import Keeper
    from parley.roles.loop import Loop
    from parley.roles.watchdog import Watchdog

    warning = warning_about(role.worker.reader.terms)
    if warning:
        role.worker.log.warning(warning)
    role.worker.log.info("started", key=session.signer.address, poll_seconds=session.settings.poll_seconds)
    with supervised(role.worker, session.settings) as on_view:
        keeper = Keeper(role.worker, archive=session.settings.archive)
        loop = Loop(role, session.settings.poll_seconds, on_view, tend=keeper.tend)

        def stop() -> None:
            loop.stop()
            session.sender.stop()  # a send under way ends now: it is in the journal (F-59)

        with Watchdog(session.settings.hang_seconds, role.worker.log), on_stop(stop) as stopped:
            loop.run()
    note("stopped")
    if stopped.exit_code:
        raise typer.Exit(stopped.exit_code)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for role in (sponsor, trainer, evaluator, aggregator, watcher):
        app.add_typer(role, rich_help_panel=_PANEL)
