"""Keccak-256 as Ethereum uses it: of one message, of the pairs of a tree's level, of many rows of one length.

The last two run eight messages side by side (`_keccak_f8`), some twenty times faster than one after another in C.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from eth_hash.auto import keccak as _keccak

Nodes = npt.NDArray[np.uint8]
"""32-byte hashes or words, shape (n, 32), dtype uint8."""

HASH_BYTES = 32


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 digest of `data`."""
    return _keccak(data)


def hash_pairs(level: Nodes, *, parallel: bool = False) -> Nodes:
    """Hash a tree's level to the one above it: `keccak256(left ‖ right)` of nodes 2i and 2i + 1 (P-3).

    Args:
        level: nodes, uint8 of shape (2n, 32).
        parallel: use all threads that numba was given; worth it from some ten thousand nodes on.

    Returns:
        The parents, uint8 of shape (n, 32).

    Raises:
        ValueError: the shape or dtype is another, or the number of nodes is odd.
    """
    from parley.numerics import _jit, _keccak_kernels

    if level.dtype != np.uint8 or level.ndim != 2 or level.shape[1] != HASH_BYTES or len(level) % 2:
        raise ValueError(f"a level is an even number of nodes, uint8 (2n, 32), not {level.dtype} {level.shape}")
    pairs = np.ascontiguousarray(level).reshape(-1, 2 * HASH_BYTES).view(np.uint64)
    parents = np.empty((len(pairs), HASH_BYTES), np.uint8)
    hash_level = _keccak_kernels.hash_pairs_parallel if parallel else _keccak_kernels.hash_pairs
    hash_level(_jit.frozen(pairs), parents.view(np.uint64))
    return parents


def hash_rows(rows: Nodes, prefix: int = 0x00) -> Nodes:
    """Hash many messages of one length, each behind one prefix byte: `keccak256(prefix ‖ row)`.

    Args:
        rows: messages without the prefix, uint8 of shape (n, length), the length a multiple of 8.
        prefix: the domain byte, 0 to 255.

    Returns:
        The digests, uint8 of shape (n, 32).

    Raises:
        ValueError: the shape or dtype is another, or the prefix is no byte.
    """
    from parley.numerics import _jit, _keccak_kernels

    if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] % 8:
        raise ValueError(f"rows are uint8 (n, a multiple of 8), not {rows.dtype} {rows.shape}")
    if not 0 <= prefix <= 0xFF:
        raise ValueError(f"a prefix is one byte, not {prefix}")
    messages = np.ascontiguousarray(rows).view(np.uint64)
    digests = np.empty((len(rows), HASH_BYTES), np.uint8)
    _keccak_kernels.hash_rows(_jit.frozen(messages), np.uint64(prefix), digests.view(np.uint64))
    return digests
