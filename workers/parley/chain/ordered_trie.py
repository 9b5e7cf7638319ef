"""The root of Ethereum's trie over a list, such as a block's receipts. Pure.

The hexary Merkle-Patricia trie of the Yellow Paper, appendix D, for the keys `rlp(0)`, `rlp(1)`, ...: nothing is kept
of it, for only its root is compared with a header's.
"""

from __future__ import annotations

from collections.abc import Sequence

import rlp
from eth_utils.crypto import keccak

_Item = tuple[bytes, bytes]
"""A key's nibbles, one to a byte, and its value."""

_INLINE = 32
"""A node shorter than this stands in its parent itself, any other by its hash."""


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root of the trie that holds `values` by their places in the list: 32 bytes."""
    items = sorted((_nibbles(_encode(place)), value) for place, value in enumerate(values))
    return keccak(_encode(_node(items, 0)))


def _node(items: list[_Item], depth: int) -> bytes | list[object]:
    """The node over items whose keys agree up to `depth`."""
    if not items:
        return b""
    if len(items) == 1:
        key, value = items[0]
        return [_packed(key[depth:], leaf=True), value]
    shared = _shared(items[0][0], items[-1][0])
    if shared > depth:
        return [_packed(items[0][0][depth:shared], leaf=False), _reference(_node(items, shared))]
    ended = [value for key, value in items if len(key) == depth]
    below: list[list[_Item]] = [[] for _ in range(16)]
    for key, value in items[len(ended) :]:
        below[key[depth]].append((key, value))
    return [*(_reference(_node(part, depth + 1)) for part in below), ended[0] if ended else b""]


def _shared(first: bytes, last: bytes) -> int:
    """How many nibbles two keys have in common at their beginning."""
    return next(
        (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )


def _encode(item: object) -> bytes:
    encoded: bytes = rlp.encode(item)
    return encoded


def _reference(node: bytes | list[object]) -> object:
    encoded = _encode(node)
    return node if len(encoded) < _INLINE else keccak(encoded)


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _packed(nibbles: bytes, *, leaf: bool) -> bytes:
    """Nibbles as bytes, with the flags of appendix C in front."""
    flag = 2 * leaf + len(nibbles) % 2
    padded = bytes([flag]) + nibbles if len(nibbles) % 2 else bytes([flag, 0]) + nibbles
    return bytes(16 * high + low for high, low in zip(padded[::2], padded[1::2], strict=True))
