"""`parley round`, `parley model` and `parley status`: looking at what happens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit, heading, note, show_facts, show_rows, tokens_of, with_tokens
from parley.cli.progress import working
from parley.cli.session import session_of
from parley.times import clock, short_clock, span

if TYPE_CHECKING:
    from parley.cli.actions.status import Duty

rounds = group("round", "Rounds: what happened in them, and a push for one that is due.")
model = group("model", "The federation's model.")


@rounds.command("list", epilog=example("parley round list --json"))
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List all rounds of a federation."""
    from parley.cli.actions.rounds import list_rounds

    rows = list_rounds(session_of(ctx).reader().view())
    if not rows and not json:
        note("no round was opened yet; `parley round advance` opens one if everything is there")
        return
    emit(rows, as_json=json, show=with_tokens("earned"))


@rounds.command(epilog=example("parley round show", "parley round show 3 --json"))
def show(
    ctx: typer.Context,
    number: Annotated[int | None, typer.Argument(help="Which round.", show_default="current or last", min=1)] = None,
    json: Json = False,
) -> None:
    """Show a round: its updates with their scores, its evaluators, and what it paid to whom."""
    from parley.cli.actions.rounds import show_round
    from parley.roles.books import Books

    reader = session_of(ctx).reader()
    emit(show_round(reader.view(), Books(reader.policy), number), as_json=json, show=_show_round)


@rounds.command(epilog=example("parley round advance --account anybody"))
def advance(ctx: typer.Context, json: Json = False) -> None:
    """Finish a round that is due and open the next one, or open the first. Anyone may; workers do it by themselves."""
    from parley.cli.actions.rounds import advance as push

    session = session_of(ctx)
    emit(push(session.contracts, session.sender, session.reader().view()), as_json=json)


@model.command(epilog=example("parley model fetch", "parley model fetch --round 3 --out round3.safetensors"))
def fetch(
    ctx: typer.Context,
    number: Annotated[
        int | None, typer.Option("--round", help="After which final round; 0: genesis.", show_default="the last", min=0)
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write it.")] = Path("model.safetensors"),
    task_file: Annotated[Path | None, typer.Option(help="The task's Python file, if it is not built in.")] = None,
    json: Json = False,
) -> None:
    """Fetch the model, check it against its root on chain, and write it as safetensors with the task's tensor names."""
    from parley.cli.actions.models import fetch_model
    from parley.cli.actions.workers import task_document
    from parley.tasks.loading import load_task

    session = session_of(ctx)
    with working("fetch") as say:
        say("reading the federation")
        reader = session.reader()
        view = reader.view()
        say("loading the task")
        document = task_document(session.store, view.terms.task_digest)
        task = load_task(document, task_file or session.settings.task_file)
        say("fetching the model")
        fetched = fetch_model(view, reader.policy, session.store, task, out, number)
    emit(fetched, as_json=json)


def status(ctx: typer.Context, json: Json = False) -> None:
    """Show in one screen: chain, contracts, federation, your own standing and money, and what your workers must do.

    Workers act by themselves; here you see what is done, what comes next and by when, and what was missed. Without a
    key of your choice the duties of all your keys are shown.
    """
    from parley.cli.actions.status import overview

    session = session_of(ctx)
    facts = overview(
        session.w3,
        session.contracts,
        session.settings.federation,
        session.own_address(),
        keystore=session.keystore,
        confirmations=session.settings.confirmations,
    )
    emit(facts, as_json=json, show=_show_overview)


def _show_overview(facts: object) -> None:
    from parley.cli.actions.status import Overview

    if not isinstance(facts, Overview):
        return
    show_facts({"chain": facts.chain_id, "block": facts.block, "coordinator": facts.contracts})
    with_tokens("budget")(facts.federations[0] if len(facts.federations) == 1 else facts.federations)
    if facts.own is None:
        note("no key is chosen: add --account NAME to see your own standing")
    else:
        heading("your own standing")
        with_tokens("ether", "tokens", "free_stake", "locked_stake", "earned", "due")(facts.own)
    if facts.idle is not None:
        note(f"no round is open: {facts.idle}")
    elif facts.federation is not None:
        heading(f"duties in federation {facts.federation}, at {clock(facts.time)} by the chain's clock")
        show_rows([_duty_row(duty, facts.time) for duty in facts.duties], empty="none of your keys has a role in it")


def _duty_row(duty: Duty, now: int) -> dict[str, str]:
    """A duty as people read it."""
    row = {"account": duty.account, "role": duty.role, "action": duty.action, "state": duty.state}
    return {**row, "when": _when(duty, now)}


def _when(duty: Duty, now: int) -> str:
    """Until when, or why not."""
    if duty.closes is None or duty.state == "not due":
        return duty.remark or ""
    if duty.state == "done":
        return ""
    since = "" if duty.opens is None else f"from {short_clock(duty.opens, now)} "
    left = f", {span(duty.seconds_left)} left" if duty.seconds_left and duty.state != "missed" else ""
    remark = f"; {duty.remark}" if duty.remark else ""
    return f"{since}until {short_clock(duty.closes, now)}{left}{remark}"


def _show_round(facts: object) -> None:
    from parley.cli.actions.rounds import RoundFacts

    if not isinstance(facts, RoundFacts):
        return
    with_tokens("earned")(facts.summary)
    if facts.phase_ends:
        show_facts({f"{name} ends": clock(end) for name, end in facts.phase_ends.items()})
    show_rows(
        [{"index": u.index, "trainer": u.operator, "score": u.score, "scale": u.scale} for u in facts.updates],
        empty="no update was revealed",
    )
    show_rows(tokens_of(facts.earned, "operator", "earned"), empty="nothing is paid before the round is final")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(rounds, rich_help_panel="Look")
    app.add_typer(model, rich_help_panel="Look")
    app.command(rich_help_panel="Look", epilog=example("parley status --account alice"))(status)
