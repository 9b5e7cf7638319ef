"""An index of a history, and what is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from parley.explorer.index.database import Database
from parley.explorer.index.stories import story_of
from parley.explorer.index.writing import Writer
from tests.explorer.histories import CHAIN_ID, COORDINATOR, START, Chronicle

IDENTITY = {"chain": str(CHAIN_ID), "coordinator": COORDINATOR, "start": str(START), "genesis": "0x00"}
TABLES = (
    "blocks",
    "events",
    "transactions",
    "federations",
    "members",
    "accounts",
    "operators",
    "workers",
    "rounds",
    "deeds",
    "totals",
    "contents",
)
"""All that follows from the chain; not how far it was read, nor what content says."""


@contextmanager
def opened(path: Path, **chosen: Any) -> Iterator[Database]:  # noqa: ANN401 - of `Database`
    """An index's file, closed at the end."""
    database = Database(path, chosen.pop("identity", IDENTITY), **chosen)
    try:
        yield database
    finally:
        database.close()


def writer(database: Database) -> Writer:
    """Takes histories in."""
    return Writer(database, CHAIN_ID, COORDINATOR)


def take_in(database: Database, chronicle: Chronicle, low: int = START, step: int = 7, high: int | None = None) -> None:
    """Take in a chain's blocks from a height on, some at a time."""
    into = writer(database)
    last = chronicle.height - 1 if high is None else high
    while low <= last:
        end = min(low + step - 1, last)
        into.extend(chronicle.between(low, end), chronicle.blocks[end - START][0])
        low = end + 1


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that follow from the chain, in order."""
    with database.read() as connection:
        return {table: _rows(connection, table) for table in TABLES}


def _rows(connection: Any, table: str) -> list[tuple[object, ...]]:  # noqa: ANN401 - a connection
    rows = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - one of `TABLES`
    return sorted((_whole(row) for row in rows), key=repr)


def _whole(row: sqlite3.Row) -> tuple[object, ...]:
    """A row, with its story as it reads."""
    names = row.keys()
    return tuple(story_of(row) if name == "story" else row[name] for name in names)
