"""The stories of all rounds, told again only where something happened."""

from __future__ import annotations

from collections.abc import Iterable

from parley.chain.events import Event
from parley.history.charter import Charter
from parley.history.model import Round, State
from parley.history.tell import by_round, tell

Mark = tuple[int, bytes, int]
"""How many events a round has, and which is the last: its block's hash stands for all before it."""


class Stories:
    """Keeps the stories of rounds that have ended, of one federation."""

    def __init__(self) -> None:
        self._ended: dict[int, tuple[Mark, Round]] = {}

    def of(self, charter: Charter, events: Iterable[Event], now: int | None = None) -> dict[int, Round]:
        """All rounds of a federation by number; the same as `rounds_of`.

        Args:
            charter: of the federation.
            events: of coordinator and disputes, in the order of the chain.
            now: as of `tell`.
        """
        return {number: self._told(charter, number, own, now) for number, own in by_round(events).items()}

    def _told(self, charter: Charter, number: int, events: list[Event], now: int | None) -> Round:
        mark = (len(events), events[-1].block_hash, events[-1].log_index)
        known = self._ended.get(number)
        if known is not None and known[0] == mark:
            return known[1]
        story = tell(charter, events, now)
        if story.state is not State.OPEN:
            self._ended[number] = mark, story
        return story
