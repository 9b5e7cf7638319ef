"""What Parley asks of a content store: put bytes, get them back by CID, keep them, let go of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from parley.storage.cid import Cid

DEFAULT_DEADLINE = 30.0
"""Seconds that a call may take in all where the caller names no deadline."""


@runtime_checkable
class ContentStore(Protocol):
    """A place that keeps objects under their CID (P-4, P-5, P-20).

    Every implementation gives the same CID for the same bytes (profile ``unixfs-v1-2025``), streams what it takes,
    reads at most one byte beyond the expected size, and shows a caller no byte before all of them are checked. All
    errors are `parley.storage.errors.StorageError`. One instance may be used by several threads.
    """

    @property
    def location(self) -> str:
        """Where the store is, as `open_store` understands it."""
        ...

    def put(self, data: bytes | Iterable[bytes]) -> Cid:
        """Store an object, pin it and return its CID; storing it again is harmless.

        Args:
            data: the bytes, or an iterable of pieces of any length, which is read once.

        Raises:
            StoreFull: no space is left; nothing is kept.
            StoreUnavailable, StoreTimeout: the store failed; nothing is visible under the CID that was not before.
        """
        ...

    def get(self, cid: Cid, size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object whose size is known (P-4).

        Args:
            cid: its name.
            size: its exact size in bytes.
            deadline: seconds that the whole call may take.

        Raises:
            ContentMissing, ContentTooLarge, ContentTooShort, ContentMismatch: it is not to be had, or is not it.
            StoreUnavailable, StoreTimeout: the store failed.
        """
        ...

    def get_to(self, cid: Cid, size: int, path: Path, deadline: float = DEFAULT_DEADLINE) -> None:
        """Write an object to a file instead, which appears, or is replaced, only when all of it is checked.

        Raises:
            StoreFull: the file's disk is full.
            StorageError: as for `get`. No part of the file remains.
        """
        ...

    def get_document(self, cid: Cid, max_size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return a small object whose size is not known beforehand (a task document, say).

        Args:
            cid: its name.
            max_size: the most bytes it may have.
            deadline: seconds that the whole call may take.

        Raises:
            ContentTooLarge: it has more than `max_size` bytes.
            StorageError: as for `get`.
        """
        ...

    def has(self, cid: Cid) -> bool:
        """Return whether the store holds the object itself and keeps it; the network is not asked."""
        ...

    def pin(self, cid: Cid) -> None:
        """Keep an object until `unpin`.

        Raises:
            ContentMissing: the store does not have it and cannot get it.
        """
        ...

    def unpin(self, cid: Cid) -> None:
        """Let go of an object: the store may drop it once nobody else keeps it. No error if it was not pinned."""
        ...

    def ping(self, deadline: float = DEFAULT_DEADLINE) -> None:
        """Return if the store is alive.

        Args:
            deadline: seconds that it has to show it.

        Raises:
            StoreUnavailable, StoreTimeout: it is not.
        """
        ...

    def close(self) -> None:
        """Release what the store holds open; the objects stay."""
        ...

    def __enter__(self) -> Self:
        """Return the store."""
        ...

    def __exit__(self, *exception: object) -> None:
        """Close the store."""
        ...
