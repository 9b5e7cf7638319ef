"""`parley doctor`: one command that looks at everything and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from parley.cli.options import Json, example
from parley.cli.output import emit, stdout
from parley.cli.session import session_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from parley.cli.doctor.examination import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}


def doctor(ctx: typer.Context, json: Json = False) -> None:
    """Examine the whole set-up, and say what to do.

    Settings, endpoints, contracts, clock, key, money, store, disk, journal, task and monitor, each by itself. Nothing
    is sent; a worker may run meanwhile. The exit code is that of the first failure, 0 if there is none.
    """
    from parley.cli.doctor.checks import CHECKS
    from parley.cli.doctor.examination import examine, exit_code

    found: list[Finding] = []
    findings = examine(session_of(ctx), CHECKS)
    if json:
        found.extend(findings)
        emit(found, as_json=True)
    else:
        _show(_collected(findings, found))
        _sum_up(found)
    if code := exit_code(found):
        raise typer.Exit(code)


def _collected(findings: Iterable[Finding], into: list[Finding]) -> Iterable[Finding]:
    for finding in findings:
        into.append(finding)
        yield finding


def _show(findings: Iterable[Finding]) -> None:
    """Print each finding as it comes: some take seconds."""
    from rich.markup import escape

    console = stdout()
    for finding in findings:
        colour = _COLOURS[finding.status]
        console.print(
            f"[{colour}]{finding.status:5}[/{colour}] {finding.check:11} {escape(finding.found)}", soft_wrap=True
        )
        if finding.advice and finding.status != "skip":
            console.print(f"      {'':11} -> {escape(finding.advice)}", soft_wrap=True)


def _sum_up(found: list[Finding]) -> None:
    count = {status: sum(finding.status == status for finding in found) for status in _COLOURS}
    parts = [f"{count['ok']} ok"]
    parts += [f"{count[status]} {word}" for status, word in (("warn", "to note"), ("fail", "failed")) if count[status]]
    parts += [f"{count['skip']} not looked at"] if count["skip"] else []
    stdout().print(f"\n{', '.join(parts)}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Set up", epilog=example("parley doctor", "parley doctor --account alice --json"))(
        doctor
    )
