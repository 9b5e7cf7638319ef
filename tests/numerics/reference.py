"""The protocol's arithmetic written down as DESIGN spells it: slow, in Python's integers, without NumPy's types."""

from __future__ import annotations

from collections.abc import Sequence

from eth_hash.auto import keccak

LOWEST, HIGHEST = -(2**31), 2**31 - 1
ZERO_WORD = bytes.fromhex("80000000" * 8)


def clamp(value: int) -> int:
    return max(LOWEST, min(HIGHEST, value))


def rescale(q: int, scale: int) -> int:
    return q * scale // 2**16


def aggregate(rule: int, column: Sequence[int], scales: Sequence[int], scores: Sequence[int], trim_bps: int) -> int:
    """P-6, of one coordinate."""
    n = len(column)
    if n == 0:
        return 0
    x = [rescale(q, c) for q, c in zip(column, scales, strict=True)]
    if rule == 0:
        return sum(x) // n
    if rule == 1:
        return sum(w * v for w, v in zip(scores, x, strict=True)) // sum(scores)
    if rule == 3:
        return sorted(x)[(n - 1) // 2]
    k = n * trim_bps // 10_000
    return sum(sorted(x)[k : n - k]) // (n - 2 * k)


def next_parameter(old: int, previous: int, aggregated: int, beta: int) -> int:
    """P-6, of one coordinate."""
    look = clamp(old + beta * (old - previous) // 2**16)
    return clamp(look + aggregated)


def tree(leaves: Sequence[bytes], depth: int, pad: bytes) -> list[list[bytes]]:
    """All levels of a padded tree, the root's first."""
    levels = [[*leaves, *[pad] * (2**depth - len(leaves))]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([keccak(below[i] + below[i + 1]) for i in range(0, len(below), 2)])
    return levels[::-1]


def quality(scores: Sequence[int], settled: Sequence[int], own: int | None) -> int:
    """P-26."""
    t = [s for i, s in enumerate(scores) if i != own]
    x = [s for i, s in enumerate(settled) if i != own]
    n = len(t)
    if n <= 1:
        return 0

    def f(s: int) -> int:
        return 0 if s == 0 else s - 1 + 10_000 // n

    peers = min(3, n - 1)
    agreed = peers * sum(min(f(t[i]), f(x[i])) for i in range(n))
    by_chance = sum(min(f(t[i]), f(x[(i + k) % n])) for k in range(1, peers + 1) for i in range(n))
    return max(0, agreed - by_chance)
