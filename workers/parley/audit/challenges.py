"""Until when a settlement can fall: demanded data put that off, step by step (P-22). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parley.chain.disputed import node_of
from parley.chain.events import Event
from parley.chain.model import Policy
from parley.numerics.descent import STRIDE


@dataclass(frozen=True, slots=True)
class Challenge:
    """What `Demands` keeps of a standing settlement.

    Attributes:
        start: E_0, the end while nothing is demanded, seconds.
        end: as it is now, seconds.
        open: demands that are not answered.
        demanded: steps of which something was demanded.
        supplied: steps of which something was supplied.
    """

    start: int
    end: int
    open: int = 0
    demanded: frozenset[int] = frozenset()
    supplied: frozenset[int] = frozenset()

    @property
    def contested(self) -> bool:
        """A demand is open."""
        return self.open != 0

    def until(self, step: int, policy: Policy) -> int:
        """E_t: until when nodes of a step may be demanded, seconds."""
        return self.start + step * (policy.supply + policy.challenge)

    def after(self, event: Event, policy: Policy) -> Challenge:
        """After `Demanded` or `Supplied`."""
        step = step_of(event)
        if event.name == "Demanded":
            first, end = step not in self.demanded, self.until(step, policy) + policy.supply
            changed = replace(self, open=self.open + 1, demanded=self.demanded | {step})
        else:
            first, end = step not in self.supplied, self.until(step + 1, policy)
            changed = replace(self, open=self.open - 1, supplied=self.supplied | {step})
        return replace(changed, end=max(self.end, end)) if first else changed


def step_of(event: Event) -> int:
    """The step of the node that is demanded or supplied: how many times eight levels below the root it lies."""
    return -(-node_of(event.args["node"]).level // STRIDE)
