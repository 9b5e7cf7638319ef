"""Files that appear whole or not at all.

A leaf module: chain, storage and tasks all keep state that must survive a power cut, and none may import another.
"""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self


class NewFile:
    """A file that takes its name only once all of it is on the disk; else nothing of it stays.

    with NewFile(path) as file:
        file.write(piece)
        file.publish()

    Args:
        path: its name; the folder must be there.
        mode: permissions.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, *, mode: int = 0o644) -> None:
        self._path = path
        self._scratch = path.with_name(f".{path.name[:64]}.{secrets.token_hex(8)}.part")
        self._descriptor = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)

    def write(self, piece: bytes) -> None:
        """Append all of `piece`.

        Raises:
            OSError: the disk is full or failed.
        """
        write_all(self._descriptor, piece)

    def publish(self, *, replace: bool = True) -> None:
        """Bring the bytes to the disk (`fsync`), then give them the name.

        Args:
            replace: take the place of an existing file; else refuse.

        Raises:
            FileExistsError: the file exists and is not to be replaced.
            OSError: the disk is full or failed.
        """
        os.fsync(self._descriptor)
        if replace:
            self._scratch.replace(self._path)
        else:
            os.link(self._scratch, self._path)
        sync_folder(self._path.parent)

    def close(self) -> None:
        """Let go; what was not published vanishes."""
        os.close(self._descriptor)
        self._scratch.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_whole(path: Path, content: bytes, *, mode: int = 0o644, replace: bool = True) -> None:
    """Write a file under its name only once all of it is on the disk; make its folder if need be.

    Args:
        path: the file.
        content: all of it.
        mode: permissions of the new file.
        replace: take the place of an existing file; else refuse.

    Raises:
        FileExistsError: the file exists and is not to be replaced.
        OSError: it cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NewFile(path, mode=mode) as file:
        file.write(content)
        file.publish(replace=replace)


def write_all(descriptor: int, piece: bytes) -> None:
    """Write all of `piece` to an open file, however many calls it takes."""
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


def read_at_most(path: Path, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises:
        OSError: it cannot be read, or is longer (`EFBIG`).
    """
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"longer than {limit} bytes")
    return content
