"""Files that appear whole or not at all."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.storage.cid import CHUNK_SIZE
from parley.storage.errors import StorageError, StoreFull, StoreUnavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def file_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in pieces of 1 MiB, for `ContentStore.put` and `cid_of`.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        while piece := file.read(CHUNK_SIZE):
            yield piece


@contextmanager
def written_whole(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Give a `write` function for a new file that takes the name `path` when the block ends well, else vanishes.

    The bytes are on the disk (`fsync`) before the name is; a file of that name is replaced in one step.

    Raises:
        StoreFull: the disk is full, or a quota or size limit is reached.
        StoreUnavailable: the file cannot be written.
    """
    scratch = path.with_name(f".{path.name[:64]}.{secrets.token_hex(8)}.part")
    with explained(path):
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        yield lambda piece: write_all(descriptor, piece, path)
        with explained(path):
            os.fsync(descriptor)
            scratch.replace(path)
            sync_folder(path.parent)
    finally:
        os.close(descriptor)
        scratch.unlink(missing_ok=True)


def write_all(descriptor: int, piece: bytes, path: Path) -> None:
    """Write all of `piece` to an open file; `path` is what an error names."""
    with explained(path):
        view = memoryview(piece)
        while view:
            view = view[os.write(descriptor, view) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into a `StorageError` that says what to do.

    Raises:
        StoreFull: it was for want of space.
        StoreUnavailable: any other.
    """
    try:
        yield
    except OSError as error:
        raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> StorageError:
    """Return what an `OSError` about `path` means for a content store."""
    if error.errno in _FULL:
        return StoreFull(
            f"no space left for {path}: {error.strerror}", hint="Free some space, or raise the limit, and repeat."
        )
    return StoreUnavailable(
        f"cannot use {path}: {error.strerror or error}",
        hint="Check that the path is right and that you may write there.",
    )
