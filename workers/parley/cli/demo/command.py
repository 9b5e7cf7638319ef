"""`parley demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parley.cli.options import example
from parley.cli.session import session_of

if TYPE_CHECKING:
    from parley.cli.demo.plan import DemoPlan

_PANEL = "First steps"


def demo(  # noqa: PLR0913 - each parameter is an option
    ctx: typer.Context,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="How many rounds are played.")] = 5,
    trainers: Annotated[int, typer.Option(min=3, max=64, help="Honest trainers; a free rider joins them.")] = 5,
    evaluators: Annotated[int, typer.Option(min=3, max=16, help="Judges.")] = 3,
    aggregators: Annotated[int, typer.Option(min=1, max=8, help="Bonded aggregators.")] = 2,
    task: Annotated[Literal["digits", "breast-cancer"], typer.Option(help="What is trained.")] = "digits",
    alpha: Annotated[float, typer.Option(min=0.01, help="Skew of the private shards: Dirichlet(alpha).")] = 0.5,
    seed: Annotated[int, typer.Option(min=0, help="Of data, shards and genesis model.")] = 0,
    store: Annotated[Literal["file", "kubo"], typer.Option(help="A shared folder, or an own Kubo daemon.")] = "file",
    keep: Annotated[bool, typer.Option("--keep", help="Leave chain and store running at the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Show a whole federation at work: real chain, real training, every worker a process with its own key."""
    from parley.cli.demo import report
    from parley.cli.demo.plan import DemoPlan
    from parley.cli.demo.run import run
    from parley.cli.output import emit, note, stdout

    session = session_of(ctx)
    plan: DemoPlan = DemoPlan(
        folder=session.settings.home / "demo",
        rounds=rounds,
        trainers=trainers,
        evaluators=evaluators,
        aggregators=aggregators,
        task=task,
        alpha=alpha,
        seed=seed,
        store=store,
        keep=keep,
    )
    outcome = run(plan)
    path = report.write_summary(outcome)
    if as_json:
        emit(report.summary_of(outcome), as_json=True)
    else:
        report.show(outcome, stdout())
        note(f"summary: {path}")
    if report.failures(outcome):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=example("parley demo --rounds 3 --store kubo"), rich_help_panel=_PANEL)(demo)
