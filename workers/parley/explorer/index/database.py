"""The SQLite file of the index: one writer, many readers, thrown away when it is damaged or another chain's."""

from __future__ import annotations

import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import structlog

from parley.errors import Conflict, ContentError
from parley.explorer.index import schema

log = structlog.get_logger(__name__)

BUSY_SECONDS = 10.0
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Damaged(ContentError):
    """The index's file is damaged; it is thrown away and built anew."""


class Database:
    """The file, opened for one chain; holds a lock on it until closed.

    Args:
        path: of the file; its folder is made if need be.
        identity: what tells this chain's index from others: a file that says otherwise is thrown away.
        rebuild: throw it away in any case.

    Raises:
        Conflict: another process writes to it.
        ContentError: it cannot be made.
    """

    def __init__(self, path: Path, identity: Mapping[str, str], *, rebuild: bool = False) -> None:
        self.path = path
        self._identity = {"schema": str(schema.VERSION), **identity}
        self._writing = threading.RLock()
        self._idle: queue.LifoQueue[tuple[int, sqlite3.Connection]] = queue.LifoQueue()
        self._epoch = 0
        self.damaged = False
        """Somebody found the file damaged; whoever writes throws it away."""
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path.with_suffix(".lock"))
            try:
                self._writer = self._opened(anew=rebuild)
            except BaseException:
                os.close(self._lock)
                raise

    def belongs_to(self, identity: Mapping[str, str]) -> bool:
        """Whether this is the index of that chain and deployment."""
        return self._identity == {"schema": str(schema.VERSION), **identity}

    def throw_away(self, identity: Mapping[str, str] | None = None) -> None:
        """Begin anew, with an empty file, and for another chain if one is named."""
        with self._writing, self._explained():
            if identity is not None:
                self._identity = {"schema": str(schema.VERSION), **identity}
            self._writer.close()
            self._writer = self._opened(anew=True)
            self._epoch += 1  # only now does whoever connects find the new file
            self.damaged = False

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it happens, or, if the block raises, nothing.

        Raises:
            Damaged: the file is.
        """
        with self._writing, self._explained():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A view of the index that does not change within the block; any number of threads at once.

        Raises:
            Damaged: the file is.
        """
        with self._explained():
            epoch, connection = self._reader()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                self._idle.put((epoch, connection))

    def close(self) -> None:
        """Let go of the file."""
        with self._writing:
            self._epoch += 1
            self._drain()
            self._writer.close()
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of SQLite and the disk into errors of Parley's own."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.damaged |= getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT
            kind, hint = (Damaged, "it is built anew") if self.damaged else (ContentError, "is the disk full?")
            raise kind(f"the index {self.path} cannot be used: {error}", hint=hint) from error
        except OSError as error:
            raise ContentError(
                f"the index {self.path} cannot be used: {error.strerror or error}",
                hint="check its folder, or use --home",
            ) from error

    def _reader(self) -> tuple[int, sqlite3.Connection]:
        """A connection that nobody else uses now."""
        while True:
            try:
                epoch, connection = self._idle.get_nowait()
            except queue.Empty:
                epoch = self._epoch  # before it connects: a file that is thrown away meanwhile is not taken for the new
                connection = _connect(f"{self.path.absolute().as_uri()}?mode=ro")
                connection.execute("PRAGMA query_only = ON")
                return epoch, connection
            if epoch == self._epoch:
                return epoch, connection
            connection.close()

    def _drain(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._idle.get_nowait()[1].close()

    def _opened(self, *, anew: bool) -> sqlite3.Connection:
        """The writer's connection to a file that is whole, and ours."""
        if not anew and self.path.exists():
            reason = self._unfit()
            if reason is None:
                return self._connected()
            log.warning("the index is built anew", reason=reason)
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        connection = self._connected()
        connection.executescript(
            "BEGIN;" + schema.META + ";" + schema.CHAIN + schema.LEDGER + schema.ROUNDS + schema.CONTENT + "COMMIT;"
        )
        # last, so that a file that was not finished is not taken for one that was
        connection.executemany("INSERT INTO meta VALUES (?, ?)", self._identity.items())
        return connection

    def _connected(self) -> sqlite3.Connection:
        connection = _connect(self.path.absolute().as_uri())
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut may take is read again
        return connection

    def _unfit(self) -> str | None:
        """Why the file cannot be used, `None` if it can."""
        try:
            with closing(_connect(self.path.absolute().as_uri())) as connection:
                found = dict(connection.execute("SELECT key, value FROM meta").fetchall())
                if found != self._identity:
                    return "it is another chain's, or another version's"
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return "it is not finished"
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            return f"it is damaged: {error}"
        return None if verdict == "ok" else f"it is damaged: {verdict}"


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.create_function("plus", 2, _plus, deterministic=True)
    return connection


def _plus(left: str, right: str) -> str:
    """The sum of two integers of any size, as decimal text."""
    return str(int(left) + int(right))


def _locked(path: Path) -> int:
    """The descriptor of a lock file that this process holds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Conflict(
            f"another process uses the index {path.with_suffix('.sqlite')}",
            hint="look at that one's page, or choose another --home",
        ) from error
    return descriptor
