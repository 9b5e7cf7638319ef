"""Progress of long work: on standard error, and only on a terminal; a pipe gets one line per step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]
"""Told what is being done, one short line at a time."""


def silent(_: str) -> None:
    """Say nothing."""


@contextmanager
def working(title: str) -> Iterator[Say]:
    """Show that something goes on, with what and for how long; yields the function that says what.

    Without a terminal each step is one plain line, so that logs of scripts tell where they were.
    """
    from parley.cli.output import stderr

    console = stderr()
    if not sys.stderr.isatty():
        yield lambda line: console.print(f"{title}: {line}", markup=False, soft_wrap=True)
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda line: progress.update(task, description=f"{title}: {line}")
