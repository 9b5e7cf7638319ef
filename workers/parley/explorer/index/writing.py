"""What changes the index: blocks come, blocks go. Each is one transaction, derived tables included."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from parley.chain.errors import IncompleteLogs
from parley.chain.events import Event, settlement_of
from parley.chain.model import terms_of
from parley.chain.view import Block
from parley.explorer.index import ledger, stories
from parley.explorer.index.database import Database
from parley.explorer.index.rows import Told, event_of, pack, round_number, rows_where
from parley.history.sentences.words import hexed
from parley.history.tell import round_of
from parley.numerics.fixed_point import size_for
from parley.storage import Cid, Codec

MAX_CHECKPOINTS = 512
"""Heads remembered besides the blocks that hold events."""

RoundKey = tuple[int, int]
"""Federation and round."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a transaction changed.

    Attributes:
        rounds: those whose events came or went.
        federations: likewise.
    """

    rounds: frozenset[RoundKey]
    federations: frozenset[int]


class Writer:
    """Takes blocks in, and back.

    Args:
        database: the index.
        chain_id: of the chain.
        coordinator: address of the round coordinator.
    """

    def __init__(self, database: Database, chain_id: int, coordinator: str) -> None:
        self._database = database
        self._chain = (chain_id, coordinator)
        self._params: dict[int, int] = {}

    def extend(self, told: Sequence[Told], upto: Block) -> Change:
        """Take in the events of blocks up to `upto`; those that are there already are passed over.

        Args:
            told: in the order of the chain.
            upto: the last block that was read, whether or not it holds events.

        Raises:
            IncompleteLogs: they do not fit together; nothing is taken in.
        """
        with self._database.write() as connection:
            newest = connection.execute("SELECT MAX(block) FROM events").fetchone()[0]
            _note(connection, upto)
            _note_blocks(connection, told)
            fresh = [item.event for item in told if _insert(connection, item)]
            if newest is not None and any(event.block <= newest for event in fresh):
                ledger.refill(connection)
            else:
                for event in fresh:
                    ledger.apply(connection, event)
            for event in fresh:
                self._name_contents(connection, event)
            return self._changed(connection, {event.transaction for event in fresh})

    def rewind(self, last: int) -> Change:
        """Take back all blocks above `last`.

        Raises:
            IncompleteLogs: what is left does not fit together.
        """
        with self._database.write() as connection:
            lost = connection.execute("SELECT DISTINCT fid, round FROM events WHERE block > ?", (last,)).fetchall()
            for table, column in (
                ("events", "block"),
                ("transactions", "block"),
                ("contents", "block"),
                ("blocks", "number"),
                ("checkpoints", "number"),
            ):
                connection.execute(f"DELETE FROM {table} WHERE {column} > ?", (last,))
            ledger.refill(connection)
            self._params.clear()
            return self._refreshed(connection, [(row["fid"], row["round"]) for row in lost])

    def _changed(self, connection: sqlite3.Connection, transactions: Iterable[bytes]) -> Change:
        """Bring rounds and transactions up to date after events came."""
        places: list[tuple[int | None, int | None]] = []
        for tx in map(hexed, transactions):
            found = connection.execute(
                "SELECT fid, round, block FROM events WHERE tx = ? "
                "ORDER BY fid IS NULL, round IS NULL, block, log_index",
                (tx,),
            ).fetchall()
            first = found[0]
            connection.execute(
                "INSERT INTO transactions (hash, block, fid, round) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (hash) DO UPDATE SET fid = excluded.fid, round = excluded.round",
                (tx, first["block"], first["fid"], first["round"]),
            )
            places += [(row["fid"], row["round"]) for row in found]
        return self._refreshed(connection, places)

    def _name_contents(self, connection: sqlite3.Connection, event: Event) -> None:
        """Remember of what the digests in an event are."""
        for kind, cid in self._cids(connection, event):
            place = (cid, event.args["fid"], event.args.get("round", 0), kind, event.block)
            connection.execute("INSERT OR IGNORE INTO contents VALUES (?, ?, ?, ?, ?)", place)

    def _cids(self, connection: sqlite3.Connection, event: Event) -> Iterator[tuple[str, str]]:
        match event.name:
            case "FederationCreated":
                terms = terms_of(event.args["terms"])
                yield "task", str(Cid(Codec.RAW, terms.task_digest))
                yield "model", str(Cid.from_digest(terms.model_digest, size_for(terms.params)))
            case "UpdateRevealed":
                yield "update", self._vector(connection, event, event.args["cidDigest"])
            case "Settled":
                settlement = settlement_of(event.args["settlement"])
                yield "model", self._vector(connection, event, settlement.model_digest)

    def _vector(self, connection: sqlite3.Connection, event: Event, digest: bytes) -> str:
        """The CID of an update or model of a federation."""
        fid = event.args["fid"]
        if fid not in self._params:
            charter = ledger.charter_at(connection, *self._chain, fid)
            if charter is None:
                raise IncompleteLogs(f"federation {fid} has events, but none that created it")
            self._params[fid] = charter.terms.params
        return str(Cid.from_digest(digest, size_for(self._params[fid])))

    def _refreshed(self, connection: sqlite3.Connection, places: Iterable[tuple[int | None, int | None]]) -> Change:
        federations, rounds = set(), set()
        for fid, number in places:
            if fid is not None:
                federations.add(fid)
                if number is not None:
                    rounds.add((fid, number))
        for fid, number in sorted(rounds):
            stories.refresh(connection, *self._chain, fid, number)
        return Change(frozenset(rounds), frozenset(federations))


def _note_blocks(connection: sqlite3.Connection, told: Iterable[Told]) -> None:
    """Keep the blocks of events.

    Raises:
        IncompleteLogs: another block of that height is known.
    """
    for event in {item.event.block: item.event for item in told}.values():
        block_hash = hexed(event.block_hash)
        connection.execute("INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)", (event.block, block_hash, event.timestamp))
        (known,) = connection.execute("SELECT hash FROM blocks WHERE number = ?", (event.block,)).fetchone()
        if known != block_hash:
            raise IncompleteLogs(f"two blocks of height {event.block}: {known} and {block_hash}")


def _insert(connection: sqlite3.Connection, item: Told) -> bool:
    """Keep an event, with the round that it belongs to; say whether it is new."""
    event = item.event
    values = (
        event.block,
        event.log_index,
        hexed(event.transaction),
        item.contract,
        event.name,
        item.fid,
        _round_of(connection, event),
        pack(event.args),
    )
    return connection.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values).rowcount > 0


def _note(connection: sqlite3.Connection, block: Block) -> None:
    """Remember how far was read."""
    connection.execute(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", (block.number, hexed(block.hash), block.timestamp)
    )
    connection.execute(
        "DELETE FROM checkpoints WHERE number <= "
        "(SELECT number FROM checkpoints ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (MAX_CHECKPOINTS,),
    )


def _round_of(connection: sqlite3.Connection, event: Event) -> int | None:
    """The round that an event belongs to, by those before it that the index knows."""
    if "round" in event.args or "settlement" not in event.args:
        return round_number(event.args.get("round"))
    last, asked = 0, dict[bytes, int]()
    before = "e.name IN ('RoundOpened', 'Demanded') AND e.fid = ? AND (e.block, e.log_index) < (?, ?)"
    for row in rows_where(connection, before, event.args["fid"], event.block, event.log_index):
        if row["name"] == "RoundOpened":
            last = row["round"]
        elif row["round"] is not None:
            asked.setdefault(event_of(row).args["settlement"], row["round"])
    return round_of(event, last, asked) or None
