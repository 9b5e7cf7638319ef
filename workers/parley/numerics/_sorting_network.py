"""Which comparisons an order statistic of n values needs, decided once for all coordinates.

A sorting network compares positions in an order that does not depend on the values, so that one comparison becomes one
vector minimum and one vector maximum over many coordinates at once. The network is Batcher's merge exchange (Knuth, The
Art of Computer Programming, volume 3, 5.2.2, algorithm M), about n (log2 n)^2 / 4 comparisons for any n. It is then
pruned: all that is wanted is the sum of the positions from `low` to `high`, so that a comparison within the wanted or
within the unwanted positions, on which nothing later depends, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Comparisons = npt.NDArray[np.int32]
"""Pairs (i, j), i < j, of positions to put in order, shape (m, 2), dtype int32."""


class _Need(Enum):
    """What is still to be known of a position."""

    NOTHING = auto()
    ITS_SHARE_OF_THE_SUM = auto()
    ITS_VALUE = auto()


def _merge_exchange(n: int) -> Iterator[tuple[int, int]]:
    """Batcher's network for n values."""
    top = 1 << max(0, (n - 1).bit_length() - 1) if n > 1 else 0
    span = top
    while span:
        stride, offset, distance = top, 0, span
        while True:
            yield from ((i, i + distance) for i in range(n - distance) if i & span == offset)
            if stride == span:
                break
            distance, stride, offset = stride - span, stride >> 1, span
        span >>= 1


@lru_cache(maxsize=64)
def network(n: int, low: int, high: int) -> Comparisons:
    """The comparisons after which positions `low` to `high` (excluded) hold the values of these ranks, in some order.

    Args:
        n: how many values there are.
        low: the first rank wanted, from 0.
        high: the rank after the last one wanted, at most n.

    Returns:
        A read-only array of shape (m, 2), in the order in which to compare.
    """
    needs = [_Need.ITS_SHARE_OF_THE_SUM if low <= i < high else _Need.NOTHING for i in range(n)]
    kept = []
    for i, j in reversed(list(_merge_exchange(n))):
        if needs[i] is needs[j] and needs[i] is not _Need.ITS_VALUE:
            continue
        needs[i] = needs[j] = _Need.ITS_VALUE
        kept.append((i, j))
    comparisons = np.array(kept[::-1], np.int32).reshape(-1, 2)
    comparisons.setflags(write=False)
    return comparisons
