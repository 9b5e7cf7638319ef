"""The embedded content store: a folder, shared by all workers of one machine.

    objects/<two characters>/<CID>    the bytes of an object, whole
    pins/<CID>/<owner>                an empty file for each owner who keeps it
    incoming/                         what is being written; a name there is locked by its writer
    quarantine/<CID>                  what did not hash to its name when it was read (P-20)
    lock                              held while names change hands

No name in it comes from a peer: a `Cid` is 32 bytes of digest and one of two codecs, and only its own text form is
used. Objects appear by one rename after `fsync`, so a crash or a full disk leaves nothing that a reader could see.
"""

import errno
import io
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from parley.errors import ConfigError
from parley.files import sync_folder
from parley.storage.cid import CHUNK_SIZE, Cid
from parley.storage.errors import ContentMismatch, ContentMissing, ContentTooShort
from parley.storage.files import explained, write_all, written_whole
from parley.storage.locks import exclusive, try_lock
from parley.storage.receive import Deadline, Receiver, too_large
from parley.storage.store import DEFAULT_DEADLINE
from parley.storage.unixfs import CidHasher, pieces_of

DEFAULT_OWNER = "parley"
LOCK_TIMEOUT = 30.0

_FOLDERS = ("objects", "pins", "incoming", "quarantine")


