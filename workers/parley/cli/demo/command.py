"""`parley demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parley.cli.demo.attacks.registry import ATTACKS, attack_named
from parley.cli.options import example
from parley.cli.session import session_of

if TYPE_CHECKING:
    from parley.cli.demo.plan import DemoPlan

_PANEL = "First steps"
_ATTACKS = "Attacks"

LIST = "list"
"""In place of an attack's name: say which there are."""


def demo(  # noqa: PLR0913 - each parameter is an option
    ctx: typer.Context,
    rounds: Annotated[int | None, typer.Option(min=1, max=100, help="Rounds played.", show_default="5")] = None,
    trainers: Annotated[
        int | None, typer.Option(min=3, max=64, help="Honest trainers; a free rider joins them.", show_default="5")
    ] = None,
    evaluators: Annotated[int | None, typer.Option(min=3, max=16, help="Honest judges.", show_default="3")] = None,
    aggregators: Annotated[
        int | None, typer.Option(min=1, max=8, help="Honest bonded aggregators.", show_default="2")
    ] = None,
    task: Annotated[Literal["digits", "breast-cancer"], typer.Option(help="What is trained.")] = "digits",
    alpha: Annotated[float, typer.Option(min=0.01, help="Skew of the private shards: Dirichlet(alpha).")] = 0.5,
    seed: Annotated[int, typer.Option(min=0, help="Of data, shards and genesis model.")] = 0,
    store: Annotated[Literal["file", "kubo"], typer.Option(help="A shared folder, or own Kubo nodes.")] = "file",
    nodes: Annotated[
        int, typer.Option(min=1, max=16, help="Kubo nodes, joined over loopback; the players are spread over them.")
    ] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Leave chain and store running at the end.")] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Show it on Parley's own page; with --keep also afterwards.")
    ] = False,
    attack: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Let attackers join, and weigh what they earned. Sets the numbers of players and rounds that are not "
            f"given. `{LIST}` explains all: {', '.join(ATTACKS)}.",
            show_default="a free rider, and no verdict",
            rich_help_panel=_ATTACKS,
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One of the attack's.", show_default="its first", rich_help_panel=_ATTACKS),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Show a whole federation at work: real chain, real training, every worker a process with its own key."""
    from parley.cli.demo import report
    from parley.cli.demo.attacks import table
    from parley.cli.demo.plan import USUAL, DemoPlan
    from parley.cli.demo.run import Outcome, run
    from parley.cli.output import emit, note, stdout
    from parley.errors import ConfigError

    if attack == LIST:
        stdout().print(table.listing())
        return
    if attack is None and variant is not None:
        raise ConfigError("a variant is one of an attack", hint="add --attack NAME")
    chosen = None if attack is None else attack_named(attack)
    scale = USUAL if chosen is None else chosen.scale
    session = session_of(ctx)
    plan: DemoPlan = DemoPlan(
        folder=session.settings.home / "demo",
        rounds=rounds or scale.rounds,
        trainers=trainers or scale.trainers,
        evaluators=evaluators or scale.evaluators,
        aggregators=aggregators or scale.aggregators,
        task=task,
        alpha=alpha,
        seed=seed,
        store=store,
        nodes=nodes,
        keep=keep,
        page=page,
        attack=chosen,
        variant="" if chosen is None else chosen.variant(variant),
    )

    def show(outcome: Outcome) -> None:
        path = report.write_summary(outcome)
        if as_json:
            emit(report.summary_of(outcome), as_json=True)
        else:
            report.show(outcome, stdout())
            note(f"summary: {path}")

    outcome = run(plan, show)
    if report.failures(outcome):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command."""
    lines = (
        "parley demo --rounds 3 --store kubo --nodes 4",
        "parley demo --page --keep",
        "parley demo --attack list",
        "parley demo --attack copycat",
    )
    app.command("demo", epilog=example(*lines), rich_help_panel=_PANEL)(demo)
