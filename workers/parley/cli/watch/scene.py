"""All that a screen shows of a federation at one moment: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parley.chain.events import Event
from parley.chain.view import View
from parley.history.charter import Charter
from parley.history.model import Round, State
from parley.history.sentences import Names
from parley.roles.agenda import Item


@dataclass(frozen=True, slots=True)
class Own:
    """One of one's own operators.

    Attributes:
        operator: its address.
        name: of its key.
        free_stake: wei.
        items: what its workers must do in the round that runs.
    """

    operator: str
    name: str
    free_stake: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a federation.

    Attributes:
        view: the federation.
        charter: its terms and policies.
        rounds: all of them by number.
        events: all of them, in the order of the chain.
        own: one's own operators that have a role in it.
        reorgs: how many reorganisations were seen.
    """

    view: View
    charter: Charter
    rounds: Mapping[int, Round]
    events: Sequence[Event] = field(repr=False)
    own: tuple[Own, ...] = ()
    reorgs: int = 0

    @property
    def current(self) -> Round | None:
        """The round that runs, or the last one."""
        return self.rounds.get(self.view.round.round)

    @property
    def names(self) -> Names:
        """What the operators of the current round, and one's own, are called."""
        known = set(self.view.members.values()) | {own.operator for own in self.own} | {self.charter.sponsor}
        if self.current is not None:
            known |= {update.operator for update in self.current.updates}
            known |= {panelist.operator for panelist in self.current.panel}
            known |= {posted.aggregator for posted in self.current.settlements}
        return Names(known, {own.operator: own.name for own in self.own})

    def earned(self, operator: str) -> int:
        """What an operator earned in all final rounds, wei."""
        return sum(round_.earned.get(operator, 0) for round_ in self.rounds.values() if round_.state is State.FINAL)

    def last(self, count: int) -> list[Round]:
        """The newest rounds that have ended, the newest first."""
        ended = (round_ for _, round_ in sorted(self.rounds.items(), reverse=True) if round_.state is not State.OPEN)
        return [round_ for _, round_ in zip(range(count), ended, strict=False)]


@dataclass(frozen=True, slots=True)
class Moment:
    """A scene on a screen.

    Attributes:
        scene: the newest one; `None` before the first.
        seen: seconds, by the local clock, since the scene's block was first seen: the chain's time goes on.
        trouble: why nothing newer is known; `None` while the node answers.
    """

    scene: Scene | None
    seen: float = 0.0
    trouble: str | None = None

    @property
    def now(self) -> int:
        """The time by which the next block is judged, as far as one can tell, seconds."""
        return 0 if self.scene is None else self.scene.view.time + int(self.seen)
