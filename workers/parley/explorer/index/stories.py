"""Rounds that have ended, told once and kept: the story as compressed JSON, its line, and what everybody did in it."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence

from parley.chain.errors import IncompleteLogs
from parley.chain.events import Event
from parley.errors import ParleyError
from parley.explorer.deeds import deeds_of
from parley.explorer.index import schema, tallies
from parley.explorer.index.ledger import charter_at
from parley.explorer.index.rows import events_where
from parley.explorer.story_json import row_json, story_json
from parley.history.charter import Charter
from parley.history.model import Round, State
from parley.history.sentences.words import hexed
from parley.history.tell import tell

ENDS = frozenset({"RoundFinalized", "RoundVoided"})
_LEVEL = 6
"""Of compression: a story becomes five times smaller, in some milliseconds."""


def refresh(connection: sqlite3.Connection, chain_id: int, coordinator: str, fid: int, number: int) -> None:
    """Tell a round anew if it has ended, and forget it if it has not.

    Raises:
        IncompleteLogs: its events do not fit together.
    """
    forget(connection, fid, number)
    connection.execute(schema.REVISE, (fid,))
    events = round_events(connection, fid, number)
    if not any(event.name in ENDS for event in events):
        return
    charter = charter_at(connection, chain_id, coordinator, fid)
    told = told_of(charter, events, fid, number)
    _keep(connection, fid, told, events)
    tallies.add(connection, fid, deeds_of(told, events))


def round_events(connection: sqlite3.Connection, fid: int, number: int) -> list[Event]:
    """The events of a round, in the order of the chain."""
    return events_where(connection, "e.fid = ? AND e.round = ?", fid, number)


def told_of(charter: Charter | None, events: Sequence[Event], fid: int, number: int, now: int | None = None) -> Round:
    """A round's story.

    Raises:
        IncompleteLogs: its events do not fit together.
    """
    if charter is None or not events or events[0].name != "RoundOpened":
        raise IncompleteLogs(f"round {number} of federation {fid} has events, but none that opened it")
    try:
        return tell(charter, events, now)
    except (LookupError, ValueError, ArithmeticError, ParleyError) as error:
        raise IncompleteLogs(
            f"the events of round {number} of federation {fid} do not fit together: {error!r:.200}"
        ) from error


def forget(connection: sqlite3.Connection, fid: int, number: int) -> None:
    """Take a round out of the tables, and its deeds out of the totals."""
    tallies.remove(connection, fid, number)
    connection.execute("DELETE FROM rounds WHERE fid = ? AND round = ?", (fid, number))


def story_of(row: sqlite3.Row) -> bytes:
    """The JSON of a kept story."""
    return zlib.decompress(row["story"])


def _keep(connection: sqlite3.Connection, fid: int, told: Round, events: Sequence[Event]) -> None:
    standing = told.settlement if told.state is State.FINAL else None
    story = json.dumps(story_json(fid, told, events), separators=(",", ":")).encode()
    connection.execute(
        "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            fid,
            told.number,
            told.state.value,
            None if standing is None else hexed(standing.model_root),
            None if standing is None else hexed(standing.model_digest),
            json.dumps(row_json(told), separators=(",", ":")),
            zlib.compress(story, _LEVEL),
        ),
    )
