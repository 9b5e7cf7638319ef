"""Content that is not read again: what proved bad, and what killed its readers (P-20).

    bad/<hex digest>                    one line: why it was condemned
    reading/<hex digest>.<16 hex>       somebody is parsing it; locked as long as its reader lives
    lock                                held while names change hands

Peers choose contents, hence digests, but no name here: a digest is 32 bytes, written in hexadecimal. A note in
``reading`` that nobody locks any more was left by a reader that died, be it killed for its memory or ended by the
watchdog; the second such note condemns its digest. Whoever comes out of the same digest alive clears it of earlier
deaths, so that a worker which is merely killed often loses nothing.

Any number of processes and threads may share a folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parley import metrics
from parley.failpoints import Failpoint, failpoint
from parley.storage.cid import DIGEST_SIZE
from parley.storage.errors import ContentCondemned, InvalidCid
from parley.storage.files import explained, written_whole
from parley.storage.locks import exclusive, try_lock

DEATHS = 2
"""Readers that may die of a digest before nobody reads it again."""

MAX_CONDEMNED = 10_000
"""Digests kept; the ones condemned first are forgotten first, and would be found bad once more."""

MAX_NOTES = 1_000
"""Notes of dead readers kept; likewise."""

LOCK_TIMEOUT = 30.0

_FOLDERS = ("bad", "reading")
_NOTE = re.compile(r"([0-9a-f]{64})\.[0-9a-f]{16}")
_MAX_WHY = 500


class Quarantine:
    """The digests that one worker, or several on one machine, do not read again.

    Args:
        folder: where they are kept; made if need be.

    Raises:
        StoreUnavailable, StoreFull: the folder cannot be made or written. All methods raise them likewise, and
            `StoreTimeout` if another process does not let go of the folder's lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        with explained(self._folder):
            for name in _FOLDERS:
                (self._folder / name).mkdir(parents=True, exist_ok=True)
        self._judge_notes()

    def is_bad(self, digest: bytes) -> bool:
        """Return whether nobody should read what has this digest, 32 bytes.

        Raises:
            InvalidCid: the digest has another length.
        """
        return self.why(digest) is not None

    def why(self, digest: bytes) -> str | None:
        """Return why a digest was condemned, in one line; None if it was not.

        Raises:
            InvalidCid: the digest has not 32 bytes.
        """
        path = self._path(digest)
        if self._notes(digest):
            self._judge_notes()
        with explained(path):
            try:
                return path.read_text("utf-8", "replace")[:_MAX_WHY]
            except FileNotFoundError:
                return None

    def condemn(self, digest: bytes, why: str) -> None:
        """Never read this digest again.

        Args:
            digest: 32 bytes.
            why: for people; its first 500 printable characters are kept.
        """
        path = self._path(digest)
        with self._locked():
            self._write(path, why)

    def check(self, digest: bytes) -> None:
        """Do nothing unless the digest is bad.

        Raises:
            ContentCondemned: it is.
        """
        why = self.why(digest)
        if why is not None:
            raise ContentCondemned(
                f"content with digest 0x{digest.hex()[:16]}... is in quarantine: {why}",
                hint=f"It is not read again. If it is known to be good, remove {self._path(digest)}.",
            )

    @contextmanager
    def reading(self, digest: bytes) -> Iterator[None]:
        """Say on disk that this digest is being parsed, for as long as the block runs.

        However the block ends, the note goes; only with the process that runs it does the note stay. A block that ends
        without killing its process clears the digest of earlier deaths. `Failpoint.IN_PARSING` is passed inside.

        Raises:
            ContentCondemned: the digest is bad; the block does not run.
        """
        self.check(digest)
        note, descriptor = self._open_note(digest)
        try:
            failpoint(Failpoint.IN_PARSING)
            yield
        finally:
            note.unlink(missing_ok=True)
            os.close(descriptor)
            self._clear(digest)

    def _path(self, digest: bytes) -> Path:
        """Return the file that says that a digest is bad: 64 hexadecimal digits, whatever a peer sent."""
        return self._folder / "bad" / _name(digest)

    def _open_note(self, digest: bytes) -> tuple[Path, int]:
        """Write a reader's note and lock it in this process's name."""
        note = self._folder / "reading" / f"{_name(digest)}.{os.urandom(8).hex()}"
        with self._locked():
            descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try_lock(descriptor)
        return note, descriptor

    def _notes(self, digest: bytes | None = None) -> list[Path]:
        """Return the notes of readers, dead or alive, of one digest or of all."""
        prefix = "" if digest is None else _name(digest)
        with explained(self._folder), os.scandir(self._folder / "reading") as found:
            return [
                Path(entry.path) for entry in found if entry.name.startswith(prefix) and _NOTE.fullmatch(entry.name)
            ]

    def _clear(self, digest: bytes) -> None:
        """Forget who died of a digest."""
        if not self._notes(digest):
            return
        with self._locked():
            for note in self._notes(digest):
                if _is_abandoned(note):
                    note.unlink(missing_ok=True)

    def _judge_notes(self) -> None:
        """Condemn what killed `DEATHS` readers."""
        with self._locked():
            left: dict[str, list[Path]] = {}
            for note in self._notes():
                if _is_abandoned(note):
                    left.setdefault(note.name[: 2 * DIGEST_SIZE], []).append(note)
            for name, notes in left.items():
                if len(notes) >= DEATHS:
                    self._write(self._folder / "bad" / name, f"{len(notes)} processes died while they read it")
                    for note in notes:
                        note.unlink(missing_ok=True)
            _drop_oldest([note for notes in left.values() for note in notes if note.exists()], MAX_NOTES)
            self._count()

    def _write(self, path: Path, why: str) -> None:
        """Write a verdict, and forget the oldest beyond `MAX_CONDEMNED`; the lock is held."""
        line = "".join(c if c.isprintable() else " " for c in why[:_MAX_WHY])
        with written_whole(path) as write:
            write(line.encode("utf-8", "replace"))
        _drop_oldest(self._condemned(), MAX_CONDEMNED)
        self._count()

    def _condemned(self) -> list[Path]:
        """Return the files of all verdicts."""
        return [path for path in (self._folder / "bad").iterdir() if len(path.name) == 2 * DIGEST_SIZE]

    def _count(self) -> None:
        """Tell the metrics how many digests are bad."""
        metrics.QUARANTINED.set(len(self._condemned()))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock."""
        with explained(self._folder), exclusive(self._folder / "lock", LOCK_TIMEOUT):
            yield


def _name(digest: bytes) -> str:
    """Return a digest as a file name.

    Raises:
        InvalidCid: it has not 32 bytes.
    """
    if len(digest) != DIGEST_SIZE:
        raise InvalidCid(f"a digest has {DIGEST_SIZE} bytes, not {len(digest)}")
    return digest.hex()


def _is_abandoned(note: Path) -> bool:
    """Return whether the reader who wrote a note died before it could remove it."""
    try:
        descriptor = os.open(note, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return try_lock(descriptor)
    finally:
        os.close(descriptor)


def _drop_oldest(paths: list[Path], keep: int) -> None:
    """Remove the oldest files beyond `keep`."""
    if len(paths) <= keep:
        return
    for path in sorted(paths, key=_age)[: len(paths) - keep]:
        with suppress(FileNotFoundError):
            path.unlink()


def _age(path: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 if it is gone."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
