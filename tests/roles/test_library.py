"""Vectors by their root: what a store answers is used only if it is what the chain says (P-5, P-23)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode
from parley.roles import library as library_module
from parley.roles.library import STRIKES, Library, WrongRoot
from parley.storage import (
    Blockstore,
    Cid,
    ContentCondemned,
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    ContentTooShort,
    Quarantine,
    StorageError,
    StoreTimeout,
    StoreUnavailable,
)
from tests.storage.memory_store import MemoryStore

pytestmark = pytest.mark.unit

PARAMS = 20
Q = np.arange(PARAMS, dtype=np.int32) - 7


@pytest.fixture
def store(tmp_path: Path) -> Blockstore:
    """An empty blockstore."""
    return Blockstore(tmp_path / "store")


def test_put_get__another_worker__reads_the_same_vector(store: Blockstore) -> None:
    """P-5: root and CID are recomputed by whoever fetches."""
    root, digest = Library(store, PARAMS).put(Q)
    assert root == word_tree.root(encode(Q))
    assert np.array_equal(Library(store, PARAMS).get(root, digest), Q)


def test_get__content_of_another_root__is_refused(store: Blockstore) -> None:
    """P-23: the root is the authority, the CID a hint."""
    _, digest = Library(store, PARAMS).put(Q)
    with pytest.raises(WrongRoot, match="does not hash to root"):
        Library(store, PARAMS).get(b"\x01" * 32, digest)


def test_get__missing_content__says_so(store: Blockstore) -> None:
    """P-23: what cannot be fetched is an error of content, never a crash."""
    with pytest.raises(ContentMissing):
        Library(store, PARAMS).get(b"\x01" * 32, b"\x02" * 32)


def test_get__dirty_padding__is_refused(store: Blockstore) -> None:
    """P-4: padding lanes are zero, or the object is not used."""
    data = bytearray(encode(Q))
    data[-1] ^= 1
    cid = store.put(bytes(data))
    with pytest.raises(ContentError, match="padding"):
        Library(store, PARAMS).get(word_tree.root(bytes(data)), cid.digest)


@pytest.mark.parametrize(("clip", "fits"), [(12, True), (11, False)])
def test_get__clip__refuses_what_lies_beyond(store: Blockstore, clip: int, fits: bool) -> None:
    """P-2: an update's |q| is at most the clip, also for a vector that is cached."""
    library = Library(store, PARAMS)
    root, digest = library.put(Q)
    if fits:
        assert np.array_equal(library.get(root, digest, clip), Q)
    else:
        with pytest.raises(ContentError, match="beyond the clip of 11"):
            library.get(root, digest, clip)


def test_get__clip_and_lowest_int32__does_not_overflow(store: Blockstore) -> None:
    """P-2: |-2^31| does not fit an int32 and must not wrap around to a small number."""
    library = Library(store, PARAMS)
    root, digest = library.put(np.full(PARAMS, -(2**31), np.int32))
    with pytest.raises(ContentError, match="beyond the clip"):
        library.get(root, digest, 2**31 - 1)


def test_get__result__is_read_only(store: Blockstore) -> None:
    """A caller cannot change what others will read from the cache."""
    library = Library(store, PARAMS)
    root, digest = library.put(Q)
    with pytest.raises(ValueError, match="read-only"):
        library.get(root, digest)[0] = 1


def test_pin_unpin__last_owner__lets_go(store: Blockstore) -> None:
    """Section 6: an evaluator keeps an update until it may go."""
    library = Library(store, PARAMS)
    _, digest = library.put(Q)
    library.pin(digest)
    library.unpin(digest)
    assert not store.has(Cid.from_digest(digest, library.size))


def fetches(library: Library, root: bytes, digest: bytes, expected: type[ContentError], times: int) -> None:
    """Ask so often, for the same error."""
    for _ in range(times):
        with pytest.raises(expected) as caught:
            library.get(root, digest)
        assert type(caught.value) is expected


