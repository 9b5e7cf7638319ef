"""Files that appear whole or not at all."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from parley import files
from parley.files import NewFile
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
    with explained(path):
        file = NewFile(path)
    with file:

        def write(piece: bytes) -> None:
            with explained(path):
                file.write(piece)

        yield write
        with explained(path):
            file.publish()


def write_all(descriptor: int, piece: bytes, path: Path) -> None:
    """Write all of `piece` to an open file; `path` is what an error names."""
    with explained(path):
        files.write_all(descriptor, piece)


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
