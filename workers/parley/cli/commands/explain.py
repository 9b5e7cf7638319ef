"""`parley explain`: why, in plain sentences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit, show_sentences
from parley.cli.progress import working
from parley.cli.session import Session, session_of

if TYPE_CHECKING:
    from parley.cli.actions.chronicle import Chronicle
    from parley.history.sentences import Sentence

explain = group("explain", "Why: rewards, updates, settlements and models in plain sentences, each with its check.")

Number = Annotated[int, typer.Argument(metavar="ROUND", help="Number of the round.", min=1)]
Operator = Annotated[
    str, typer.Argument(metavar="OPERATOR", help="Address, its beginning (0x12ab), or the name of one of your keys.")
]


@explain.command("round", epilog=example("parley explain round 3", "parley explain round 3 --json"))
def round_(ctx: typer.Context, number: Number, json: Json = False) -> None:
    """Tell what happened in a round, from its opening to its end."""
    from parley.cli.actions.explain import about_round

    _tell(about_round(_chronicle(session_of(ctx)), number), as_json=json)


@explain.command(epilog=example("parley explain reward 3 alice", "parley explain reward 3 0x90f79bf6 --json"))
def reward(ctx: typer.Context, number: Number, operator: Operator, json: Json = False) -> None:
    """Tell why somebody earned what it did in a round, for each of its roles."""
    from parley.cli.actions.explain import about_reward

    _tell(about_reward(_chronicle(session_of(ctx)), number, operator), as_json=json)


@explain.command(epilog=example("parley explain update 3 alice", "parley explain update 3 0x90f79bf6 --samples 10"))
def update(
    ctx: typer.Context,
    number: Number,
    operator: Operator,
    samples: Annotated[
        int, typer.Option(min=0, max=1000, help="Samples named for each evaluator; 0: judge nothing again.")
    ] = 3,
    task_file: Annotated[
        Path | None,
        typer.Option(help="Your copy of the task's Python file, if it is not built in.", show_default="setting"),
    ] = None,
    json: Json = False,
) -> None:
    """Tell why an update was included or left out: who scored what, where the median fell, which samples it harmed.

    The evaluators' halves of the opened shard follow from their revealed salts, so their scoring is done again here.
    That takes the task's code and the content of the round; where something is missing, it is said.
    """
    from parley.cli.actions.explain import about_update

    session = session_of(ctx)
    with working("explain") as say:
        say("reading the federation")
        sentences = about_update(
            _chronicle(session),
            session.contracts,
            session.store,
            number,
            operator,
            samples=samples,
            task_file=task_file or session.settings.task_file,
            say=say,
        )
    _tell(sentences, as_json=json)


@explain.command(epilog=example("parley explain settlement 3"))
def settlement(ctx: typer.Context, number: Number, json: Json = False) -> None:
    """Tell who settled a round, and why a settlement fell: what the call that convicted it showed."""
    from parley.cli.actions.explain import about_settlement

    session = session_of(ctx)
    _tell(about_settlement(_chronicle(session), session.contracts, number), as_json=json)


@explain.command(epilog=example("parley explain model", "parley explain model 3 --json"))
def model(
    ctx: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="[ROUND]", help="After which final round; 0: genesis.", show_default="the last", min=0),
    ] = None,
    json: Json = False,
) -> None:
    """Tell where a model comes from: rounds, included updates, task, data commitments, genesis."""
    from parley.cli.actions.explain import about_model

    session = session_of(ctx)
    _tell(about_model(_chronicle(session), session.store, number), as_json=json)


def _chronicle(session: Session) -> Chronicle:
    """The federation's history."""
    from parley.cli.actions.chronicle import chronicle

    return chronicle(session.contracts, session.reader(), session.keystore)


def _tell(sentences: list[Sentence], *, as_json: bool) -> None:
    """Print sentences, each with its check."""
    facts = [{"sentence": sentence.text, "check": sentence.check} for sentence in sentences]
    emit(facts, as_json=as_json, show=lambda _: show_sentences(sentences))


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(explain, rich_help_panel="Look")
