"""An export's folder: it appears whole or not at all, and takes the place of an earlier export only."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from parley import strict_json
from parley.errors import Conflict
from parley.explorer.export.layout import FORMAT
from parley.files import read_at_most, sync_folder, write_all

SUMS = "SHA256SUMS"
"""Digests of all other files, as `sha256sum --check` reads them; what it does not name is not of the export."""

MAX_BYTES = 1 << 20
"""Of a file that is read back."""

HINT = "choose another folder with --out"


def publish(target: Path, chain_id: int, files: Mapping[str, bytes]) -> None:
    """Write an export, in place of an earlier one of the same chain.

    Args:
        target: its folder.
        chain_id: of the chain.
        files: content by path, `index.json` among them.

    Raises:
        Conflict: the folder is there and is something else, or holds something else as well; it is left as it was.
        OSError: the disk is full, or the folder cannot be written; what was there is still there.
    """
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent):
        _leave_others_alone(target, chain_id)
        _sweep(target)
        scratch = _beside(target, "part")
        try:
            _write(scratch, {**files, SUMS: _sums(files)})
            _swap(scratch, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _leave_others_alone(target: Path, chain_id: int) -> None:
    """Refuse to replace what is not an export of this chain, or holds more than that."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    index = _index(target)
    if index is None:
        raise Conflict(f"{target} is no export of `parley explorer export`: it is left alone", hint=HINT)
    if index.get("chain_id") != chain_id:
        raise Conflict(f"{target} holds the export of chain {index.get('chain_id')!r:.20}", hint=HINT)
    strangers = sorted(_files_in(target) - _named(target) - {SUMS})
    if strangers:
        raise Conflict(f"{target} holds {strangers[0]}, which no export wrote", hint=f"move it away, or {HINT}")


def _index(target: Path) -> dict[str, Any] | None:
    """The index of an export, `None` if there is none."""
    try:
        index = strict_json.parse(read_at_most(target / "index.json", MAX_BYTES), MAX_BYTES)
    except (OSError, ValueError):
        return None
    return index if isinstance(index, dict) and index.get("format") == FORMAT else None


def _named(target: Path) -> set[str]:
    """The files that an export says are its own."""
    try:
        lines = read_at_most(target / SUMS, MAX_BYTES).decode().splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    return {line.partition("  ")[2] for line in lines}


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def _sums(files: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())]
    return "".join(lines).encode()


def _write(scratch: Path, files: Mapping[str, bytes]) -> None:
    """Bring all files, and the folders that hold them, to the disk; whatever the umask, a web server may read them."""
    scratch.mkdir()
    for name, content in files.items():
        path = scratch / _inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb", buffering=0) as file:
            write_all(file.fileno(), content)
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
    for folder in [scratch, *(path for path in scratch.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
        sync_folder(folder)


def _inside(name: str) -> PurePosixPath:
    """A path that stays in the folder: sources have any name that the compiler takes."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise Conflict(f"{name!r:.80} would lie outside of the export", hint="rename that source")
    return path


def _swap(scratch: Path, target: Path) -> None:
    """Give a finished folder its name; what had the name goes."""
    old = _beside(target, "old")
    with suppress(FileNotFoundError):
        target.rename(old)
    try:
        scratch.rename(target)
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name[:64]}.{secrets.token_hex(8)}.{kind}")


def _sweep(target: Path) -> None:
    """Remove what an export left that was killed."""
    for kind in ("part", "old"):
        for path in target.parent.glob(f".{target.name[:64]}.{'[0-9a-f]' * 16}.{kind}"):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other exports out of a folder; the kernel lets go when this process ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
