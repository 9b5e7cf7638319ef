"""A store that is only read: what would be written gets its CID and goes nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from parley.storage.cid import Cid
from parley.storage.store import DEFAULT_DEADLINE, ContentStore
from parley.storage.unixfs import cid_of


class ReadOnlyStore:
    """Another store, without its writing. It does not close the other one.

    Args:
        store: the other one.
    """

    def __init__(self, store: ContentStore) -> None:
        self._store = store

    @property
    def location(self) -> str:
        """Where the other store is."""
        return self._store.location

    def put(self, data: bytes | Iterable[bytes]) -> Cid:
        """The CID that the object would have."""
        return cid_of(data)

    def get(self, cid: Cid, size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """See `ContentStore.get`."""
        return self._store.get(cid, size, deadline)

    def get_to(self, cid: Cid, size: int, path: Path, deadline: float = DEFAULT_DEADLINE) -> None:
        """See `ContentStore.get_to`."""
        self._store.get_to(cid, size, path, deadline)

    def get_document(self, cid: Cid, max_size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """See `ContentStore.get_document`."""
        return self._store.get_document(cid, max_size, deadline)

    def has(self, cid: Cid) -> bool:
        """See `ContentStore.has`."""
        return self._store.has(cid)

    def pin(self, cid: Cid) -> None:
        """Do nothing."""

    def unpin(self, cid: Cid) -> None:
        """Do nothing."""

    def ping(self, deadline: float = DEFAULT_DEADLINE) -> None:
        """See `ContentStore.ping`."""
        self._store.ping(deadline)

    def close(self) -> None:
        """Do nothing: whoever opened the other store closes it."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing."""
