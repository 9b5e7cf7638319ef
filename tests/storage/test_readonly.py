"""A store that is only read changes nothing, whatever it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.storage import Blockstore, ContentMissing, ContentStore, cid_of
from parley.storage.readonly import ReadOnlyStore

pytestmark = pytest.mark.unit


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_readonly__any_call__leaves_the_store_as_it_was(tmp_path: Path) -> None:
    own = Blockstore(tmp_path / "store", owner="worker")
    there = own.put(b"there")
    own.ping()
    before = files(tmp_path / "store")
    with ReadOnlyStore(own) as store:
        assert isinstance(store, ContentStore)
        assert store.location == own.location
        assert store.put(b"new") == cid_of(b"new")
        assert store.put(iter([b"n", b"ew"])) == cid_of(b"new")
        store.pin(there)
        store.unpin(there)
        store.ping()
        assert store.has(there)
        assert not store.has(cid_of(b"new"))
        assert store.get(there, 5) == store.get_document(there, 9) == b"there"
        store.get_to(there, 5, tmp_path / "copy")
        with pytest.raises(ContentMissing):
            store.get(cid_of(b"new"), 3)
    assert (tmp_path / "copy").read_bytes() == b"there"
    assert files(tmp_path / "store") == before
