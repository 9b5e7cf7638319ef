"""What every content store promises, proved on each: the folder and a real Kubo node (P-4, P-5, P-20)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parley.errors import ExitCode
from parley.storage import (
    Cid,
    Codec,
    ContentMissing,
    ContentStore,
    ContentTooLarge,
    ContentTooShort,
    StorageError,
    StoreFull,
    StoreTimeout,
    cid_of,
)
from tests.storage.test_unixfs import patterned

pytestmark = pytest.mark.integration

MIB = 1 << 20
SIZES = [0, 1, 64, MIB - 1, MIB, MIB + 1, 3 * MIB + 17]


def fresh(size: int) -> bytes:
    """Return bytes that no store has seen."""
    return secrets.token_bytes(size)


def in_pieces(data: bytes) -> Iterator[bytes]:
    yield from (data[at : at + 70_001] for at in range(0, len(data), 70_001))


def test_store__is_a_content_store(store: ContentStore) -> None:
    assert isinstance(store, ContentStore)
    assert store.location
    with store as same:
        assert same is store


@pytest.mark.parametrize("size", SIZES)
def test_put__any_size_p5__names_it_as_the_profile_does(store: ContentStore, size: int) -> None:
    """P-5: the same bytes have the same CID in every store, and the digest in an event is enough to ask for them."""
    data = fresh(size)
    cid = store.put(data)
    assert cid == cid_of(data) == Cid.from_digest(cid.digest, size)
    assert store.get(cid, size) == data


def test_put__pieces__same_object(store: ContentStore) -> None:
    data = fresh(2 * MIB + 1)
    assert store.put(in_pieces(data)) == store.put(data) == cid_of(data)
    assert store.get(cid_of(data), len(data)) == data


@pytest.mark.parametrize("actual", [64, MIB, MIB + 64])
def test_get__longer_than_its_size_p4__too_large(store: ContentStore, actual: int) -> None:
    """P-4: nothing longer than the known size is read."""
    cid = store.put(patterned(actual))
    with pytest.raises(ContentTooLarge, match=str(actual - 32)):
        store.get(cid, actual - 32)


@pytest.mark.parametrize("actual", [0, 64, MIB, MIB + 64])
def test_get__shorter_than_its_size_p4__too_short(store: ContentStore, actual: int) -> None:
    """P-4: an object that ends early is not the object."""
    cid = store.put(patterned(actual))
    with pytest.raises(ContentTooShort, match=f"{actual} of {actual + 32}"):
        store.get(cid, actual + 32)
    assert store.get(cid, actual) == patterned(actual), "a wrong expectation does no harm to the object"


def test_get__unknown_object__missing(store: ContentStore) -> None:
    with pytest.raises(ContentMissing) as missing:
        store.get(cid_of(fresh(64)), 64)
    assert missing.value.hint
    assert "\n" not in str(missing.value)


def test_get__no_time_left__times_out(store: ContentStore) -> None:
    """P-20: the deadline is total."""
    cid = store.put(patterned(64))
    with pytest.raises(StoreTimeout, match=f"{store.location} did not finish within 0 s"):
        store.get(cid, 64, deadline=0)


def test_get__digest_with_the_other_codec__refused(store: ContentStore) -> None:
    """The root node of a large file hashes to the same digest as the file, but is not the file."""
    cid = store.put(patterned(MIB + 1))
    with pytest.raises(StorageError):
        store.get(Cid(Codec.RAW, cid.digest), MIB + 1)
    small = store.put(patterned(64))
    with pytest.raises(StorageError):
        store.get(Cid(Codec.DAG_PB, small.digest), 64)


def test_get_to__good_object__fills_the_file(store: ContentStore, tmp_path: Path) -> None:
    data, target = fresh(2 * MIB + 5), tmp_path / "model"
    target.write_bytes(b"what was there before")
    store.get_to(store.put(data), len(data), target)
    assert target.read_bytes() == data
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [target]


@pytest.mark.parametrize("wrong_by", [-1, 1])
def test_get_to__wrong_size__leaves_the_old_file_alone(store: ContentStore, tmp_path: Path, wrong_by: int) -> None:
    data, target = patterned(MIB + 5), tmp_path / "model"
    target.write_bytes(b"what was there before")
    with pytest.raises(ContentTooLarge if wrong_by < 0 else ContentTooShort):
        store.get_to(store.put(data), len(data) + wrong_by, target)
    assert target.read_bytes() == b"what was there before"
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [target]


def test_get_to__full_disk__clear_error_and_no_file(
    store: ContentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid = store.put(patterned(MIB + 5))

    def full(_descriptor: int, _piece: memoryview) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreFull, match=r"no space left for .*model"):
        store.get_to(cid, MIB + 5, tmp_path / "model")
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def test_get_document__within_its_limit__returned(store: ContentStore) -> None:
    cid = store.put(b'{"task": "digits"}')
    assert store.get_document(cid, 18) == store.get_document(cid, 65_536) == b'{"task": "digits"}'


def test_get_document__beyond_its_limit__too_large(store: ContentStore) -> None:
    cid = store.put(b'{"task": "digits"}')
    with pytest.raises(ContentTooLarge, match="more than the allowed 17 bytes"):
        store.get_document(cid, 17)


def test_put__source_that_fails__its_own_error_and_no_object(store: ContentStore) -> None:
    data = fresh(MIB + MIB // 2)

    def failing() -> Iterator[bytes]:
        yield data[:MIB]
        raise OSError(5, "the caller's own disk failed")

    with pytest.raises(OSError, match="the caller's own disk failed"):
        store.put(failing())
    assert not store.has(cid_of(data))
    assert not store.has(cid_of(data[:MIB]))


@pytest.mark.parametrize("odd", ["a text", [b"bytes, then", 7]])
def test_put__what_is_not_bytes__type_error(store: ContentStore, odd: object) -> None:
    with pytest.raises(TypeError, match="content is bytes"):
        store.put(odd)  # type: ignore[arg-type]


def test_pins__put_unpin_pin__has_follows(store: ContentStore) -> None:
    data = fresh(MIB + 9)
    cid = store.put(data)
    assert store.has(cid), "put pins"
    store.pin(cid)
    assert store.has(cid), "pinning twice is harmless"
    store.unpin(cid)
    assert not store.has(cid)
    store.unpin(cid)
    assert store.put(data) == cid
    assert store.has(cid)


def test_pin__unknown_object__missing(store: ContentStore) -> None:
    cid = cid_of(fresh(64))
    with pytest.raises(ContentMissing):
        store.pin(cid)
    assert not store.has(cid)


def test_store__many_threads__every_object_arrives(store: ContentStore) -> None:
    objects = [fresh(1000 * number) for number in range(12)]
    with ThreadPoolExecutor(4) as threads:
        cids = list(threads.map(store.put, objects * 2))
        again = list(threads.map(lambda pair: store.get(pair[0], len(pair[1])), zip(cids, objects, strict=False)))
    assert cids == [cid_of(data) for data in objects * 2]
    assert again == objects


def test_errors__all_of_them__say_what_to_do(store: ContentStore) -> None:
    cid = store.put(b"four")
    calls = [(cid, 3, 9.0), (cid, 5, 9.0), (cid_of(b"never stored anywhere"), 21, 9.0), (cid, 4, 0.0)]
    for name, size, deadline in calls:
        with pytest.raises(StorageError) as error:
            store.get(name, size, deadline)
        assert error.value.hint
        assert error.value.exit_code == (ExitCode.CONTENT if deadline else ExitCode.TIMEOUT)
