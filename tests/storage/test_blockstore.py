"""The folder: names, damage, full disks, owners (P-5, P-20); processes are in `test_blockstore_processes`."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.errors import ConfigError
from parley.storage import (
    Blockstore,
    Cid,
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
    cid_of,
)
from parley.storage import blockstore as blockstore_module
from parley.storage.locks import exclusive
from tests.storage.test_unixfs import patterned

pytestmark = pytest.mark.unit

MIB = 1 << 20
DATA = patterned(MIB + 33)
CID = cid_of(DATA)


def files_of(store: Blockstore) -> dict[str, int]:
    """Return the folder's files but the lock, by relative path, with their sizes."""
    root = Path(store.location)
    found = (path for path in root.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(root)): path.stat().st_size for path in found}


def object_path(store: Blockstore, cid: Cid = CID) -> Path:
    return Path(store.location) / "objects" / str(cid)[-2:] / str(cid)


def test_put__an_object_p20__is_one_file_named_by_its_content(blockstore: Blockstore) -> None:
    """P-20: names come from content alone, and nothing else remains of the writing."""
    assert blockstore.put(DATA) == CID
    assert files_of(blockstore) == {
        f"objects/{str(CID)[-2:]}/{CID}": len(DATA),
        f"pins/{CID}/parley": 0,
    }


def test_names__whatever_is_stored__are_base32_only(blockstore: Blockstore) -> None:
    for size in (0, 1, MIB, MIB + 1):
        blockstore.put(patterned(size))
    pattern = r"objects/([a-z2-7]{2})/b[a-z2-7]{56}\1|pins/b[a-z2-7]{58}/parley"
    assert all(re.fullmatch(pattern, name) for name in files_of(blockstore))


@pytest.mark.parametrize("owner", ["", "../evil", "a/b", "/etc", ".hidden", "..", "UPPER", "a" * 65, "a\0b", "a\n"])
def test_owner__could_be_a_path__refused(tmp_path: Path, owner: str) -> None:
    """P-20: no path from a name."""
    with pytest.raises(ConfigError, match="cannot name an owner"):
        Blockstore(tmp_path / "store", owner=owner)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("size", [64, MIB + 33])
def test_get__flipped_bit_p20__quarantined_and_reported_then_repaired(blockstore: Blockstore, size: int) -> None:
    """P-20: bad content is moved aside by digest; putting the object again repairs it."""
    data = patterned(size)
    cid = blockstore.put(data)
    path = object_path(blockstore, cid)
    damaged = data[:40] + bytes([data[40] ^ 1]) + data[41:]
    path.write_bytes(damaged)
    with pytest.raises(ContentMismatch, match=r"damaged; it was moved to .*quarantine") as error:
        blockstore.get(cid, size)
    assert error.value.hint
    assert (Path(blockstore.location) / "quarantine" / str(cid)).read_bytes() == damaged
    assert not blockstore.has(cid)
    with pytest.raises(ContentMissing):
        blockstore.get(cid, size)
    assert blockstore.put(data) == cid
    assert blockstore.get(cid, size) == data


def test_get__truncated_file__quarantined(blockstore: Blockstore) -> None:
    blockstore.put(DATA)
    object_path(blockstore).write_bytes(DATA[:-1])
    with pytest.raises(ContentMismatch, match="quarantine"):
        blockstore.get(CID, len(DATA))
    assert not blockstore.has(CID)


