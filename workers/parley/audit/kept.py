"""What an audit keeps of blocks between its runs.

Of each block with events it holds the header, which proves itself, as it hashes to the block's hash, and a digest of
the logs that were found in its receipts, which is compared with what the node tells. Damage is noticed, told and
replaced; but a digest has no key: whoever may write the file can forge it, so that it must be the auditor's alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from parley.chain.proven import Header, read_header
from parley.errors import ContentError

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS headers (hash BLOB PRIMARY KEY, encoded BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logs (
    hash BLOB, about BLOB, digest BLOB NOT NULL, PRIMARY KEY (hash, about)
) WITHOUT ROWID;
"""


class KeptBlocks:
    """The file.

    Args:
        path: of the file; its folder is made if need be.
        tell: hears of what is damaged in it, which is then dropped.

    Raises:
        ContentError: it can be neither read nor made anew.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._guarded(self._opened)

    def header(self, block_hash: bytes) -> Header | None:
        """The header of a block, if it is kept and hashes to that."""
        row = self._guarded(lambda: self._one("SELECT encoded FROM headers WHERE hash = ?", block_hash))
        if row is None:
            return None
        with suppress(ValueError):
            header = read_header(row)
            if header.hash == block_hash:
                return header
        self._tell(f"the header kept of block 0x{block_hash.hex()} does not hash to that")
        return None

    def digest(self, block_hash: bytes, about: bytes) -> bytes | None:
        """The digest of the logs about something that a block was found to hold, if it is kept."""
        query = "SELECT digest FROM logs WHERE hash = ? AND about = ?"
        return self._guarded(lambda: self._one(query, block_hash, about))

    def keep(self, headers: Iterable[Header], digests: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Keep headers, and digests of logs as (block's hash, what they are about, digest)."""
        held = [(header.hash, header.encoded) for header in headers]
        found = list(digests)

        def write() -> None:
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO headers VALUES (?, ?)", held)
                self._file.executemany("INSERT OR REPLACE INTO logs VALUES (?, ?, ?)", found)

        self._guarded(write)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _one(self, query: str, *values: bytes) -> bytes | None:
        with closing(self._file.execute(query, values)) as cursor:
            row = cursor.fetchone()
        if row is None:
            return None
        if not isinstance(row[0], bytes):
            raise sqlite3.DatabaseError("a value of another type")
        return row[0]

    def _opened(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._path)
        file.executescript(_SCHEMA)
        return file

    def _guarded(self, work: Callable[[], T]) -> T:
        """Do something with the file; start it afresh if it is damaged."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            self._tell(f"{self._path} is damaged: {error}")
        try:
            self._path.unlink(missing_ok=True)
            self._file = self._opened()
            return work()
        except (sqlite3.Error, OSError) as error:
            raise ContentError(f"{self._path} cannot be used: {error}", hint="check the disk, and --home") from error
