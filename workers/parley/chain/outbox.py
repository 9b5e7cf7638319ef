"""The journal of one key on one chain: what is to be sent and what was signed, on disk before anything leaves (P-18).

A *slot* is a deed under a nonce, an *attempt* one signed offer of it. Of a nonce at most one slot is open; a slot that
gives way to another content of the same nonce is `replaced`. Old settled slots are removed; the low watermark stays for
ever: the highest nonce that was ever signed, and the highest round by kind of deed and federation (F-58).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parley.chain.fees import Fees
from parley.chain.outbox_file import committed, explained, open_file
from parley.chain.transactions import Attempt, Intent, Outgoing, round_of
from parley.metrics import PENDING

KEPT = 256
"""Settled slots that are remembered: more than any reorg takes back, and than a worker repeats."""


class SlotState(StrEnum):
    """What became of a slot."""

    OPEN = "open"
    """On its way, or left behind by a process that died."""
    MINED = "mined"
    """Confirmed, done or refused by the contract."""
    CANCELLED = "cancelled"
    """Its deadline passed, or no node took it; the deed is not done."""
    REPLACED = "replaced"
    """Another content took its nonce."""
    LOST = "lost"
    """A stranger's transaction took its nonce."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A deed under a nonce.

    Attributes:
        nonce: of the key.
        message: what is sent.
        gas: its limit.
        opened: chain time, seconds, at which it was first wanted.
        intent: what it means; `None`: a deed of its own.
        state: what became of it.
        ok: whether the contract did it; `None` until it is mined.
        mined: hash of the attempt that was mined.
        id: in the journal; 0 if it is not there yet.
    """

    nonce: int
    message: Outgoing
    gas: int
    opened: int
    intent: Intent | None = None
    state: SlotState = SlotState.OPEN
    ok: bool | None = None
    mined: str | None = None
    id: int = 0

    @property
    def key(self) -> str | None:
        """The intent's key."""
        return None if self.intent is None else self.intent.key


@dataclass(frozen=True, slots=True)
class Offer:
    """An attempt as the journal knows it.

    Attributes:
        slot: id of its slot.
        hash: 0x-prefixed.
        fees: offered.
        cancels: whether it is a cancellation.
        refused: whether every node refused it, so that it is in no pool.
        raw: signed bytes; empty where they are not needed any more.
    """

    slot: int
    hash: str
    fees: Fees
    cancels: bool
    refused: bool
    raw: bytes = field(repr=False)


