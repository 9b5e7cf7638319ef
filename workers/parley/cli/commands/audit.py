"""`parley audit`: everything derived again, from chain and content store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.options import Json, example
from parley.cli.output import emit, note, show_facts, show_rows
from parley.cli.session import session_of

if TYPE_CHECKING:
    from parley.audit.report import Report
    from parley.audit.verify import Verified

Federation = Annotated[
    int | None, typer.Argument(metavar="[FEDERATION]", min=1, help="Its id.", show_default="setting")
]


def audit(  # noqa: PLR0913 - each parameter is an option
    ctx: typer.Context,
    federation: Federation = None,
    verify: Annotated[
        Path | None, typer.Option(metavar="REPORT", help="Check a report by auditing again up to its block.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the report goes; a page beside it.", show_default="audit-ID-BLOCK.json")
    ] = None,
    block: Annotated[int | None, typer.Option(min=0, help="Up to which block.", show_default="the newest")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at most.", show_default="what is worth it")] = None,
    scores: Annotated[bool, typer.Option(help="Run scores again, which takes torch and the task.")] = True,
    every_block: Annotated[
        bool | None,
        typer.Option(
            help="Follow the hashes of all blocks: then the last one's vouches for all.", show_default="up to 100,000"
        ),
    ] = None,
    task_file: Annotated[Path | None, typer.Option(help="The task's Python file, if it is not built in.")] = None,
    json: Json = False,
) -> None:
    """Derive a whole federation again from chain and content store, trusting nobody, and write a report.

    Every integer must come out bit for bit: commitments, reveals, content under its roots and CIDs, medians, rows,
    models, rewards, claims, balances. Scores are run again, and reported as equal, within tolerance or different:
    machines compute floats differently. What does not hold is named, with who is responsible. An audit that was stopped
    goes on where it was.

    Exit code 0: every integer holds. 13: something does not. 14: nothing wrong, but content is gone, or
    the node does not tell what proves it. With --account the report is signed.
    """
    from parley.audit.report import exit_code
    from parley.audit.run import Wishes
    from parley.cli.actions import auditing

    session = session_of(ctx)
    wishes = Wishes(
        block=session.settings.read_at if block is None else block,
        jobs=jobs,
        scores=scores,
        every_block=every_block,
        task_file=task_file or session.settings.task_file,
    )
    if verify is not None:
        _refuse_beside_verify(federation, out, block, every_block, None if scores else scores)
        with auditing.watched() as watcher:
            found = auditing.verify(session, auditing.read(verify), wishes, watcher)
        emit(_found_of(found), as_json=json, show=_show_verified)
        raise typer.Exit(found.exit_code())
    if out is not None and out.suffix.casefold() == auditing.PAGE:
        raise typer.BadParameter(f"a page {out} is written beside the report: give the report another name, as .json")
    with auditing.watched() as watcher:
        sources = auditing.sources_of(session, federation)
        made = auditing.make(session, sources, wishes, watcher, out)
    emit(made.signed, as_json=json, show=_show_report)
    note(f"the report is in {made.path}, and for people in {made.page}")
    raise typer.Exit(exit_code(made.signed["report"]["verdict"]))


def _refuse_beside_verify(*given: object) -> None:
    if any(value is not None for value in given):
        raise typer.BadParameter("a report says itself what it is of and what was left out, and nothing is written")


def _found_of(found: Verified) -> dict[str, object]:
    """A re-check as JSON."""
    from parley.audit.results import finding_to_json

    return {
        "report_verdict": found.verdict,
        "verdict_here": found.again,
        "signer": found.signer,
        "confirmed": found.confirmed,
        "compared": found.sheet.compared.total(),
        "findings": [finding_to_json(finding) for finding in found.sheet.findings],
    }


def _show_verified(facts: dict[str, object]) -> None:
    findings = facts["findings"]
    show_facts({name: value for name, value in facts.items() if name != "findings"})
    _show_findings(findings if isinstance(findings, list) else [])


def _show_report(signed: Report) -> None:
    body = signed["report"]
    scores = {kind: sum(item["scores"][kind] for item in body["rounds"]) for kind in _kinds(body["rounds"])}
    show_facts(
        {
            "verdict": body["verdict"],
            "federation": body["federation"],
            "up to block": f"{body['block']['number']} {body['block']['hash']}",
            "rounds": len(body["rounds"]),
            "compared": sum(item["compared"] for item in body["checks"]),
            "scores run again": scores,
            "left out": {item["name"]: item["skipped"] for item in body["checks"] if item["skipped"]},
            "digest": signed["digest"],
            "signed by": signed["signer"] or "nobody: add --account NAME to sign",
        }
    )
    _show_findings(body["findings"])


def _show_findings(findings: list[dict[str, object]]) -> None:
    """The most important columns; the page has them all."""
    keys = ("outcome", "check", "round", "what", "responsible", "who", "actual")
    show_rows(({key: finding[key] for key in keys} for finding in findings), empty="nothing does not hold")


def _kinds(rounds: list[dict[str, dict[str, int]]]) -> list[str]:
    return list(rounds[0]["scores"]) if rounds else []


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    lines = ("parley audit", "parley audit 1 --account auditor --jobs 4", "parley audit --verify audit-1-320.json")
    app.command(rich_help_panel="Look", epilog=example(*lines))(audit)
