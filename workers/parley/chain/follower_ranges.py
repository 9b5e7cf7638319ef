"""Splits a range of blocks into questions that a node is willing to answer (P-19). Pure: the question is a function.

Nodes bound the blocks or the logs of one answer, each in its own way, and some just take too long. A refused range is
halved; what was accepted lets the next question be a little wider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from parley.chain.errors import NodeRefused, Overlong

MAX_RANGE = 2_000
"""Blocks asked for at a time; many nodes refuse more than some thousand."""

MAX_LATE = 1
"""How often in a row a range that took too long is asked for again by half: a node that is down answers none at all."""

_GROWTH = 4
_T = TypeVar("_T")


class RangeReader:
    """Reads ranges, and remembers from one to the next how wide they may be.

    Args:
        widest: blocks asked for at a time at most.
    """

    def __init__(self, widest: int = MAX_RANGE) -> None:
        self._widest = widest
        self._width = widest

    def read(self, low: int, high: int, ask: Callable[[int, int], list[_T]]) -> list[_T]:
        """All answers from block `low` to block `high`, both included, each block asked for in one answer exactly.

        Args:
            low: first block.
            high: last block; nothing is asked if it is below the first.
            ask: from first and last block to what is there.

        Raises:
            NodeRefused: the node refuses a single block.
            Overlong: it takes too long again and again.
        """
        answers: list[_T] = []
        late = 0
        while low <= high:
            end = min(low + self._width - 1, high)
            try:
                answers += ask(low, end)
            except (NodeRefused, Overlong) as error:
                late += isinstance(error, Overlong)
                self._width = max(1, (end - low + 1) // 2)
                if end == low or late > MAX_LATE:
                    raise
                continue
            late = 0
            if end - low + 1 == self._width:
                self._width = min(self._widest, self._width + max(1, self._width // _GROWTH))
            low = end + 1
        return answers
