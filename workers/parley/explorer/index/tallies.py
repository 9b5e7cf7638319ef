"""What everybody did, round by round, and in all ended rounds together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from parley.explorer.deeds import Deed
from parley.history.model import Verdict

_LEFT_OUT = frozenset(
    verdict.name.lower()
    for verdict in (Verdict.OUTVOTED, Verdict.UNAVAILABLE, Verdict.TOO_FEW_VOTES, Verdict.NOT_REVEALED)
)
_COUNTS = ("rounds", "trained", "included", "left_out", "evaluated", "settled", "convicted", "faults")

_ADD = (
    "UPDATE totals SET earned = plus(earned, :earned), "
    + ", ".join(f"{name} = {name} + :{name}" for name in _COUNTS)
    + " WHERE fid = :fid AND operator = :operator"
)


def add(connection: sqlite3.Connection, fid: int, deeds: Iterable[Deed]) -> None:
    """Keep the deeds of a round, and count them."""
    for deed in deeds:
        row = row_of(deed)
        connection.execute(
            "INSERT INTO deeds VALUES (:fid, :operator, :round, :roles, :verdict, :score, :quality, :earned, "
            ":voted, :settled, :convicted, :faults)",
            {"fid": fid, **row},
        )
        connection.execute("INSERT OR IGNORE INTO totals (fid, operator) VALUES (?, ?)", (fid, deed.operator))
        _count(connection, fid, row, 1)


def remove(connection: sqlite3.Connection, fid: int, number: int) -> None:
    """Take the deeds of a round out, and back from what they were counted in."""
    for row in connection.execute("SELECT * FROM deeds WHERE fid = ? AND round = ?", (fid, number)).fetchall():
        _count(connection, fid, dict(row), -1)
    connection.execute("DELETE FROM totals WHERE fid = ? AND rounds = 0 AND faults = 0", (fid,))
    connection.execute("DELETE FROM deeds WHERE fid = ? AND round = ?", (fid, number))


def row_of(deed: Deed) -> dict[str, object]:
    """A deed as a row."""
    return {
        "operator": deed.operator,
        "round": deed.round,
        "roles": int(deed.roles),
        "verdict": None if deed.verdict is None else deed.verdict.name.lower(),
        "score": deed.score,
        "quality": deed.quality,
        "earned": str(deed.earned),
        "voted": int(deed.voted),
        "settled": int(deed.settled),
        "convicted": deed.convicted,
        "faults": json.dumps(deed.faults),
    }


def _count(connection: sqlite3.Connection, fid: int, row: Mapping[str, object], sign: int) -> None:
    counts = {
        "rounds": int(bool(row["roles"])),
        "trained": int(row["verdict"] is not None),
        "included": int(bool(row["score"])),
        "left_out": int(row["verdict"] in _LEFT_OUT),
        "evaluated": row["voted"],
        "settled": row["settled"],
        "convicted": row["convicted"],
        "faults": len(json.loads(str(row["faults"]))),
    }
    changes = {name: sign * int(str(value)) for name, value in counts.items()}
    earned = str(sign * int(str(row["earned"])))
    connection.execute(_ADD, {"fid": fid, "operator": row["operator"], "earned": earned, **changes})