class Outbox:
    """The journal of one key on one chain; safe for threads.

    Args:
        path: its file, made if need be.

    Raises:
        JournalError: it cannot be written, is damaged, in use, or of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_file(path)
        self._turn = threading.RLock()
        self._count_pending()

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------------- writing

    def enter(self, slot: Slot, attempt: Attempt) -> Slot:
        """Write a signed attempt, and its slot if it is new; it may be sent when this returns.

        An open slot with the same nonce gives way.

        Returns:
            the slot with its id.

        Raises:
            JournalError: it could not be written: the attempt must not be sent.
        """
        with self._written():
            known = slot if slot.id else self._add(slot)
            self._connection.execute(
                "INSERT INTO attempt (slot, hash, max_fee, tip, cancels, raw, written) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (hash) DO UPDATE SET slot = excluded.slot, raw = excluded.raw, refused = 0",
                (known.id, attempt.hash, str(attempt.fees.max_fee), str(attempt.fees.tip), attempt.cancels,
                 attempt.raw, time.time()),
            )  # fmt: skip
            self._raise_marks(known)
        return known

    def refused(self, transaction: str) -> None:
        """Note that no node took an attempt."""
        with self._written():
            self._connection.execute("UPDATE attempt SET refused = 1 WHERE hash = ?", (transaction,))

    def settle(self, slot: Slot, state: SlotState, mined: str | None = None, *, ok: bool | None = None) -> None:
        """Note what became of a slot; other attempts' bytes and slots of long ago are let go."""
        with self._written():
            self._connection.execute(
                "UPDATE slot SET state = ?, mined = ?, ok = ?, settled = ? WHERE id = ?",
                (state, mined, ok, time.time(), slot.id),
            )
            if mined is not None:
                self._connection.execute("UPDATE attempt SET raw = NULL WHERE slot = ? AND hash <> ?", (slot.id, mined))
            self._prune()

    def reopen(self, slot: Slot) -> Slot:
        """A settled slot is on its way again: the chain forgot its block."""
        with self._written():
            self._connection.execute(
                "UPDATE slot SET state = 'open', mined = NULL, ok = NULL, settled = NULL WHERE id = ?", (slot.id,)
            )
        return replace(slot, state=SlotState.OPEN, mined=None, ok=None)

    def bound(self, slot: Slot, intent: Intent | None) -> Slot:
        """The slot with the deadline and the stake of an intent with the same key: what is known now counts."""
        if slot.intent == intent:
            return slot
        with self._written():
            self._connection.execute(
                "UPDATE slot SET deadline = ?, at_stake = ? WHERE id = ?", (*_bounds(intent), slot.id)
            )
        return replace(slot, intent=intent)

    def forget_all(self) -> None:
        """Empty the journal."""
        with self._written():
            for table in ("attempt", "slot", "mark", "fact"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above

    def note_genesis(self, genesis: str) -> None:
        """Note whose journal this is."""
        with self._written():
            self._note("genesis", genesis)

    # ------------------------------------------------------------------------------------------------------- reading

    @property
    def genesis(self) -> str | None:
        """Hash of the chain's first block; `None` in a new journal."""
        return self._fact("genesis")

    @property
    def highest_nonce(self) -> int:
        """The highest nonce that was ever signed; -1 if none was."""
        return int(self._fact("highest_nonce") or -1)

    def watermark(self, deed: str, federation: int) -> int:
        """The highest round for which this kind of deed was ever signed in a federation; -1 if none."""
        rows = self._rows("SELECT round FROM mark WHERE deed = ? AND federation = ?", (deed, federation))
        return int(rows[0][0]) if rows else -1

    def open_slots(self) -> list[Slot]:
        """All that is on its way, the lowest nonce first."""
        return self._slots("state = 'open' ORDER BY nonce", ())

    def settled_from(self, nonce: int) -> list[Slot]:
        """Settled slots that hold a nonce from this one on, the last of each nonce, the lowest first."""
        return self._slots(
            "id IN (SELECT max(id) FROM slot WHERE nonce >= ? AND state IN ('mined', 'cancelled') AND mined IS NOT NULL"
            " GROUP BY nonce) AND nonce NOT IN (SELECT nonce FROM slot WHERE state = 'open') ORDER BY nonce",
            (nonce,),
        )

    def home(self, key: str, mined: int) -> Slot | None:
        """The slot under whose nonce a deed may still land, if only by an offer that gave way to another content.

        Args:
            key: of the intent.
            mined: how many transactions of the key are mined.
        """
        found = self._slots(
            "key = ? AND (state = 'open' OR (nonce >= ? AND (state = 'replaced' OR mined IS NOT NULL)))"
            " ORDER BY state = 'open' DESC, id DESC LIMIT 1",
            (key, mined),
        )
        return found[0] if found else None

    def done(self, key: str) -> Slot | None:
        """The slot that last did a deed on chain."""
        found = self._slots("key = ? AND state = 'mined' AND ok ORDER BY id DESC LIMIT 1", (key,))
        return found[0] if found else None

    def slot(self, number: int) -> Slot:
        """A slot by its id.

        Raises:
            KeyError: there is none.
        """
        found = self._slots("id = ?", (number,))
        if not found:
            raise KeyError(number)
        return found[0]

    def offers(self, nonce: int) -> list[Offer]:
        """All attempts with a nonce, the oldest first, whichever slot they belong to."""
        rows = self._rows(
            "SELECT attempt.slot, hash, max_fee, tip, cancels, refused, raw FROM attempt"
            " JOIN slot ON slot.id = attempt.slot WHERE slot.nonce = ? ORDER BY attempt.id",
            (nonce,),
        )
        return [Offer(r[0], r[1], Fees(int(r[2]), int(r[3])), bool(r[4]), bool(r[5]), r[6] or b"") for r in rows]

    # ------------------------------------------------------------------------------------------------------- details

    def _add(self, slot: Slot) -> Slot:
        """Insert a slot in place of the one with the same nonce, which is open, or whose block the chain forgot."""
        intent, message = slot.intent, slot.message
        self._connection.execute(
            "UPDATE slot SET state = 'replaced', settled = ?"
            " WHERE nonce = ? AND state IN ('open', 'mined', 'cancelled')",
            (time.time(), slot.nonce),
        )
        deadline, stake = _bounds(intent)
        cursor = self._connection.execute(
            "INSERT INTO slot (nonce, key, label, target, data, value, gas, deadline, at_stake, opened, state, written)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
            (slot.nonce, slot.key, message.label, message.to, message.data, str(message.value), slot.gas,
             deadline, stake, slot.opened, time.time()),
        )  # fmt: skip
        if cursor.lastrowid is None:
            raise TypeError("an INSERT has a row")
        return replace(slot, id=cursor.lastrowid)

    def _raise_marks(self, slot: Slot) -> None:
        self._note("highest_nonce", str(max(self.highest_nonce, slot.nonce)))
        place = None if slot.key is None else round_of(slot.key)
        if place is not None:
            self._connection.execute(
                "INSERT INTO mark VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET round = max(round, excluded.round)", place
            )

    def _note(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def _fact(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM fact WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def _prune(self) -> None:
        self._connection.execute(
            "DELETE FROM slot WHERE state <> 'open' AND nonce NOT IN (SELECT nonce FROM slot WHERE state = 'open')"
            " AND id NOT IN (SELECT id FROM slot WHERE state <> 'open' ORDER BY id DESC LIMIT ?)",
            (KEPT,),
        )

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Do it all or nothing; on the disk when the block is left."""
        with self._turn:
            with committed(self._connection, self.path):
                yield
            self._count_pending()

    def _rows(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._turn, explained(self.path):
            return self._connection.execute(query, values).fetchall()

    def _slots(self, condition: str, values: Sequence[Any]) -> list[Slot]:
        columns = "id, nonce, key, label, target, data, value, gas, deadline, at_stake, opened, state, ok, mined"
        return [_slot(row) for row in self._rows(f"SELECT {columns} FROM slot WHERE {condition}", values)]  # noqa: S608

    def _count_pending(self) -> None:
        PENDING.set(self._rows("SELECT count(*) FROM slot WHERE state = 'open'", ())[0][0])


def _bounds(intent: Intent | None) -> tuple[int | None, str | None]:
    """Deadline and stake as the file has them."""
    if intent is None:
        return None, None
    return intent.deadline, None if intent.at_stake is None else str(intent.at_stake)


def _slot(row: tuple[Any, ...]) -> Slot:
    number, nonce, key, label, target, data, value, gas, deadline, at_stake, opened, state, ok, mined = row
    return Slot(
        nonce=nonce,
        message=Outgoing(label, target, bytes(data), int(value)),
        gas=gas,
        opened=opened,
        intent=None if key is None else Intent(key, deadline, None if at_stake is None else int(at_stake)),
        state=SlotState(state),
        ok=None if ok is None else bool(ok),
        mined=mined,
        id=number,
    )
