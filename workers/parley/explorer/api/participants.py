"""Answers about operators in a federation."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from eth_utils.address import to_checksum_address

from parley.errors import NotFound
from parley.explorer.api import models
from parley.explorer.api.context import Snapshot
from parley.explorer.api.federations import token_model
from parley.explorer.deeds import deeds_of
from parley.explorer.index.stories import round_events, told_of
from parley.explorer.index.tallies import row_of
from parley.explorer.naming import role_names
from parley.explorer.queries import federation_row, names_of

MAX_DEEDS = 200
MAX_WORKERS = 100
_COUNTED = ("trained", "included", "left_out", "evaluated", "settled", "convicted")


def participant(snapshot: Snapshot, fid: int, address: str, before: int | None, limit: int) -> models.Participant:
    """An operator in a federation, with a page of what it did there.

    Args:
        snapshot: of the index.
        fid: federation id.
        address: of the operator, in any case.
        before: only rounds below that.
        limit: at most so many rounds.

    Raises:
        NotFound: no such federation, or nobody of that address has to do with it.
    """
    connection = snapshot.connection
    federation = federation_row(connection, fid)
    operator = to_checksum_address(address)
    member = _member(connection, fid, operator)
    totals = connection.execute("SELECT * FROM totals WHERE fid = ? AND operator = ?", (fid, operator)).fetchone()
    history = _history(snapshot, federation, operator, before, limit)
    in_it = member["since"] is not None and member["until"] is None
    return models.Participant(
        fid=fid,
        operator=operator,
        name=names_of(connection, [operator]).get(operator),
        metadata=_metadata(connection, operator),
        roles=role_names(member["roles"]) if in_it else [],
        workers=_workers(connection, operator),
        token=token_model(connection, federation["token"]),
        stake=_stake(connection, federation["token"], operator),
        index=member["place"],
        since=member["since"],
        until=member["until"],
        totals=_totals(member, totals),
        history=history[:limit],
        next=history[limit - 1].round if len(history) > limit else None,
    )


def _member(connection: sqlite3.Connection, fid: int, operator: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM members WHERE fid = ? AND operator = ?", (fid, operator)
    ).fetchone()
    if row is None:
        raise NotFound(
            f"{operator} has nothing to do with federation {fid}", hint=f"/api/federations/{fid} lists its members"
        )
    return row


def _history(
    snapshot: Snapshot, federation: sqlite3.Row, operator: str, before: int | None, limit: int
) -> list[models.Deed]:
    """One more than asked for, if there are as many."""
    rows: list[Any] = snapshot.connection.execute(
        "SELECT d.*, r.state FROM deeds d JOIN rounds r ON r.fid = d.fid AND r.round = d.round "
        "WHERE d.fid = ? AND d.operator = ? AND d.round < ? ORDER BY d.round DESC LIMIT ?",
        (federation["fid"], operator, before or 2**53, limit + 1),
    ).fetchall()
    if federation["live"] and (before is None or federation["round"] < before):
        rows = [*_open_deeds(snapshot, federation["fid"], federation["round"], operator), *rows]
    return [_deed(row) for row in rows]


def _open_deeds(snapshot: Snapshot, fid: int, number: int, operator: str) -> list[dict[str, Any]]:
    """What somebody did so far in the round that runs."""
    events = round_events(snapshot.connection, fid, number)
    told = told_of(snapshot.chain.charter(snapshot.connection, fid), events, fid, number, snapshot.now)
    own = [deed for deed in deeds_of(told, events) if deed.operator == operator]
    return [{**row_of(deed), "state": deed.state.value} for deed in own]


def _deed(row: Any) -> models.Deed:  # noqa: ANN401 - a row, or what is like one
    return models.Deed(
        round=row["round"],
        state=row["state"],
        roles=role_names(row["roles"]),
        verdict=row["verdict"],
        score=row["score"],
        quality=row["quality"],
        earned=row["earned"],
        faults=json.loads(row["faults"]),
    )


def _totals(member: sqlite3.Row, totals: sqlite3.Row | None) -> models.Totals:
    counts = {name: 0 if totals is None else totals[name] for name in _COUNTED}
    earned = 0 if totals is None else int(totals["earned"])
    claimed = int(member["claimed"])
    return models.Totals(
        earned=str(earned),
        claimed=str(claimed),
        due=str(max(0, earned - claimed)),
        slashed=member["slashed"],
        **counts,
    )


def _stake(connection: sqlite3.Connection, token: str, operator: str) -> models.Stake:
    row = connection.execute(
        "SELECT free, locked FROM accounts WHERE token = ? AND operator = ?", (token, operator)
    ).fetchone()
    return models.Stake(locked="0", free="0") if row is None else models.Stake(locked=row["locked"], free=row["free"])


def _metadata(connection: sqlite3.Connection, operator: str) -> str | None:
    row = connection.execute("SELECT metadata FROM operators WHERE operator = ?", (operator,)).fetchone()
    return None if row is None else row["metadata"]


def _workers(connection: sqlite3.Connection, operator: str) -> list[str]:
    rows = connection.execute(
        "SELECT worker FROM workers WHERE operator = ? ORDER BY worker LIMIT ?", (operator, MAX_WORKERS)
    )
    return [row["worker"] for row in rows]
