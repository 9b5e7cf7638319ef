"""The file of an outbox: SQLite, durable at every commit, of one process, and never taken for what it is not.

WAL and `synchronous=FULL`: a commit that returned survives a power cut. `locking_mode=EXCLUSIVE`: no second process
reads or writes it. The schema's version is in `user_version`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from parley.chain.errors import JournalError

VERSION = 1
MAX_WAL_BYTES = 1 << 20

_SCHEMA = (
    """CREATE TABLE slot (
        id INTEGER PRIMARY KEY, nonce INTEGER NOT NULL, key TEXT, label TEXT NOT NULL, target TEXT,
        data BLOB NOT NULL, value TEXT NOT NULL, gas INTEGER NOT NULL, deadline INTEGER, at_stake TEXT,
        opened INTEGER NOT NULL, state TEXT NOT NULL, ok INTEGER, mined TEXT, written REAL NOT NULL, settled REAL)""",
    "CREATE UNIQUE INDEX one_open_slot_a_nonce ON slot (nonce) WHERE state = 'open'",
    "CREATE INDEX slot_by_nonce ON slot (nonce)",
    "CREATE INDEX slot_by_key ON slot (key)",
    """CREATE TABLE attempt (
        id INTEGER PRIMARY KEY, slot INTEGER NOT NULL REFERENCES slot (id) ON DELETE CASCADE, hash TEXT NOT NULL UNIQUE,
        max_fee TEXT NOT NULL, tip TEXT NOT NULL, cancels INTEGER NOT NULL, refused INTEGER NOT NULL DEFAULT 0,
        raw BLOB, written REAL NOT NULL)""",
    "CREATE INDEX attempt_by_slot ON attempt (slot)",
    "CREATE TABLE mark (deed TEXT NOT NULL, federation INTEGER NOT NULL, round INTEGER NOT NULL,"
    " PRIMARY KEY (deed, federation))",
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    f"PRAGMA user_version = {VERSION}",
)

_DAMAGED_HINT = (
    "move the file away and start again: what this key has pending is then waited for before anything new is signed;"
    " do not restore an older copy"
)


def open_file(path: Path) -> sqlite3.Connection:
    """Open a journal, or make it.

    Raises:
        JournalError: it cannot be written, is damaged, in use, or of a newer version of Parley.
    """
    with ExitStack() as opened, explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        opened.callback(connection.close)
        _prepare(connection, path)
        opened.pop_all()
    return connection


@contextmanager
def committed(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Do it all or nothing; on the disk when the block is left.

    Raises:
        JournalError: it could not be written; nothing was.
    """
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ones that say what to do.

    Raises:
        JournalError: as its message says.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _explained(path, error) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Lock it, check it, and make the tables of a new one."""
    for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")
    with committed(connection, path):
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if found > VERSION:
            raise JournalError(
                f"the journal {path} is of a newer Parley: version {found}, and this one knows {VERSION}",
                hint="use the newer Parley again, or wait until nothing of this key is pending and move the file away",
            )
        if found == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise JournalError(f"the journal {path} is damaged: {verdict}"[:300], hint=_DAMAGED_HINT)


def _explained(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    """What is wrong with a journal, and what to do."""
    text = str(error)
    if isinstance(error, sqlite3.OperationalError) and "locked" in text:
        return JournalError(f"another process uses the journal {path}", hint="one process a key: stop the other first")
    if isinstance(error, OSError | sqlite3.OperationalError):
        return JournalError(
            f"cannot write the journal {path}: {text}",
            hint="nothing was sent; is the disk full, or the folder read-only?",
        )
    return JournalError(f"the journal {path} is damaged: {text}", hint=_DAMAGED_HINT)
