"""One data set under several identities (F-1, F-99)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parley.tasks.simulation.attackers.vectors import unit
from parley.tasks.simulation.participants import Honest, Participant, Real, Sight


@dataclass(frozen=True, eq=False)
class Twin:
    """Sends another identity's update with a little noise on it (F-1).

    Attributes:
        inner: whose.
        index: tells the noise of several apart.
        noise: norm of the noise over the update's.
    """

    inner: Participant
    index: int
    noise: float = 0.01

    def update(self, sight: Sight) -> Real:
        """The near copy of this round's update, which nobody else could have."""
        own = self.inner.update(sight)
        noise = unit(sight.random(17, self.index).normal(0.0, 1.0, len(own)))
        return own + self.noise * float(np.linalg.norm(own)) * noise


def split(owner: Honest, parts: int, first_index: int) -> list[Honest]:
    """The owner's data cut at random into `parts`, each under an identity of its own (F-1)."""
    order = np.random.default_rng(first_index).permutation(len(owner.data))
    pieces = np.array_split(order, parts)
    return [Honest(owner.data.take(np.sort(piece)), first_index + k) for k, piece in enumerate(pieces)]


@dataclass(frozen=True)
class BorderHugger:
    """Sits just inside the border of a trimmed mean and pulls every coordinate to one side (F-99).

    Attributes:
        side: 1 for the upper border, -1 for the lower.
        trim: share of the updates that the rule leaves out at each end.
        honest: reveal indices below this are honest trainers, whose last updates show where the border is.
    """

    side: int
    trim: float
    honest: int

    def update(self, sight: Sight) -> Real:
        """Coordinate by coordinate the last round's honest value at the border; zero in the first round."""
        if not sight.revealed:
            return sight.nothing()
        ranked = np.sort(np.array(sight.revealed[-1][: self.honest]), axis=0)
        inside = int(self.trim * self.honest)
        border: Real = ranked[-1 - inside if self.side > 0 else inside]
        return border
