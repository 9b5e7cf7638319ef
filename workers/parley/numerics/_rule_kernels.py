"""Kernels of the aggregation rules: one pass over the updates, in blocks of coordinates that stay in the cache.

All of it is integer arithmetic except the first guess of a quotient, which is corrected to the exact floor.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parley.numerics._jit import inlined, kernel

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

SUM_BLOCK = 1024
"""Coordinates summed side by side: 8 KiB of sums."""

ORDER_BLOCK = 64
"""Coordinates ordered side by side: at 128 updates, 32 KiB of values."""

LOWEST, HIGHEST = -(2**31), 2**31 - 1


@inlined
def _rescaled(q: np.int32, scale: np.int32) -> np.int64:
    """`floor(q * scale / 2^16)`; both factors are 32 bits wide, which is one vector multiplication."""
    return (np.int64(q) * np.int64(scale)) >> np.int64(16)


@inlined
def _floor_divided(total: np.int64, divisor: np.int64) -> np.int64:
    """`floor(total / divisor)` for a quotient below 2^32: a guess in floating point is off by one at most."""
    quotient = np.int64(np.floor(np.float64(total) / np.float64(divisor)))
    rest = total - quotient * divisor
    return quotient - (rest < 0) + (rest >= divisor)


@inlined
def _add(q: Int32s, scale: np.int32, weight: np.int32, sums: Int64s) -> None:
    """Add `weight * x` of a block of one update to its sums."""
    if scale == 1 << 16 and weight == 1:
        for k in range(len(q)):
            sums[k] += q[k]
    elif weight == 1:
        for k in range(len(q)):
            sums[k] += _rescaled(q[k], scale)
    else:
        for k in range(len(q)):
            sums[k] += np.int64(np.int32(_rescaled(q[k], scale))) * np.int64(weight)


@kernel
def weighted_mean(updates: Int32s, scales: Int32s, weights: Int32s, out: Int64s) -> None:
    """`floor(sum(w * x) / sum(w))` of each column of `updates` (n, p), n > 0, into `out` (p,)."""
    n, p = updates.shape
    total = np.int64(0)
    for i in range(n):
        total += np.int64(weights[i])
    sums = np.empty(SUM_BLOCK, np.int64)
    for first in range(0, p, SUM_BLOCK):
        block = out[first : first + SUM_BLOCK]
        sums[:] = 0
        for i in range(n):
            _add(updates[i, first : first + SUM_BLOCK], scales[i], weights[i], sums)
        for k in range(len(block)):
            block[k] = _floor_divided(sums[k], total)


@inlined
def _rescale(q: Int32s, scale: np.int32, values: Int32s) -> None:
    """The rescaled values of a block of one update."""
    if scale == 1 << 16:
        for k in range(len(q)):
            values[k] = q[k]
    else:
        for k in range(len(q)):
            values[k] = _rescaled(q[k], scale)


@kernel
def ordered_mean(updates: Int32s, scales: Int32s, network: Int32s, low: int, high: int, out: Int64s) -> None:
    """The floored mean of the ranks `low` to `high` (excluded) of each column of `updates` (n, p) into `out` (p,).

    `network` is `_sorting_network.network(n, low, high)`.
    """
    n, p = updates.shape
    values = np.zeros((n, ORDER_BLOCK), np.int32)
    sums = np.empty(ORDER_BLOCK, np.int64)
    for first in range(0, p, ORDER_BLOCK):
        block = out[first : first + ORDER_BLOCK]
        for i in range(n):
            _rescale(updates[i, first : first + ORDER_BLOCK], scales[i], values[i])
        for c in range(len(network)):
            i, j = network[c, 0], network[c, 1]
            for k in range(ORDER_BLOCK):
                a, b = values[i, k], values[j, k]
                values[i, k] = min(a, b)
                values[j, k] = max(a, b)
        sums[:] = 0
        for i in range(low, high):
            for k in range(ORDER_BLOCK):
                sums[k] += values[i, k]
        for k in range(len(block)):
            block[k] = _floor_divided(sums[k], np.int64(high - low))


@kernel
def next_model(old: Int32s, previous: Int32s, aggregate: Int64s, beta: int, out: Int32s) -> None:
    """`clamp(clamp(old + floor(beta * (old - previous) / 2^16)) + aggregate)` into `out`, all of shape (p,)."""
    for k in range(len(old)):
        momentum = (beta * (np.int64(old[k]) - np.int64(previous[k]))) >> 16
        look = min(max(np.int64(old[k]) + momentum, LOWEST), HIGHEST)
        out[k] = min(max(look + aggregate[k], LOWEST), HIGHEST)


@kernel
def square_halves(q: Int32s) -> tuple[np.int64, np.int64]:
    """The sums of the upper and of the lower 32 bits of all q^2, each below 2^63 for fewer than 2^31 parameters."""
    upper = np.int64(0)
    lower = np.int64(0)
    for k in range(len(q)):
        square = np.int64(q[k]) * np.int64(q[k])
        upper += square >> np.int64(32)
        lower += square & np.int64(0xFFFFFFFF)
    return upper, lower