def test_get__file_with_more_appended__refused_unread_and_repaired_by_put(
    blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blockstore.put(DATA)
    object_path(blockstore).write_bytes(DATA + b"more")
    monkeypatch.setattr(os, "read", lambda *_: pytest.fail("was read"))
    with pytest.raises(ContentTooLarge):
        blockstore.get(CID, len(DATA))
    monkeypatch.undo()
    blockstore.put(DATA)
    assert blockstore.get(CID, len(DATA)) == DATA


def test_get__file_that_grows_while_read__not_one_byte_beyond_the_proof(
    blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-4: at most one byte beyond the size is read, even when the file was of the right size at first."""
    blockstore.put(DATA)
    read = 0
    real = os.read

    def growing(descriptor: int, count: int) -> bytes:
        nonlocal read
        if read == 0:
            with object_path(blockstore).open("ab") as file:
                file.write(bytes(MIB))
        piece = real(descriptor, count)
        read += len(piece)
        return piece

    monkeypatch.setattr(os, "read", growing)
    with pytest.raises(ContentTooLarge):
        blockstore.get(CID, len(DATA))
    assert read == len(DATA) + 1


def test_get__replaced_while_read__the_good_copy_is_not_quarantined(
    blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blockstore.put(DATA)
    object_path(blockstore).write_bytes(bytes(len(DATA)))
    real = os.read

    def repaired_meanwhile(descriptor: int, count: int) -> bytes:
        piece = real(descriptor, count)
        if not piece:
            monkeypatch.setattr(os, "read", real)
            blockstore.put(DATA)
        return piece

    monkeypatch.setattr(os, "read", repaired_meanwhile)
    with pytest.raises(ContentMismatch):
        blockstore.get(CID, len(DATA))
    assert blockstore.get(CID, len(DATA)) == DATA


def make_link(path: Path) -> None:
    secret = path.with_name("secret")
    secret.write_bytes(DATA)
    path.symlink_to(secret)


@pytest.mark.parametrize("make", [make_link, os.mkfifo, Path.mkdir], ids=["symlink", "pipe", "folder"])
def test_get__not_a_plain_file__missing_at_once(blockstore: Blockstore, make: type[Path]) -> None:
    path = object_path(blockstore)
    path.parent.mkdir()
    make(path)
    assert not blockstore.has(CID)
    with pytest.raises(ContentMissing):
        blockstore.get(CID, len(DATA))
    with pytest.raises(ContentMissing):
        blockstore.pin(CID)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("after", [0, 1])
def test_put__full_disk__clear_error_and_nothing_left(
    blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch, reason: int, after: int
) -> None:
    real, calls = os.write, 0

    def filling(descriptor: int, piece: memoryview) -> int:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(reason, os.strerror(reason))
        return real(descriptor, piece[: len(piece) // 2])

    monkeypatch.setattr(os, "write", filling)
    with pytest.raises(StoreFull, match="no space left") as error:
        blockstore.put(DATA)
    assert error.value.hint
    assert files_of(blockstore) == {}
    assert not blockstore.has(CID)


def test_put__writes_that_take_little_at_a_time__all_is_written(
    blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, piece: real(descriptor, piece[:100_003]))
    assert blockstore.put(DATA) == CID
    assert blockstore.get(CID, len(DATA)) == DATA


def test_put__sync_fails__nothing_left(blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StoreUnavailable, match="Input/output error"):
        blockstore.put(DATA)
    assert files_of(blockstore) == {}


def test_put__source_fails__nothing_left(blockstore: Blockstore) -> None:
    def failing() -> Iterator[bytes]:
        yield DATA
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        blockstore.put(failing())
    assert files_of(blockstore) == {}


def test_open__below_a_file__clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match=r"cannot use .*store: Not a directory"):
        Blockstore(tmp_path / "file" / "store")


def test_open__again__finds_what_was_put(blockstore: Blockstore) -> None:
    blockstore.put(DATA)
    blockstore.close()
    assert Blockstore(Path(blockstore.location)).get(CID, len(DATA)) == DATA


def test_open__while_another_writes__leaves_its_file_alone(blockstore: Blockstore) -> None:
    def pieces() -> Iterator[bytes]:
        yield DATA[:MIB]
        Blockstore(Path(blockstore.location))
        yield DATA[MIB:]

    assert blockstore.put(pieces()) == CID
    assert blockstore.get(CID, len(DATA)) == DATA


def test_unpin__another_owner_keeps_it__stays_until_the_last(blockstore: Blockstore) -> None:
    evaluator = Blockstore(Path(blockstore.location), owner="evaluator-0xab")
    blockstore.put(DATA)
    evaluator.pin(CID)
    blockstore.unpin(CID)
    assert evaluator.get(CID, len(DATA)) == DATA
    evaluator.unpin(CID)
    assert files_of(blockstore) == {}


def test_unpin__never_pinned_here__takes_nothing_from_others(blockstore: Blockstore) -> None:
    stranger = Blockstore(Path(blockstore.location), owner="stranger")
    blockstore.put(DATA)
    stranger.unpin(CID)
    stranger.unpin(cid_of(b"unknown"))
    assert blockstore.has(CID)


def test_lock__held_by_another__times_out(blockstore: Blockstore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blockstore_module, "LOCK_TIMEOUT", 0.05)
    with (
        exclusive(Path(blockstore.location) / "lock", 1),
        pytest.raises(StoreTimeout, match=r"another process has held .*lock for 0\.05 s"),
    ):
        blockstore.put(DATA)
    assert blockstore.put(DATA) == CID
