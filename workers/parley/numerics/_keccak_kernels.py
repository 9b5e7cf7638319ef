"""Kernels that hash many messages of one length, eight at a time.

Messages and digests are arrays of uint64, eight bytes an element in the order of a little-endian machine, which is the
order in which Keccak takes its lanes.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
from numba import prange

from parley.numerics._jit import inlined, kernel, parallel_kernel
from parley.numerics._keccak_f8 import keccak_f8

if sys.byteorder != "little":
    raise ImportError("the Keccak kernels need a little-endian machine")

Words = npt.NDArray[np.uint64]

RATE = 17
"""Lanes of a state that a block of the message fills: 136 bytes for a digest of 32."""

FIRST_PAD = np.uint64(0x01)
LAST_PAD = np.uint64(0x80 << 56)

EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
EVEN_PAIRS = np.uint64(0x0000FFFF0000FFFF)

OFFSET = np.uint32(2**31)
"""What makes q an offset-binary lane (P-1)."""


@inlined
def _absorb_pair(pairs: Words, state: Words, first: int, last: int) -> None:
    """Fill the state with eight messages of 64 bytes and their padding; the last message stands in for missing ones."""
    for s in range(8):
        row = min(first + s, last)
        for k in range(8):
            state[k, s] = pairs[row, k]
    state[8:] = np.uint64(0)
    state[8] = FIRST_PAD
    state[RATE - 1] = LAST_PAD


@inlined
def _squeeze(state: Words, digests: Words, first: int, count: int) -> None:
    """Write the digests of the first `count` states."""
    for s in range(count):
        for k in range(4):
            digests[first + s, k] = state[k, s]


@kernel
def hash_pairs(pairs: Words, digests: Words) -> None:
    """Keccak-256 of each row of `pairs` (n, 8) into `digests` (n, 4)."""
    state = np.empty((25, 8), np.uint64)
    n = len(pairs)
    for first in range(0, n, 8):
        _absorb_pair(pairs, state, first, n - 1)
        keccak_f8(state)
        _squeeze(state, digests, first, min(8, n - first))


@parallel_kernel
def hash_pairs_parallel(pairs: Words, digests: Words) -> None:
    """`hash_pairs` on all threads that numba was given."""
    n = len(pairs)
    for group in prange((n + 7) // 8):
        state = np.empty((25, 8), np.uint64)
        first = group * 8
        _absorb_pair(pairs, state, first, n - 1)
        keccak_f8(state)
        _squeeze(state, digests, first, min(8, n - first))


@inlined
def _message_lane(rows: Words, row: int, lane: int, prefix: np.uint64) -> np.uint64:
    """Lane `lane` of the padded message: the prefix byte, then the row, all shifted up by that one byte."""
    length = rows.shape[1]
    low = prefix if lane == 0 else rows[row, lane - 1] >> np.uint64(56)
    high = rows[row, lane] if lane < length else FIRST_PAD
    return low | (high << np.uint64(8))


@kernel
def hash_rows(rows: Words, prefix: np.uint64, digests: Words) -> None:
    """Keccak-256 of the prefix byte and each row of `rows` (n, m) into `digests` (n, 4)."""
    state = np.empty((25, 8), np.uint64)
    n, length = rows.shape
    blocks = length // RATE + 1
    for first in range(0, n, 8):
        state[:] = np.uint64(0)
        for block in range(blocks):
            lanes = min(RATE, length + 1 - block * RATE)
            for k in range(lanes):
                for s in range(8):
                    state[k, s] ^= _message_lane(rows, min(first + s, n - 1), block * RATE + k, prefix)
            if block == blocks - 1:
                for s in range(8):
                    state[RATE - 1, s] ^= LAST_PAD
            keccak_f8(state)
        _squeeze(state, digests, first, min(8, n - first))


@inlined
def _swapped(pair: np.uint64) -> np.uint64:
    """The eight bytes in reverse order; LLVM makes one instruction of it."""
    pair = ((pair & EVEN_BYTES) << np.uint64(8)) | ((pair >> np.uint64(8)) & EVEN_BYTES)
    pair = ((pair & EVEN_PAIRS) << np.uint64(16)) | ((pair >> np.uint64(16)) & EVEN_PAIRS)
    return (pair << np.uint64(32)) | (pair >> np.uint64(32))


@kernel
def pack_rows(vectors: npt.NDArray[np.uint32], rows: Words) -> None:
    """Lay word j of each of m vectors (m, 8n), q as uint32, side by side in row j of `rows` (n, 4m)."""
    for i in range(len(vectors)):
        vector = vectors[i]
        for j in range(len(rows)):
            word = rows[j, 4 * i : 4 * i + 4]
            for k in range(4):
                left = np.uint64(vector[8 * j + 2 * k] ^ OFFSET)
                right = np.uint64(vector[8 * j + 2 * k + 1] ^ OFFSET)
                word[k] = _swapped((left << np.uint64(32)) | right)
