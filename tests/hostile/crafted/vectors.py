"""Updates and models (F-84, F-85, F-86)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.hostile.parsers import PARAMS


def lanes(values: list[int], count: int = PARAMS) -> bytes:
    """Words of these offset-binary lanes, then zeros (q = 0)."""
    words = np.full(-(-count // 8) * 8, 2**31, dtype=">u4")
    words[: len(values)] = values
    return words.tobytes()


def vector_cases() -> dict[str, Callable[[], bytes]]:
    padded = np.frombuffer(lanes([]), ">u4").copy()
    padded[-1] += 1
    return {
        "one parameter word too many": lambda: lanes([], PARAMS + 8),
        "one too few": lambda: lanes([], PARAMS - 8),
        "a padding lane that is not zero": padded.tobytes,
        "all zero bytes": lambda: bytes(len(lanes([]))),
        "all ones": lambda: b"\xff" * len(lanes([])),
        "float64 of the same count": lambda: np.zeros(PARAMS).tobytes(),
        "little-endian lanes": lambda: np.full(PARAMS + 7, 2**31 + 1, "<u4").tobytes(),
    }


UPDATE: dict[str, Callable[[], bytes]] = {
    "float32 NaN as lanes": lambda: np.full(PARAMS, np.nan, ">f4").tobytes() + lanes([], 7)[:28],
    "float32 infinity as lanes": lambda: np.full(PARAMS, np.inf, ">f4").tobytes() + lanes([], 7)[:28],
    "one beyond the clip": lambda: lanes([2**31 + 2**20 + 1]),
    "the lowest integer": lambda: lanes([0]),
    "the highest integer": lambda: lanes([2**32 - 1]),
}
