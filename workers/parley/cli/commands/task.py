"""`parley task`: what is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from parley.cli.group import group
from parley.cli.options import Json, example
from parley.cli.output import emit, note, show_facts, show_rows
from parley.cli.progress import working
from parley.cli.session import Session, session_of
from parley.errors import ExitCode

task = group("task", "What is trained: built-in tasks, tasks of your own, and their data.")

TaskName = Annotated[str, typer.Argument(metavar="TASK", help="A built-in task, or the TOML of your own.")]
DataFile = Annotated[Path | None, typer.Option(help="Samples: .npz of X and y.", show_default="built-in: its own")]


@task.command(epilog=example("parley task new flowers", "parley task new flowers --folder tasks"))
def new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    folder: Annotated[Path, typer.Option(help="Where to write the two files.")] = Path(),
    json: Json = False,
) -> None:
    """Write a working template: a Python file that says what is trained, a TOML that says with which numbers."""
    from parley.cli.actions.tasks import new_task

    emit({"files": new_task(name, folder)}, as_json=json)
    note("it works as it is: read the Python file, run it for example data, then `parley task check`")


@task.command(epilog=example("parley task check flowers.toml --data flowers.npz", "parley task check digits --json"))
def check(task: TaskName, data: DataFile = None, json: Json = False) -> None:
    """Run one local round and say what is wrong. Warning: runs the task's Python file with all your rights."""
    from parley.cli.actions.task_files import define
    from parley.cli.actions.tasks import check_task, report_facts

    with working("check") as say:
        say("loading the task")
        definition = define(task)
        say("training twice")
        report = check_task(definition, data)
    emit(report_facts(report), as_json=json, show=_show_report)
    if not report.ok:
        raise typer.Exit(ExitCode.TASK)


@task.command(epilog=example("parley task show digits", "parley task show baf... --json", "parley task show"))
def show(
    ctx: typer.Context,
    task: Annotated[
        str | None,
        typer.Argument(metavar="[TASK|CID]", help="Built-in, your TOML, or a CID.", show_default="the federation's"),
    ] = None,
    json: Json = False,
) -> None:
    """Show what a task consists of: model, hyper-parameters, data schema, numbers on the wire."""
    emit(_facts(session_of(ctx), task), as_json=json)


@task.command(epilog=example("parley task split digits --trainers 5", "parley task split flowers.toml --data all.npz"))
def split(
    task: TaskName,
    data: Annotated[
        Path | None, typer.Option(help="All samples, .npz of X and y.", show_default="built-in: its own")
    ] = None,
    trainers: Annotated[int, typer.Option(help="Into how many shares.", min=1)] = 5,
    skew: Annotated[str, typer.Option(help="dirichlet, iid or label.")] = "dirichlet",
    alpha: Annotated[float, typer.Option(help="Of dirichlet; smaller is more skewed.", min=0.01)] = 0.5,
    seed: Annotated[int, typer.Option(help="Decides everything; as of `federation seal`.", min=0)] = 0,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("data"),
    json: Json = False,
) -> None:
    """Cut data into trainers' shares, validation and test data, to try things on one machine."""
    from parley.cli.actions.task_files import all_parts, define, split_data

    with working("split") as say:
        say("loading the task and its data")
        parts = all_parts(define(task), data, seed)
        files = split_data(parts, out, trainers=trainers, skew=skew, alpha=alpha, seed=seed)
    emit(files, as_json=json, show=show_rows)


def _facts(session: Session, task: str | None) -> object:
    from parley.cli.actions.task_files import define
    from parley.cli.actions.tasks import facts_of_definition, facts_of_document
    from parley.cli.actions.workers import task_document
    from parley.storage import Cid

    if task is None:
        return facts_of_document(task_document(session.store, session.reader().terms.task_digest))
    if task.startswith("baf") and len(task) == len("baf") + 56:
        return facts_of_document(task_document(session.store, Cid.parse(task).digest))
    return facts_of_definition(define(task))


def _show_report(facts: dict[str, Any]) -> None:
    show_facts({key: value for key, value in facts.items() if key != "findings"})
    show_rows(facts["findings"], empty="nothing is wrong")
