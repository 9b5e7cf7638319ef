"""How `parley doctor` runs its checks: one by one, whatever happens to one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parley.chain.errors import Unreachable
from parley.cli.doctor.checks import CHECKS
from parley.cli.doctor.examination import Check, Finding, Look, Status, examine, exit_code
from parley.cli.session import Session
from parley.errors import ExitCode, KeystoreError
from parley.redaction import HIDDEN, REDACTOR

pytestmark = pytest.mark.unit


def finds(name: str, status: Status = Status.OK) -> Look:
    def look(_: Session) -> Iterator[Finding]:
        yield Finding(name, status, "found")

    return look


def breaks(error: Exception) -> Look:
    def look(_: Session) -> Iterator[Finding]:
        yield Finding("early", Status.OK, "found")
        raise error

    return look


def test_examine__one_fails__others_are_made_and_those_that_stand_on_it_are_not() -> None:
    checks = [
        Check("chain", breaks(Unreachable("no\nanswer", hint="start it"))),
        Check("key", breaks(KeystoreError("no key"))),
        Check("disk", finds("disk")),
        Check("money", finds("money"), ("chain", "key")),
        Check("stake", finds("stake"), ("money",)),
        Check("bug", breaks(RuntimeError("oops"))),
        Check("store", finds("store", Status.WARN), ("disk",)),
    ]
    found = list(examine(Session(), checks))
    assert [(f.check, f.status.value, f.found) for f in found if f.check != "early"] == [
        ("chain", "fail", "no answer"),
        ("key", "fail", "no key"),
        ("disk", "ok", "found"),
        ("money", "skip", "not looked at: chain comes first"),
        ("stake", "skip", "not looked at: money comes first"),
        ("bug", "fail", "RuntimeError: oops"),
        ("store", "warn", "found"),
    ]
    assert found[1].advice == "start it"
    assert exit_code(found) == ExitCode.CHAIN
    assert exit_code(found[3:]) == ExitCode.KEYSTORE
    assert exit_code([f for f in found if f.status != Status.FAIL]) == ExitCode.OK


def test_examine__a_secret_in_what_is_found__is_hidden() -> None:
    """F-64: the doctor's page is made to be shown to others."""
    REDACTOR.hide("canary-password")

    def look(_: Session) -> Iterator[Finding]:
        yield Finding("a", Status.OK, "it is canary-password", "not canary-password")
        raise KeystoreError("canary-password", hint="canary-password")

    for finding in examine(Session(), [Check("a", look)]):
        assert HIDDEN in finding.found
        assert "canary" not in f"{finding.found} {finding.advice}"


def test_checks__each__stands_only_on_what_comes_before_it() -> None:
    seen: set[str] = set()
    for check in CHECKS:
        assert set(check.needs) <= seen, check.name
        assert check.name not in seen
        seen.add(check.name)