class Blockstore:
    """A `ContentStore` in a folder; any number of processes may use the same one.

    Args:
        root: the folder; made if need be.
        owner: in whose name this instance pins, 1 to 64 of ``a-z 0-9 . _ -``. An object goes when its last owner
            unpins it, so workers that share a folder give names of their own.

    Raises:
        ConfigError: an unfit owner.
        StoreUnavailable, StoreFull: the folder cannot be made or written.
    """

    def __init__(self, root: Path, *, owner: str = DEFAULT_OWNER) -> None:
        if re.fullmatch(r"[a-z0-9_-][a-z0-9._-]{0,63}", owner) is None:
            raise ConfigError(
                f"{owner!r:.80} cannot name an owner of pins", hint="Use 1 to 64 of a-z, 0-9, '.', '_', '-'."
            )
        self._root = root.absolute()
        self._owner = owner
        with explained(self._root):
            for folder in _FOLDERS:
                (self._root / folder).mkdir(parents=True, exist_ok=True)
        self._sweep()

    @property
    def location(self) -> str:
        """The folder's absolute path."""
        return str(self._root)

    def put(self, data: bytes | Iterable[bytes]) -> Cid:
        """Store and pin an object; see `ContentStore.put`.

        An object of that name is replaced, which repairs it if it was damaged.
        """
        hasher = CidHasher()
        with self._incoming() as (scratch, descriptor):
            for piece in pieces_of(data):
                hasher.update(piece)
                write_all(descriptor, piece, self._root)
            cid = hasher.cid()
            with explained(self._root):
                os.fsync(descriptor)
                self._publish(scratch, cid)
        return cid

    def get(self, cid: Cid, size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object of exactly `size` bytes; see `ContentStore.get`."""
        spool = io.BytesIO()
        self._read(cid, size, Deadline.after(deadline, self.location), exact=True, write=spool.write)
        return spool.getvalue()

    def get_to(self, cid: Cid, size: int, path: Path, deadline: float = DEFAULT_DEADLINE) -> None:
        """Write an object of exactly `size` bytes to a file; see `ContentStore.get_to`."""
        with written_whole(path) as write:
            self._read(cid, size, Deadline.after(deadline, self.location), exact=True, write=write)

    def get_document(self, cid: Cid, max_size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object of at most `max_size` bytes; see `ContentStore.get_document`."""
        spool = io.BytesIO()
        self._read(cid, max_size, Deadline.after(deadline, self.location), exact=False, write=spool.write)
        return spool.getvalue()

    def has(self, cid: Cid) -> bool:
        """Return whether the object is there; it is not read."""
        with explained(self._root):
            return self._holds(cid)

    def pin(self, cid: Cid) -> None:
        """Keep an object in this owner's name; see `ContentStore.pin`."""
        with self._locked():
            if not self._holds(cid):
                raise self._missing(cid)
            self._mark(cid)

    def unpin(self, cid: Cid) -> None:
        """Take back this owner's pin; the object goes with the last one."""
        marks = self._root / "pins" / str(cid)
        with self._locked():
            (marks / self._owner).unlink(missing_ok=True)
            if marks.is_dir() and not any(marks.iterdir()):
                self._path(cid).unlink(missing_ok=True)
                marks.rmdir()

    def ping(self, deadline: float = DEFAULT_DEADLINE) -> None:
        """Look whether the folder is there and can be written; see `ContentStore.ping`."""
        Deadline.after(deadline, self.location).check()
        with explained(self._root):
            (self._root / "lock").touch()

    def close(self) -> None:
        """Do nothing: no file is open between calls."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the store."""
        self.close()

    def _path(self, cid: Cid) -> Path:
        """Return where an object is kept; the last two characters spread the objects over 1024 folders."""
        return self._root / "objects" / str(cid)[-2:] / str(cid)

    def _holds(self, cid: Cid) -> bool:
        """Return whether there is a plain file under the object's name."""
        try:
            return stat.S_ISREG(self._path(cid).lstat().st_mode)
        except FileNotFoundError:
            return False

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the store's lock while names change hands."""
        with explained(self._root), exclusive(self._root / "lock", LOCK_TIMEOUT):
            yield

    @contextmanager
    def _incoming(self) -> Iterator[tuple[Path, int]]:
        """Open a new file in ``incoming``, locked as long as this process lives and works on it."""
        with self._locked():
            scratch = self._root / "incoming" / os.urandom(16).hex()
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try_lock(descriptor)
        try:
            yield scratch, descriptor
        finally:
            os.close(descriptor)
            scratch.unlink(missing_ok=True)

    def _publish(self, scratch: Path, cid: Cid) -> None:
        """Give a finished file its name; the pin comes first, so that no object is ever without one."""
        target = self._path(cid)
        with self._locked():
            target.parent.mkdir(exist_ok=True)
            self._mark(cid)
            scratch.replace(target)
            sync_folder(target.parent)

    def _mark(self, cid: Cid) -> None:
        """Write this owner's pin."""
        marks = self._root / "pins" / str(cid)
        marks.mkdir(exist_ok=True)
        (marks / self._owner).touch()

    def _sweep(self) -> None:
        """Remove what writers left behind that were killed: their files are no longer locked."""
        with self._locked():
            for scratch in (self._root / "incoming").iterdir():
                # Its writer may remove it at any time.
                with suppress(FileNotFoundError), scratch.open("rb") as file:
                    if try_lock(file.fileno()):
                        scratch.unlink()

    def _read(self, cid: Cid, limit: int, deadline: Deadline, *, exact: bool, write: Callable[[bytes], object]) -> None:
        """Pass an object through a `Receiver`; one that does not hash to its name goes to quarantine."""
        receiver = Receiver(cid, limit, exact=exact, write=write)
        with self._opened(cid) as descriptor:
            if os.fstat(descriptor).st_size > limit:
                raise too_large(cid, limit, exact=exact)
            try:
                while piece := self._read_piece(descriptor, receiver.wanted):
                    deadline.check()
                    receiver.feed(piece)
                receiver.finish()
            except (ContentMismatch, ContentTooShort) as error:
                if receiver.matches:
                    raise
                raise self._quarantine(cid, descriptor) from error

    def _read_piece(self, descriptor: int, wanted: int) -> bytes:
        """Read the next piece, at most `wanted` bytes."""
        with explained(self._root):
            return os.read(descriptor, min(CHUNK_SIZE, wanted))

    @contextmanager
    def _opened(self, cid: Cid) -> Iterator[int]:
        """Open an object's file, if it is a plain file; links and pipes that somebody put there are no objects."""
        with explained(self._root):
            try:
                descriptor = os.open(self._path(cid), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ELOOP):
                    raise self._missing(cid) from error
                raise
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise self._missing(cid)
            yield descriptor
        finally:
            os.close(descriptor)

    def _quarantine(self, cid: Cid, descriptor: int) -> ContentMismatch:
        """Move a damaged object aside, unless it has been replaced since; return the error that says so."""
        aside = self._root / "quarantine" / str(cid)
        with self._locked():
            path = self._path(cid)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
                path.replace(aside)
        return ContentMismatch(
            f"the copy of {cid} in {self._root} is damaged; it was moved to {aside}",
            hint="Check the disk; the object comes back when it is put or fetched again.",
        )

    def _missing(self, cid: Cid) -> ContentMissing:
        """Return the error for an object that is not there."""
        return ContentMissing(
            f"{cid} is not in {self._root}", hint="Its publisher has not stored it here, or has let it go."
        )
