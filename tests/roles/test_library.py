"""Vectors by their root: what a store answers is used only if it is what the chain says (P-5, P-23)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode
from parley.roles.library import Library, WrongRoot
from parley.storage import Blockstore, Cid
from parley.storage.errors import ContentMissing

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
