"""Answers about transactions."""

from __future__ import annotations

from collections.abc import Mapping

from parley.errors import NotFound
from parley.explorer.api import models
from parley.explorer.api.context import Snapshot
from parley.explorer.index.rows import rows_where, unpack
from parley.history.sentences.words import hexed


def transaction(snapshot: Snapshot, tx: str) -> models.Transaction:
    """A transaction that Parley's contracts told of.

    Args:
        snapshot: of the index.
        tx: its hash, 0x and 64 hexadecimal digits.

    Raises:
        NotFound: the index knows none of that hash.
    """
    row = snapshot.connection.execute("SELECT * FROM transactions WHERE hash = ?", (tx.lower(),)).fetchone()
    if row is None:
        raise NotFound(
            f"no event of Parley's contracts is of transaction {tx}", hint="look it up in an explorer of the chain"
        )
    events = list(rows_where(snapshot.connection, "e.tx = ?", row["hash"]))
    return models.Transaction(
        hash=row["hash"],
        sender=row["sender"],
        to=row["recipient"],
        function=row["function"],
        block=row["block"],
        time=events[0]["time"] if events else snapshot.now,
        gas_used=row["gas"],
        events=[
            models.Decoded(
                contract=event["contract"],
                name=event["name"],
                args={key: shown(value) for key, value in unpack(event["args"]).items()},
                log_index=event["log_index"],
            )
            for event in events
        ],
        path=place_of(row["fid"], row["round"]),
    )


def shown(value: object) -> object:
    """An argument as JSON that loses no digit: integers as decimal text, bytes as hexadecimal."""
    if isinstance(value, bytes):
        return hexed(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    return value


def place_of(fid: int | None, number: int | None) -> str | None:
    """The page's path of a round, or of its federation."""
    if fid is None:
        return None
    return f"/federations/{fid}" if number is None else f"/federations/{fid}/rounds/{number}"
