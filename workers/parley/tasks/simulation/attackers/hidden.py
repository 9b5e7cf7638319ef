"""Shifts that hide inside the spread of honest updates (F-95, F-96).

Nobody sees an honest update before its own is fixed (P-9), so that a coalition estimates mean and spread from what
its own members would honestly have sent. Every member sends the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parley.tasks.simulation.attackers.vectors import unit
from parley.tasks.simulation.participants import Participant, Real, Sight


@dataclass(frozen=True, eq=False)
class Hidden:
    """One of a coalition.

    Attributes:
        coalition: its members as they would be if they were honest.
    """

    coalition: Sequence[Participant]

    def honest(self, sight: Sight) -> npt.NDArray[np.float64]:
        """What the coalition would send honestly, shape (members, P)."""
        return np.array([one.update(sight) for one in self.coalition])


@dataclass(frozen=True, eq=False)
class LittleIsEnough(Hidden):
    """Shifts every coordinate by a multiple of its spread: Baruch et al., 2019, arXiv:1902.06156 (F-95).

    Attributes:
        deviations: the multiple.
    """

    deviations: float = 1.0

    def update(self, sight: Sight) -> Real:
        """Mean less `deviations` standard deviations."""
        own = self.honest(sight)
        shifted: Real = own.mean(axis=0) - self.deviations * own.std(axis=0)
        return shifted


@dataclass(frozen=True, eq=False)
class InnerProduct(Hidden):
    """Sends the mean turned round: Xie et al., 2019, arXiv:1903.03936 (F-96).

    Attributes:
        factor: by how much, small enough to pass for honest.
    """

    factor: float = 0.5

    def update(self, sight: Sight) -> Real:
        """`-factor` times the mean."""
        turned: Real = -self.factor * self.honest(sight).mean(axis=0)
        return turned


@dataclass(frozen=True, eq=False)
class MinMax(Hidden):
    """Goes back from the mean as far as two honest updates lie apart: Shejwalkar and Houmansadr, NDSS 2021 (F-96)."""

    def update(self, sight: Sight) -> Real:
        """The farthest point against the mean that is no farther from any honest update than they are apart."""
        own = self.honest(sight)
        mean = own.mean(axis=0)
        apart = max(float(np.linalg.norm(a - b)) for a in own for b in own)
        step, back = float(np.linalg.norm(mean)) * 4, unit(mean)
        while step > 1e-3 and max(float(np.linalg.norm(mean - step * back - a)) for a in own) > apart:
            step *= 0.8
        farthest: Real = mean - step * back
        return farthest
