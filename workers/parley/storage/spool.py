"""Content that several stores read at once, each from the start and at its own pace."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from parley.storage.files import explained, file_pieces, write_all
from parley.storage.unixfs import CidHasher, pieces_of


class Spool:
    """An object on its way to several stores: bytes as they are, pieces in a temporary file.

    Args:
        data: as for `ContentStore.put`; an iterable is read once, here.

    Raises:
        StoreFull: the temporary folder has no space.
        StoreUnavailable: it cannot be written.
    """

    def __init__(self, data: bytes | Iterable[bytes]) -> None:
        hasher = CidHasher()
        self._source: bytes | Path
        self._holders = 1
        self._lock = threading.Lock()
        if isinstance(data, bytes):
            hasher.update(data)
            self._source = data
        else:
            self._source = _written(data, hasher)
        self.cid = hasher.cid()
        self.size = hasher.size

    def open(self) -> bytes | Iterator[bytes]:
        """The content from its start, for one reader."""
        return self._source if isinstance(self._source, bytes) else file_pieces(self._source)

    def share(self) -> None:
        """Count one more holder, who will `release`."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """One holder less; the temporary file goes with the last."""
        with self._lock:
            self._holders -= 1
            last = self._holders == 0
        if last and isinstance(self._source, Path):
            self._source.unlink(missing_ok=True)


def _written(data: Iterable[bytes], hasher: CidHasher) -> Path:
    """Write the pieces to a temporary file and hash them; no file remains if that fails."""
    with explained(Path(tempfile.gettempdir())):
        descriptor, name = tempfile.mkstemp(prefix="parley-", suffix=".part")
    path = Path(name)
    try:
        for piece in pieces_of(data):
            hasher.update(piece)
            write_all(descriptor, piece, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return path
