"""Runs checks one by one: one that fails does not stop the others, except those that stand on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from parley.cli import failures
from parley.cli.session import Session
from parley.errors import ExitCode
from parley.redaction import REDACTOR


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    """It works, but not well, or not for long."""
    FAIL = "fail"
    """A worker could not do its work."""
    SKIP = "skip"
    """Not looked at: what it stands on failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        check: its name.
        status: how it came out.
        found: what is there, in one line.
        advice: what to do; `None` where nothing need be done.
        code: exit code of a failure, 0 otherwise.
    """

    check: str
    status: Status
    found: str
    advice: str | None = None
    code: int = ExitCode.OK


Look = Callable[[Session], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Attributes:
        name: in one or two words.
        look: yields what it finds; whatever it raises is a failure.
        needs: names of checks without which it makes no sense.
    """

    name: str
    look: Look
    needs: Sequence[str] = ()


def examine(session: Session, checks: Iterable[Check]) -> Iterator[Finding]:
    """Run checks in their order; yield what each finds as soon as it does."""
    broken: set[str] = set()
    for check in checks:
        missing = [need for need in check.needs if need in broken]
        if missing:
            broken.add(check.name)
            yield Finding(check.name, Status.SKIP, f"not looked at: {missing[0]} comes first", code=0)
            continue
        for finding in _looked(session, check):
            if finding.status == Status.FAIL:
                broken.add(check.name)
            yield finding


def exit_code(findings: Iterable[Finding]) -> int:
    """The code of the first failure, 0 if there is none."""
    return next((finding.code for finding in findings if finding.status == Status.FAIL), ExitCode.OK)


def _looked(session: Session, check: Check) -> Iterator[Finding]:
    """What one check finds, without secrets."""
    try:
        for finding in check.look(session):
            advice = None if finding.advice is None else REDACTOR.clean(finding.advice)
            yield Finding(finding.check, finding.status, REDACTOR.clean(finding.found), advice, int(finding.code))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one check, the others are made
        message, hint, code = failures.explain(error)
        line = REDACTOR.clean(" ".join(message.split()))
        yield Finding(check.name, Status.FAIL, line, None if hint is None else REDACTOR.clean(hint), int(code))
