"""A large object on its way to a node, block by block, so that a second attempt goes on where the first one stopped.

Blocks go up in the order of the file, leaves before the nodes that link them, so what an earlier attempt left is a
beginning of the whole: blocks are asked for until one is not there, and from there on all are sent. What is sent in
vain is at most one block. The tree is that of `parley.storage.unixfs`, hence the CID that of any other way to store
the object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from parley.storage.cid import CHUNK_SIZE, Cid, Codec
from parley.storage.unixfs import CidHasher


class BlockSink(Protocol):
    """Where blocks go."""

    def has_block(self, cid: Cid) -> bool:
        """Whether the block is there already; the network is not asked."""
        ...

    def put_block(self, cid: Cid, block: bytes) -> None:
        """Store a block, unpinned."""
        ...


def upload(pieces: Iterable[bytes], sink: BlockSink) -> Cid:
    """Send what is missing of an object, read once and piece by piece; return its CID.

    The blocks are not pinned: the caller pins the root.
    """
    sending = _Sending(sink)
    hasher = CidHasher(on_node=sending.offer)
    for chunk in chunks_of(pieces):
        sending.offer(Cid(Codec.RAW, hashlib.sha256(chunk).digest()), chunk)
        hasher.update(chunk)
    return hasher.cid()


def chunks_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut pieces of any length anew into chunks of 1 MiB, of which the last may be shorter."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= CHUNK_SIZE:
            yield bytes(buffer[:CHUNK_SIZE])
            del buffer[:CHUNK_SIZE]
    if buffer:
        yield bytes(buffer)


class _Sending:
    """Asks for blocks until one is missing, then sends."""

    def __init__(self, sink: BlockSink) -> None:
        self._sink = sink
        self._resuming = True

    def offer(self, cid: Cid, block: bytes) -> None:
        """Make sure that the sink has the block."""
        self._resuming = self._resuming and self._sink.has_block(cid)
        if not self._resuming:
            self._sink.put_block(cid, block)
