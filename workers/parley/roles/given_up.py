"""Deeds that a worker does not try again: what failed for good in this round, or cost gas for nothing too often."""

from __future__ import annotations

from collections import Counter, OrderedDict

from parley.roles.actions import Action

LIMIT = 256
"""Deeds remembered at most; the oldest go first."""

MINED_REVERTS = 3
"""So many reverts of the same deed may be mined, and paid for, in a round: more look like a fault of one's own."""


class GivenUp:
    """What was given up in the running round. A new round, or a reorg, gives everything another chance."""

    def __init__(self) -> None:
        self._era: tuple[int, int] = (0, 0)
        self._deeds: OrderedDict[Action, None] = OrderedDict()
        self._reverts: Counter[Action] = Counter()

    def enter(self, round_number: int, reorgs: int) -> None:
        """Say which round runs, and how many reorganisations were seen."""
        if (round_number, reorgs) != self._era:
            self._era = round_number, reorgs
            self._deeds.clear()
            self._reverts.clear()

    def add(self, action: Action) -> None:
        """Give a deed up."""
        self._deeds[action] = None
        while len(self._deeds) > LIMIT:
            self._deeds.popitem(last=False)

    def reverted(self, action: Action) -> bool:
        """Note that a deed was mined and reverted; whether that was once too often."""
        self._reverts[action] += 1
        return self._reverts[action] >= MINED_REVERTS

    def __contains__(self, action: Action) -> bool:
        """Whether a deed was given up."""
        return action in self._deeds
