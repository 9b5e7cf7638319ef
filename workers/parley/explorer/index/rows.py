"""Between events and rows of the index.

Arguments are kept as JSON: integers as they are, addresses as `0x...`, bytes as `x` and hexadecimal, so that both come
back as what they were; structs as objects or lists, as they were decoded.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parley.chain.errors import IncompleteLogs
from parley.chain.events import Event

MAX_ID = 2**53
"""Ids of federations and rounds stay below that; a node that says otherwise lies."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and the contract that told of it."""

    contract: str
    event: Event

    @property
    def fid(self) -> int | None:
        """The federation that it names, if it does.

        Raises:
            IncompleteLogs: no federation has such an id.
        """
        return _small(self.event.args.get("fid"))


def pack(args: Mapping[str, Any]) -> str:
    """Arguments as JSON."""
    return json.dumps({key: _packed(value) for key, value in args.items()}, separators=(",", ":"))


def unpack(text: str) -> dict[str, Any]:
    """Arguments as they were decoded."""
    return {key: _unpacked(value) for key, value in json.loads(text).items()}


def event_of(row: sqlite3.Row) -> Event:
    """An event from a row of `EVENTS`."""
    return Event(
        row["name"],
        unpack(row["args"]),
        row["block"],
        bytes.fromhex(row["hash"][2:]),
        row["time"],
        bytes.fromhex(row["tx"][2:]),
        row["log_index"],
    )


def events_where(connection: sqlite3.Connection, condition: str, *values: object) -> list[Event]:
    """The events of the index that meet a condition, in the order of the chain."""
    return [event_of(row) for row in rows_where(connection, condition, *values)]


def rows_where(connection: sqlite3.Connection, condition: str, *values: object) -> Iterable[sqlite3.Row]:
    """As `events_where`, with the contract's name and nothing decoded."""
    query = (
        "SELECT e.name, e.contract, e.args, e.block, e.log_index, e.tx, e.fid, e.round, b.hash, b.time "
        f"FROM events e JOIN blocks b ON b.number = e.block WHERE {condition} ORDER BY e.block, e.log_index"
    )
    return connection.execute(query, values)


def round_number(number: object) -> int | None:
    """A round's number.

    Raises:
        IncompleteLogs: no round has such a number.
    """
    return _small(number)


def _small(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value < MAX_ID:
        raise IncompleteLogs(f"an event names a federation or round {value!r:.80}", hint="use another RPC endpoint")
    return value


def _packed(value: object) -> object:
    if isinstance(value, bytes):
        return "x" + value.hex()
    if isinstance(value, Mapping):
        return {key: _packed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(inner) for inner in value]
    return value


def _unpacked(value: object) -> Any:  # noqa: ANN401 - whatever the ABI has
    if isinstance(value, str):
        return bytes.fromhex(value[1:]) if value.startswith("x") else value
    if isinstance(value, dict):
        return {key: _unpacked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unpacked(inner) for inner in value]
    return value
