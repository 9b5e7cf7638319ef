"""Audits on the command line: what they need of a session, and where their reports go."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.audit import report as reports
from parley.audit.gather import Sources
from parley.audit.page import render
from parley.audit.report import Report
from parley.audit.run import Watcher, Wishes, Workplace, audit
from parley.audit.verify import Verified, check
from parley.chain.deployments import read_deployment
from parley.cli import logs
from parley.cli.session import Session
from parley.errors import ContentError, NotFound
from parley.files import NewFile, read_at_most, write_whole

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

PAGE = ".html"
"""How the page's name ends; before that it is called like the report."""


def sources_of(session: Session, fid: int | None) -> Sources:
    """Chain, contracts and federation.

    The contracts' code is not compared here: what is wrong with it is a finding.

    Raises:
        NotDeployed: there is no deployment on this chain.
        ConfigError: there are several federations, and none is chosen.
    """
    from parley.cli.actions.federations import only_federation

    deployment = read_deployment(session.w3.eth.chain_id, session.settings.deployments)
    contracts = deployment.bind(session.w3)
    return Sources(session.w3, deployment, contracts, fid or session.settings.federation or only_federation(contracts))


def workplace_of(session: Session) -> Workplace:
    """Content stores, and where an audit keeps what it has."""
    settings = session.settings
    prepare = partial(logs.configure, settings.log_level or "warning", settings.log_format)
    return Workplace(settings.store_locations, settings.home, prepare)


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was made.

    Attributes:
        signed: the report.
        path: where it is.
        page: the same for people.
    """

    signed: Report
    path: Path
    page: Path


def make(session: Session, sources: Sources, wishes: Wishes, watcher: Watcher, out: Path | None) -> Written:
    """Audit, sign the report if a key was chosen, and write it.

    What was done is kept until the report is written: where that fails, the next run has little left to do.

    Args:
        session: of the command.
        sources: of the chain's part.
        wishes: what is asked for.
        watcher: told how it goes on.
        out: where the report goes, by default `audit-ID-BLOCK.json` in the current folder.

    Raises:
        ParleyError: see `parley.audit.run.audit`; or the key cannot be opened.
        OSError: nothing can be written there, or the disk is full.
    """
    signer = signer_of(session)  # a wrong password is told before all the work
    require_writable(out or Path("audit.json"))
    written: list[Written] = []

    def finish(report: Report) -> None:
        path = out or Path(f"audit-{report['federation']}-{report['block']['number']}.json")
        written.append(write(reports.signed(report, signer), path))

    audit(sources, workplace_of(session), wishes, watcher, finish)
    return written[0]


def require_writable(path: Path) -> None:
    """Refuse a place where no report can be written, before hours of work.

    Raises:
        OSError: why not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for file in (path, path.with_suffix(PAGE)):
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
        NewFile(file).close()


def signer_of(session: Session) -> LocalAccount | None:
    """The key to sign with, if one was chosen; a report needs none."""
    from parley.chain.keystore import account_from_environment

    if session.settings.account is not None:
        return session.signer
    return account_from_environment()


def write(signed: Report, path: Path) -> Written:
    """Write a report as JSON, and as a page beside it.

    Raises:
        OSError: one of them cannot be written.
    """
    from parley.audit.canonical import encode

    page = path.with_suffix(PAGE)
    write_whole(path, encode(signed) + b"\n")
    write_whole(page, render(signed).encode())
    return Written(signed, path, page)


def read(path: Path) -> Report:
    """Read a signed report.

    Raises:
        NotFound: there is no such file.
        ContentError: it is no report.
    """
    try:
        return reports.parse(read_at_most(path, reports.MAX_BYTES))
    except FileNotFoundError as error:
        raise NotFound(f"there is no report {path}") from error
    except OSError as error:
        raise ContentError(f"cannot read the report {path}: {error.strerror or error}") from error


def verify(session: Session, signed: Report, wishes: Wishes, watcher: Watcher) -> Verified:
    """Check a report by another audit up to the same block.

    Raises:
        ParleyError: see `parley.audit.run.audit`.
    """
    body: Any = signed["report"]
    asked = body["options"]
    sources = sources_of(session, body["federation"])

    def repeat(block: int) -> Report:
        again = replace(wishes, block=block, scores=asked["scores"], every_block=asked["every_block"])
        return audit(sources, workplace_of(session), again, watcher)

    return check(signed, sources, repeat)


@contextmanager
def watched() -> Iterator[Watcher]:
    """Progress on standard error: a bar on a terminal, elsewhere a line now and then."""
    import sys

    from parley.cli.output import stderr

    console = stderr()
    if not sys.stderr.isatty():
        yield Lines(lambda line: console.print(line, markup=False, soft_wrap=True))
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        yield Bar(progress)


class Bar:
    """A bar on a terminal.

    Args:
        progress: of rich.
    """

    def __init__(self, progress: Any) -> None:  # noqa: ANN401 - rich is imported late
        self._progress = progress
        self._task = progress.add_task("audit", total=None)

    def say(self, what: str) -> None:
        """See `Watcher`."""
        self._progress.update(self._task, description=what, total=None, completed=0)

    def begin(self, what: str, total: int) -> None:
        """See `Watcher`."""
        self._progress.update(self._task, description=what, total=total, completed=0)

    def step(self, count: int = 1) -> None:
        """See `Watcher`."""
        self._progress.advance(self._task, count)


class Lines:
    """Plain lines, a tenth of the way each.

    Args:
        tell: prints one.
    """

    def __init__(self, tell: Any) -> None:  # noqa: ANN401 - a function
        self._tell = tell
        self._what, self._total, self._done = "", 0, 0

    def say(self, what: str) -> None:
        """See `Watcher`."""
        self._tell(f"audit: {what}")

    def begin(self, what: str, total: int) -> None:
        """See `Watcher`."""
        self._what, self._total, self._done = what, total, 0
        self._tell(f"audit: {what}: {total}")

    def step(self, count: int = 1) -> None:
        """See `Watcher`."""
        before, self._done = self._done, self._done + count
        if self._total >= 20 and before * 10 // self._total != self._done * 10 // self._total:
            self._tell(f"audit: {self._what}: {self._done} of {self._total}")
