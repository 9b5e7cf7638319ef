"""Timing a call, and the figures that every part of the benchmark hands back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One thing measured, in one way.

    Attributes:
        task: what was done, the same for all ways of doing it.
        way: who did it; the first way of a task is the one that ratios compare with.
        seconds: the best of several runs.
        amount: how much was done in that time, in `unit`.
        unit: "B" is shown as GB/s, anything else as time for each.
    """

    task: str
    way: str
    seconds: float
    amount: int
    unit: str = "B"

    @property
    def rate(self) -> str:
        """Throughput or cost of each, for people."""
        if self.unit == "B":
            return f"{self.amount / self.seconds / 1e9:.2f} GB/s"
        if self.each >= 1:
            return f"{self.each:.1f} s/{self.unit}"
        if self.each >= 1e-3:
            return f"{self.each * 1e3:,.0f} ms/{self.unit}"
        return f"{self.seconds / self.amount * 1e9:,.0f} ns/{self.unit}"

    @property
    def each(self) -> float:
        """Seconds for each byte or unit: what ratios are of."""
        return self.seconds / self.amount

    @property
    def measured(self) -> str:
        """The time, for people."""
        return f"{self.seconds * 1e3:,.2f} ms"

    @property
    def values(self) -> dict[str, object]:
        """What a program gets."""
        return {"seconds": self.seconds, "amount": self.amount, "unit": self.unit}


@dataclass(frozen=True)
class Memory:
    """What a process holds of memory.

    Attributes:
        task: as of `Figure`; `way` likewise.
        bytes: resident, the most that was seen.
    """

    task: str
    way: str
    bytes: int
    rate: str = ""

    @property
    def each(self) -> float:
        """What ratios are of: bytes."""
        return float(self.bytes)

    @property
    def measured(self) -> str:
        """The size, for people."""
        return f"{self.bytes / 2**20:,.0f} MiB"

    @property
    def values(self) -> dict[str, object]:
        """What a program gets."""
        return {"bytes": self.bytes}


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        params: parameters of a vector.
        updates: how many updates to aggregate, each a table of its own.
        budget: seconds to spend on one figure, but at least two runs.
    """

    params: int
    updates: tuple[int, ...]
    budget: float


QUICK = Effort(params=1_000_000, updates=(10,), budget=0.5)
FULL = Effort(params=1_000_000, updates=(10, 100), budget=3.0)


def best_seconds(call: Callable[[], object], budget: float) -> float:
    """The shortest of at least two runs, after one that does not count (it compiles and warms up)."""
    call()
    runs: list[float] = []
    while len(runs) < 2 or (sum(runs) < budget and len(runs) < 50):
        start = time.perf_counter()
        call()
        runs.append(time.perf_counter() - start)
    return min(runs)
