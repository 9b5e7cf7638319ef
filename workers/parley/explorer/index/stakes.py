"""Stake accounts, operators and their worker keys: what follows from the events of vault and registry, one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from parley.chain.errors import IncompleteLogs
from parley.numerics.faults import NOBODY
from parley.storage import Cid, Codec

Args = Mapping[str, Any]


def require_whole(booked: sqlite3.Cursor, whose: str) -> None:
    """Refuse amounts below zero, which no contract lets be.

    Raises:
        IncompleteLogs: there is one.
    """
    for row in booked.fetchall():
        if any(str(amount).startswith("-") for amount in row):
            raise IncompleteLogs(
                f"by the node's logs {whose} is below zero: some are missing", hint="use another RPC endpoint"
            )


def deposited(connection: sqlite3.Connection, args: Args) -> None:
    """Tokens came in."""
    _book(connection, args, free=args["amount"])


def withdrawn(connection: sqlite3.Connection, args: Args) -> None:
    """Free tokens went out."""
    _book(connection, args, free=-args["amount"])


def locked(connection: sqlite3.Connection, args: Args) -> None:
    """Free tokens became locked."""
    _book(connection, args, free=-args["amount"], locked=args["amount"])


def unlocked(connection: sqlite3.Connection, args: Args) -> None:
    """Locked tokens became free."""
    _book(connection, args, free=args["amount"], locked=-args["amount"])


def slashed(connection: sqlite3.Connection, args: Args) -> None:
    """As `StakeVault.slash`: the floor of a half is the prover's."""
    _book(connection, args, locked=-args["amount"])
    if args["prover"] != NOBODY:
        _book(connection, {"token": args["token"], "operator": args["prover"]}, free=args["amount"] // 2)


def _book(connection: sqlite3.Connection, args: Args, *, free: int = 0, locked: int = 0) -> None:
    key = (args["token"], args["operator"])
    connection.execute("INSERT OR IGNORE INTO accounts (token, operator) VALUES (?, ?)", key)
    booked = connection.execute(
        "UPDATE accounts SET free = plus(free, ?), locked = plus(locked, ?) WHERE token = ? AND operator = ? "
        "RETURNING free, locked",
        (str(free), str(locked), *key),
    )
    require_whole(booked, f"the stake account of {args['operator']}")


def described(connection: sqlite3.Connection, args: Args) -> None:
    """An operator registered, or changed what describes it."""
    digest = args["metadataDigest"]
    metadata = str(Cid(Codec.RAW, digest)) if any(digest) else None
    connection.execute("INSERT OR REPLACE INTO operators VALUES (?, ?)", (args["operator"], metadata))


def named_worker(connection: sqlite3.Connection, args: Args) -> None:
    """A key acts for an operator."""
    connection.execute("INSERT OR REPLACE INTO workers VALUES (?, ?)", (args["worker"], args["operator"]))


def removed_worker(connection: sqlite3.Connection, args: Args) -> None:
    """It does no more."""
    connection.execute("DELETE FROM workers WHERE worker = ?", (args["worker"],))