def test_get__wrong_root__is_fetched_once(tmp_path: Path) -> None:
    """P-20, F-78: what proved bad is not fetched again, by another process neither."""
    store = MemoryStore("store")
    _, digest = Library(store, PARAMS).put(Q)
    fetches(Library(store, PARAMS, quarantine=Quarantine(tmp_path)), b"\x01" * 32, digest, WrongRoot, 1)
    fetches(Library(store, PARAMS, quarantine=Quarantine(tmp_path)), b"\x01" * 32, digest, ContentCondemned, 3)
    assert store.calls["get"] == 1


def test_get__digest_of_another_beside_a_wrong_root__does_not_condemn_the_other(tmp_path: Path) -> None:
    """P-20: nobody can have an honest update or a model condemned by naming its digest."""
    store = MemoryStore("store")
    root, digest = Library(store, PARAMS).put(Q)
    library = Library(store, PARAMS, quarantine=Quarantine(tmp_path))
    fetches(library, b"\x01" * 32, digest, WrongRoot, 1)
    assert np.array_equal(library.get(root, digest), Q)


def test_get__dirty_padding__is_condemned_as_a_vector_but_not_as_words(tmp_path: Path) -> None:
    """P-4: a proof is made from the words as they are."""
    data = bytearray(encode(Q))
    data[-1] ^= 1
    store = MemoryStore("store")
    root, digest = word_tree.root(bytes(data)), store.put(bytes(data)).digest
    library = Library(store, PARAMS, quarantine=Quarantine(tmp_path))
    with pytest.raises(ContentError, match="padding"):
        library.get(root, digest)
    fetches(library, root, digest, ContentCondemned, 2)
    assert library.words(root, digest) == bytes(data)


@pytest.mark.parametrize(
    ("error", "condemned"),
    [
        (ContentTooLarge("one byte more"), True),
        (ContentTooShort("one byte less"), True),
        (ContentMissing("nobody has it"), False),
        (StoreUnavailable("down"), False),
        (StoreTimeout("too slow"), False),
        (ContentMismatch("of one raw block: the store's fault"), False),
    ],
)
def test_get__fails_again_and_again__condemned_only_if_the_object_is_at_fault(
    tmp_path: Path, error: StorageError, condemned: bool
) -> None:
    """P-20, F-77: bad is told from unavailable, which is tried again."""
    store = MemoryStore("store")
    root, digest = Library(store, PARAMS).put(Q)
    library = Library(store, PARAMS, quarantine=Quarantine(tmp_path))
    store.error = error
    fetches(library, root, digest, type(error), STRIKES)
    fetches(library, root, digest, ContentCondemned if condemned else type(error), 2)
    store.error = None
    if not condemned:
        assert np.array_equal(library.get(root, digest), Q)


def test_get__store_recovers_in_between__no_strike_is_left(tmp_path: Path) -> None:
    store = MemoryStore("store")
    root, digest = Library(store, PARAMS).put(Q)
    library = Library(store, PARAMS, quarantine=Quarantine(tmp_path))
    for _ in range(STRIKES):
        store.error = ContentTooShort("truncated on the way")
        fetches(library, root, digest, ContentTooShort, STRIKES - 1)
        store.error = None
        library.words(root, digest)


def test_cache__more_than_fits__keeps_the_newest(store: Blockstore, monkeypatch: pytest.MonkeyPatch) -> None:
    """P-20: memory is bounded, whatever is revealed."""
    monkeypatch.setattr(library_module, "MAX_CACHED_BYTES", 3 * Library(store, PARAMS).size)
    library = Library(store, PARAMS)
    put = [library.put(Q + i) for i in range(5)]
    for path in (Path(store.location) / "objects").glob("*/*"):
        path.unlink()
    for root, digest in put[2:]:
        library.get(root, digest)
    for root, digest in put[:2]:
        with pytest.raises(ContentMissing):
            library.get(root, digest)


def test_hold__memory_has_the_root_but_the_digest_is_another__is_an_error(store: Blockstore) -> None:
    """P-23: who reveals a right root beside a wrong digest has nothing pinned for it."""
    library = Library(store, PARAMS)
    root, _ = library.put(Q)
    with pytest.raises(ContentMismatch):
        library.hold(root, b"\x05" * 32)
