"""Updates that cancel out: leave one out and the other does harm, so that each looks indispensable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.tasks.dataset import Dataset
from parley.tasks.simulation.attackers.vectors import pooled, sharpest, sized
from parley.tasks.simulation.participants import Participant, Real, Sight


@dataclass(frozen=True, eq=False)
class Opposed:
    """One of two, which add and subtract the direction in which the loss bends most.

    Attributes:
        sign: 1 or -1.
        weight: size of the direction, in settled norms.
        around: whose update it is added to; `None` for nothing but the direction.
        shrink: `around`'s update is brought to this many settled norms; `None` leaves it as it is.
        data: what the direction is found on besides what anybody can see.
    """

    sign: int
    weight: float = 1.0
    around: Participant | None = None
    shrink: float | None = None
    data: Sequence[Dataset] = ()

    def update(self, sight: Sight) -> Real:
        """The direction, around somebody's update; only that update while there is no data to find it on."""
        data = pooled([*self.data, *sight.known])
        base = sight.nothing() if self.around is None else self.around.update(sight)
        if self.shrink is not None:
            base = sized(base, sight, self.shrink)
        return base if data is None else base + self.sign * self.weight * sight.norm * sharpest(sight, data)


@dataclass(frozen=True, eq=False)
class Dragger:
    """Sacrifices itself: pulls back what everybody learns, so that leaving anyone out hurts.

    It is left out and earns nothing; another of the coalition, which leave-one-out would call redundant, is then paid
    by what it adds alone.

    Attributes:
        target: whose update it pulls back; `None` for the last aggregate.
        weight: its norm in settled norms.
        blur: norm of the noise over its own, so that several are not alike.
        index: tells the noise of several apart.
    """

    target: Participant | None = None
    weight: float = 1.0
    blur: float = 0.0
    index: int = 0

    def update(self, sight: Sight) -> Real:
        """The opposite of the target."""
        back = sight.aggregate if self.target is None else self.target.update(sight)
        noise = sight.random(13, self.index).normal(0.0, 1.0, len(back)) / np.sqrt(len(back))
        return -sized(sized(back, sight) + self.blur * sight.norm * noise, sight, self.weight)
