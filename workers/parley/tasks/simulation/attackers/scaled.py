"""One's own update larger, turned round, or averaged over many trainings (F-33, F-94)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.tasks.simulation.attackers.vectors import sized
from parley.tasks.simulation.participants import Participant, Real, Sight


@dataclass(frozen=True, eq=False)
class Scaled:
    """Multiplies an update: by 5 to weigh more (F-33), by -1 or -10 to do harm (F-94).

    Attributes:
        inner: whose.
        factor: by what.
    """

    inner: Participant
    factor: float

    def update(self, sight: Sight) -> Real:
        """The multiple."""
        return self.factor * self.inner.update(sight)


@dataclass(frozen=True, eq=False)
class Average:
    """Sends the mean of several updates at the largest norm that counts: more work, less noise.

    Attributes:
        of: whose.
    """

    of: Sequence[Participant]

    def update(self, sight: Sight) -> Real:
        """The mean, brought to 1.2 settled norms."""
        return sized(np.mean([one.update(sight) for one in self.of], axis=0), sight, 1.2)
