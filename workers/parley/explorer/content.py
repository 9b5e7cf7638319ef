"""What content says of federations and operators: titles, names, where validation shards are.

All of it is foreign: whoever made a federation or registered wrote it. It is fetched in the background, within bounds
and deadlines, checked for its form, and kept as plain text under its CID.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from parley import strict_json
from parley.errors import ContentError, TaskError
from parley.explorer.index.database import Database
from parley.explorer.plain import plain
from parley.storage import Cid, ContentStore
from parley.tasks.document import MAX_BYTES, ShardRef, TaskDocument

log = structlog.get_logger(__name__)

MAX_TITLE = 120
MAX_NAME = 60
MAX_DESCRIPTION = 2000
DEADLINE = 10.0
"""Seconds that a document may take."""

BATCH_SECONDS = 2.0
"""Within that time what was learned is told of at once."""

FIRST_RETRY = 15.0
LONGEST_RETRY = 3600.0
"""Seconds before a document that could not be had is asked for again; it doubles each time."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a document says.

    Attributes:
        title: of the federation, or name of the operator, as plain text; `None` if it says none.
        description: likewise.
        facts: what else is shown: `metric`.
        shards: of the validation set, by round.
        problem: why it is of no use beyond that, `None` if nothing is wrong.
    """

    title: str | None = None
    description: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    shards: Mapping[int, ShardRef] = field(default_factory=dict)
    problem: str | None = None


class Contents:
    """Fetches what the index names and has no text of.

    Args:
        database: the index.
        store: where documents come from.
        learned: told of how many documents came, some at a time.
    """

    def __init__(
        self, database: Database, store: ContentStore, learned: Callable[[int], None] = lambda _count: None
    ) -> None:
        self._database = database
        self._store = store
        self._learned = learned
        self._untold = 0
        self._told_at = float("-inf")

    def work(self) -> bool:
        """Fetch one document that is due; return whether there was one."""
        now = time.time()
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT w.cid, w.is_task, t.attempts FROM ("
                "SELECT DISTINCT task AS cid, 1 AS is_task FROM federations UNION "
                "SELECT DISTINCT o.metadata, 0 FROM operators o JOIN members m ON m.operator = o.operator "
                "WHERE o.metadata IS NOT NULL"
                ") w LEFT JOIN texts t ON t.cid = w.cid WHERE t.cid IS NULL OR t.due <= ? "
                "ORDER BY w.is_task DESC, t.attempts LIMIT 1",
                (now,),
            ).fetchone()
        if row is not None:
            self._learn(row["cid"], is_task=bool(row["is_task"]), attempts=row["attempts"] or 0, now=now)
        if row is None or time.monotonic() - self._told_at >= BATCH_SECONDS:
            self._tell()
        return row is not None

    def _tell(self) -> None:
        if self._untold:
            self._learned(self._untold)
            self._untold, self._told_at = 0, time.monotonic()

    def _learn(self, cid: str, *, is_task: bool, attempts: int, now: float) -> None:
        try:
            data = self._store.get_document(Cid.parse(cid), MAX_BYTES, DEADLINE)
        except ContentError as error:
            log.info("a document is not to be had", cid=cid, reason=error.message)
            due = now + min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts, 16))
            self._keep(cid, Text(problem="it is not to be had"), attempts + 1, due)
            return
        self._keep(cid, task_text(data) if is_task else metadata_text(data), attempts + 1, None)
        self._untold += 1

    def _keep(self, cid: str, text: Text, attempts: int, due: float | None) -> None:
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)",
                (cid, text.title, text.description, json.dumps(text.facts), text.problem, attempts, due),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?)",
                [(cid, number, ref.cid, ref.size) for number, ref in text.shards.items()],
            )


def task_text(data: bytes) -> Text:
    """What a task document says. One that no worker would take still shows what it calls itself."""
    values = _object(data)
    title, description = _said(values, MAX_TITLE, "title", "name"), _said(values, MAX_DESCRIPTION, "description")
    try:
        document = TaskDocument.decode(data)
    except TaskError as error:
        return Text(title, description, problem=plain(error.message, MAX_DESCRIPTION))
    metric = {"name": document.metric, "higher_is_better": True}
    return Text(title, description, {"metric": metric}, dict(enumerate(document.validation.shards, 1)))


def metadata_text(data: bytes) -> Text:
    """What an operator's metadata document says."""
    values = _object(data)
    problem = None if values else "it is not a JSON object"
    return Text(
        _said(values, MAX_NAME, "name", "title"), _said(values, MAX_DESCRIPTION, "description"), problem=problem
    )


def _object(data: bytes) -> dict[str, Any]:
    """The JSON object in a stranger's bytes, empty if it is none."""
    try:
        values = strict_json.parse(data, MAX_BYTES)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _said(values: Mapping[str, Any], limit: int, *keys: str) -> str | None:
    """The first of some keys that holds text, made plain."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and (text := plain(value, limit)):
            return text
    return None
