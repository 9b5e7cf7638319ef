"""Participants that own nothing and train nothing: zero, copies, the last aggregate (F-91, F-92)."""

from __future__ import annotations

from dataclasses import dataclass

from parley.tasks.simulation.attackers.vectors import sized, unit
from parley.tasks.simulation.participants import Real, Sight


@dataclass(frozen=True)
class Silent:
    """Sends a zero update; as many as the honest ones would freeze the model (F-91)."""

    def update(self, sight: Sight) -> Real:
        """Zero."""
        return sight.nothing()


@dataclass(frozen=True)
class Noisy:
    """Sends noise as large as an honest update (F-98).

    Attributes:
        index: tells the seeds of coalition members apart.
        factor: its norm in settled norms.
    """

    index: int
    factor: float = 1.0

    def update(self, sight: Sight) -> Real:
        """A random direction."""
        return sized(sight.random(self.index).normal(0.0, 1.0, sight.task.params), sight, self.factor)


@dataclass(frozen=True)
class Copier:
    """Resubmits another's update of an earlier round, with noise or without (F-92).

    Attributes:
        victim: its reveal index.
        lag: how many rounds ago.
        noise: norm of the noise over the update's.
    """

    victim: int = 0
    lag: int = 1
    noise: float = 0.0

    def update(self, sight: Sight) -> Real:
        """The copy; zero while there is nothing to copy."""
        if len(sight.revealed) < self.lag:
            return sight.nothing()
        copy = sight.revealed[-self.lag][self.victim]
        noise = unit(sight.random(11).normal(0.0, 1.0, len(copy)))
        return copy + self.noise * float((copy @ copy) ** 0.5) * noise


@dataclass(frozen=True)
class Follower:
    """Sends the last aggregate again, as large as it may be (F-91)."""

    def update(self, sight: Sight) -> Real:
        """The aggregate's direction."""
        return sized(sight.aggregate, sight)
