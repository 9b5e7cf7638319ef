"""Answers about rounds."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from parley.explorer.api import models
from parley.explorer.api.context import Snapshot
from parley.explorer.index.stories import story_of
from parley.explorer.naming import phase_name
from parley.explorer.queries import (
    federation_row,
    gas_of,
    names_of,
    open_round,
    qualities_of,
    shard_of,
    standing_of,
)
from parley.explorer.story_json import row_json, story_json

MAX_ROUNDS = 200
MAX_SERIES = 2000
TOP = 20
"""Operators with a column of their own in the series; the rest is together."""


def rounds(snapshot: Snapshot, fid: int, before: int | None, limit: int) -> models.RoundsPage:
    """Lines about rounds, the newest first.

    Raises:
        NotFound: there is no such federation.
    """
    connection = snapshot.connection
    newest: int = federation_row(connection, fid)["round"]
    high = min(newest, newest if before is None else before - 1)
    low = max(1, high - limit + 1)
    kept = connection.execute(
        "SELECT round, row FROM rounds WHERE fid = ? AND round BETWEEN ? AND ?", (fid, low, high)
    ).fetchall()
    lines = {row["round"]: {**json.loads(row["row"]), "phase": None} for row in kept}
    lines |= {number: _open_line(snapshot, fid, number) for number in range(low, high + 1) if number not in lines}
    quality, gas = qualities_of(connection, fid, low, high), gas_of(connection, fid, low, high)
    found = [
        models.RoundRow(**lines[number], quality=quality.get(number), gas=gas.get(number, 0))
        for number in range(high, low - 1, -1)
    ]
    return models.RoundsPage(rounds=found, next=low if low > 1 else None)


def round_detail(snapshot: Snapshot, fid: int, number: int) -> bytes:
    """The JSON of a `models.RoundDetail`: what is kept of a round that ended is not parsed again.

    Raises:
        NotFound: there is no such round.
    """
    connection = snapshot.connection
    kept = connection.execute("SELECT story FROM rounds WHERE fid = ? AND round = ?", (fid, number)).fetchone()
    if kept is None:
        told, events = open_round(connection, snapshot.chain, fid, number, snapshot.now)
        story = json.dumps(story_json(fid, told, events), separators=(",", ":")).encode()
        people = [update.operator for update in told.updates] + [panelist.operator for panelist in told.panel]
        people += [posted.aggregator for posted in told.settlements]
    else:
        story = story_of(kept)
        rows = connection.execute("SELECT operator FROM deeds WHERE fid = ? AND round = ?", (fid, number))
        people = [row["operator"] for row in rows]
    rest = json.dumps(_surroundings(snapshot, fid, number, people), separators=(",", ":")).encode()
    return story[:-1] + b"," + rest[1:]


def series(snapshot: Snapshot, fid: int) -> bytes:
    """The JSON of a `models.Series`.

    Raises:
        NotFound: there is no such federation.
    """
    connection = snapshot.connection
    newest: int = federation_row(connection, fid)["round"]
    columns = snapshot.series.get(connection, fid, lambda: _columns(connection, fid, newest))
    names = names_of(connection, _top(connection, fid))
    return columns[:-1] + b"," + json.dumps({"names": names}, separators=(",", ":")).encode()[1:]


def _columns(connection: sqlite3.Connection, fid: int, newest: int) -> bytes:
    """The series of a federation without the names, which may change at any time."""
    low = max(1, newest - MAX_SERIES + 1)
    kept = connection.execute("SELECT row FROM rounds WHERE fid = ? AND round >= ? ORDER BY round", (fid, low))
    lines = [json.loads(row["row"]) for row in kept.fetchall()]
    quality = qualities_of(connection, fid, low, newest)
    columns = {
        "round": [line["round"] for line in lines],
        "state": [line["state"] for line in lines],
        "quality": [quality.get(line["round"]) for line in lines],
        "included": [line["included"] for line in lines],
        "earned": _earned(connection, fid, {line["round"]: int(line["earned"]) for line in lines}),
    }
    return json.dumps(columns, separators=(",", ":")).encode()


def _open_line(snapshot: Snapshot, fid: int, number: int) -> dict[str, Any]:
    standing = standing_of(snapshot.connection, snapshot.chain, fid, number, snapshot.now)
    told, _ = open_round(snapshot.connection, snapshot.chain, fid, number, snapshot.now)
    return {**row_json(told), "phase": None if standing.phase is None else phase_name(standing.phase)}


def _surroundings(snapshot: Snapshot, fid: int, number: int, people: list[str]) -> dict[str, Any]:
    """What a round's story does not hold: what may still change, and what lies around it."""
    connection = snapshot.connection
    row = federation_row(connection, fid)
    charter = snapshot.chain.charter(connection, fid)
    standing = standing_of(connection, snapshot.chain, fid, number, snapshot.now)
    shard = shard_of(connection, charter, row["task"], number)
    gas = {
        tx["hash"]: tx["gas"]
        for tx in connection.execute(
            "SELECT hash, gas FROM transactions WHERE fid = ? AND round = ? AND gas IS NOT NULL ORDER BY block",
            (fid, number),
        )
    }
    return {
        "phase": None if standing.phase is None else phase_name(standing.phase),
        "shard": None if shard is None else shard["cid"],
        "gas": gas,
        "gas_total": sum(gas.values()),
        "quality": qualities_of(connection, fid, number, number).get(number),
        "next_event_at": standing.ends,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < row["round"] else None,
        "names": names_of(connection, people),
    }


def _earned(connection: sqlite3.Connection, fid: int, whole: dict[int, int]) -> dict[str, list[str]]:
    """What each of the rounds in `whole` earned those who earned most in all, and the rest together."""
    rest = dict(whole)
    columns: dict[str, list[str]] = {}
    for operator in _top(connection, fid):
        rows = connection.execute("SELECT round, earned FROM deeds WHERE fid = ? AND operator = ?", (fid, operator))
        own = {row["round"]: row["earned"] for row in rows}
        columns[operator] = [own.get(number, "0") for number in whole]
        for number, amount in zip(whole, columns[operator], strict=True):
            rest[number] -= int(amount)
    if any(rest.values()):
        columns["others"] = [str(amount) for amount in rest.values()]
    return columns


def _top(connection: sqlite3.Connection, fid: int) -> list[str]:
    """The operators that earned most in all."""
    totals = connection.execute("SELECT operator, earned FROM totals WHERE fid = ?", (fid,)).fetchall()
    ranked = sorted(totals, key=lambda row: (-int(row["earned"]), row["operator"]))
    return [row["operator"] for row in ranked[:TOP]]
