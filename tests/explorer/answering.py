"""An application over an index, and documents that say something in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp

from parley.chain.view import Block
from parley.explorer.api.app import make_app
from parley.explorer.api.context import Context
from parley.explorer.follow import Progress
from parley.explorer.index.database import Database
from parley.explorer.news import News
from parley.explorer.queries import Chain
from tests.explorer.asking import Answer
from tests.explorer.histories import CHAIN_ID, COORDINATOR, START

FINISHED = Progress(START - 1, Block(10**6, b"h" * 32, 7), 10**6)
BUILDING = Progress(START - 1, Block(10**6, b"h" * 32, 7), 1000)

Ask = Callable[[str], Answer]


def app_of(database: Database, progress: Progress = FINISHED, page: Path | None = None) -> ASGIApp:
    """The application, as far as the index is said to be."""
    context = Context(database, Chain(CHAIN_ID, COORDINATOR), {}, lambda: progress, News())
    return make_app(context) if page is None else make_app(context, page=page)


def say(database: Database, cid: str, title: str, description: str = "", **facts: object) -> None:
    """Let a document say something."""
    with database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, NULL, 1, NULL)",
            (cid, title, description, json.dumps(facts)),
        )


def task_of(database: Database) -> str:
    """CID of the first federation's task document."""
    with database.read() as connection:
        return str(connection.execute("SELECT task FROM federations").fetchone()["task"])
