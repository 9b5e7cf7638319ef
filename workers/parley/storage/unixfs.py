"""The CID that IPFS gives a file under the profile ``unixfs-v1-2025``, computed as the bytes stream by (P-5).

The bytes are cut into chunks of 1 MiB, each chunk a raw leaf; groups of 1024 leaves become a dag-pb node, groups of
1024 such nodes the next one, until one root is left. A file of a single chunk is that leaf itself. Memory is one hash
state and at most 1024 links a level, whatever the size of the file.

Sources: https://specs.ipfs.tech/ipips/ipip-0499/ (profile), https://specs.ipfs.tech/unixfs/ (node contents),
https://ipld.io/specs/codecs/dag-pb/spec/ (encoding: links before data, fields of a link in order).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from parley.storage.cid import CHUNK_SIZE, Cid, Codec

MAX_LINKS = 1024
"""Links of a full file node in the profile ``unixfs-v1-2025``."""

_UNIXFS_FILE = b"\x08\x02"


class _Node(NamedTuple):
    """A finished part of the tree."""

    cid: Cid
    file_size: int
    """Bytes of the file below this node."""
    dag_size: int
    """Bytes of all blocks below and including this node (`Tsize`)."""


class CidHasher:
    """Computes the CID of a stream of bytes, like `hashlib` computes a digest (P-5).

    Args:
        chunk_size: bytes of a leaf; anything but the default is for tests of the tree's shape.
        max_links: links of a node, at least 2; likewise.
        on_node: gets the CID and the block of each dag-pb node, children before parents; `cid` gives it the nodes that
            only the end of the content completes.
    """

    def __init__(
        self,
        *,
        chunk_size: int = CHUNK_SIZE,
        max_links: int = MAX_LINKS,
        on_node: Callable[[Cid, bytes], None] = lambda _cid, _block: None,
    ) -> None:
        if chunk_size < 1 or max_links < 2:
            raise ValueError(f"chunk_size >= 1 and max_links >= 2, not {chunk_size} and {max_links}")
        self._chunk_size = chunk_size
        self._max_links = max_links
        self._on_node = on_node
        self._levels: list[list[_Node]] = [[]]
        self._leaf = hashlib.sha256()
        self._filled = 0
        self.size = 0

    def update(self, data: bytes) -> None:
        """Take the next bytes of the content, any number of them."""
        view = memoryview(data)
        self.size += len(view)
        while view:
            piece = view[: self._chunk_size - self._filled]
            self._leaf.update(piece)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == self._chunk_size:
                self._push(self._levels, 0, self._close_leaf())

    def cid(self) -> Cid:
        """Return the CID of all bytes so far; more may follow."""
        levels = [list(level) for level in self._levels]
        if self._filled or not self.size:
            self._push(levels, 0, self._open_leaf())
        depth = 0
        while depth + 1 < len(levels) or len(levels[depth]) > 1:
            if levels[depth]:
                self._collapse(levels, depth)
            depth += 1
        return levels[depth][0].cid

    def _open_leaf(self) -> _Node:
        """Return the leaf of the bytes since the last full chunk."""
        return _Node(Cid(Codec.RAW, self._leaf.digest()), self._filled, self._filled)

    def _close_leaf(self) -> _Node:
        """Return the same and begin the next leaf."""
        leaf = self._open_leaf()
        self._leaf = hashlib.sha256()
        self._filled = 0
        return leaf

    def _push(self, levels: list[list[_Node]], depth: int, node: _Node) -> None:
        """Append a node to its level, and close the level's group when it is full."""
        if depth == len(levels):
            levels.append([])
        levels[depth].append(node)
        if len(levels[depth]) == self._max_links:
            self._collapse(levels, depth)

    def _collapse(self, levels: list[list[_Node]], depth: int) -> None:
        """Replace the open group of a level by one node in the level above."""
        children, levels[depth] = levels[depth], []
        node, block = _file_node(children)
        self._on_node(node.cid, block)
        self._push(levels, depth + 1, node)


def cid_of(data: bytes | Iterable[bytes]) -> Cid:
    """Return the CID of bytes, or of their concatenation if an iterable of pieces is given (P-5)."""
    hasher = CidHasher()
    for piece in pieces_of(data):
        hasher.update(piece)
    return hasher.cid()


def pieces_of(data: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """Yield content in pieces of at most 1 MiB, whichever way the caller has it.

    Raises:
        TypeError: it is neither bytes nor an iterable of bytes (a text, say, or an array of numbers).
    """
    for piece in (data,) if isinstance(data, bytes) else data:
        if not isinstance(piece, bytes):
            raise TypeError(f"content is bytes or an iterable of bytes, not of {type(piece).__name__}")
        for start in range(0, len(piece), CHUNK_SIZE):
            yield piece[start : start + CHUNK_SIZE]


def _file_node(children: list[_Node]) -> tuple[_Node, bytes]:
    """Return the dag-pb UnixFS file node over `children`, and its block."""
    file_size = sum(child.file_size for child in children)
    links = b"".join(_field(2, _link(child)) for child in children)
    block_sizes = b"".join(b"\x20" + _varint(child.file_size) for child in children)
    block = links + _field(1, _UNIXFS_FILE + b"\x18" + _varint(file_size) + block_sizes)
    cid = Cid(Codec.DAG_PB, hashlib.sha256(block).digest())
    return _Node(cid, file_size, len(block) + sum(child.dag_size for child in children)), block


def _link(child: _Node) -> bytes:
    """Encode a PBLink: CID, empty name, cumulative size."""
    return _field(1, bytes(child.cid)) + _field(2, b"") + b"\x18" + _varint(child.dag_size)


def _field(number: int, value: bytes) -> bytes:
    """Encode a length-delimited protobuf field."""
    return bytes((number << 3 | 2,)) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Encode an unsigned protobuf varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
