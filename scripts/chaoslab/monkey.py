"""Does what the schedule says, and makes good again what lasts only for a while."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaoslab.chain import ChainFaults
from chaoslab.crew import RPC, Crew
from chaoslab.events import Event, Kind
from chaoslab.nodes import Node
from parley.chain.model import Phase
from tests.faults.kinds import Fault
from tests.faults.proxy import FaultProxy

BETWEEN = Phase.CLOSED + 1
"""Place of a federation without an open round: after all phases."""


@dataclass(frozen=True, slots=True)
class Done:
    """An event that happened.

    Attributes:
        event: which.
        time: of the chain, seconds.
        note: what came of it; empty where it was as planned.
        happened: false if there was nothing to break.
    """

    event: Event
    time: int
    note: str = ""
    happened: bool = True


PATIENCE_SECONDS = 15.0
"""For which an event waits until there is something to break."""

NOTHING = "nothing to break"
"""What an event comes to whose target is down already."""


class Monkey:
    """Breaks things.

    Args:
        events: what is to happen.
        chain: how to break the chain.
        crew: the workers.
        nodes: content stores by name.
        proxies: each worker's ways to the chain's node, by name.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        events: Iterable[Event],
        chain: ChainFaults,
        crew: Crew,
        nodes: Mapping[str, Node],
        proxies: Mapping[str, Sequence[FaultProxy]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = list(events)
        self._armed: list[tuple[float, Event]] = []
        self._repairs: list[tuple[float, Callable[[], None]]] = []
        self._chain, self._crew, self._nodes, self._proxies, self._clock = chain, crew, nodes, proxies, clock
        self._faulty: set[str] = set()
        self.done: list[Done] = []

    def tick(self, round_: int, phase: int) -> list[Done]:
        """Do all that is due; `phase` is `BETWEEN` where no round is open. Returns what happened."""
        now = self._clock()
        for event in [e for e in self._waiting if (e.round, e.phase) <= (round_, phase)]:
            self._waiting.remove(event)
            self._armed.append((now + event.delay, event))
        self._repair(now)
        due = [entry for entry in self._armed if self._is_ripe(entry[1], now - entry[0])]
        self._armed = [entry for entry in self._armed if entry not in due]
        new = [self._do(event) for _, event in due]
        self.done += new
        return new

    def rest(self) -> None:
        """Make everything good that is broken; nothing more happens."""
        self._waiting.clear()
        self._armed.clear()
        self._repair(float("inf"))

    def counts(self) -> Counter[str]:
        """How many events of each kind happened; faults of the RPC path by their names."""
        return Counter(_label(done.event) for done in self.done if done.happened)

    def _is_ripe(self, event: Event, overdue: float) -> bool:
        """Whether it is time; the pool is emptied when something is in it, or after a while for nothing."""
        if event.kind is Kind.DROP and 0 <= overdue < PATIENCE_SECONDS:
            return bool(self._chain.waiting())
        return overdue >= 0

    def _repair(self, now: float) -> None:
        for entry in [entry for entry in self._repairs if entry[0] <= now]:
            self._repairs.remove(entry)
            entry[1]()

    def _do(self, event: Event) -> Done:
        acts: dict[Kind, Callable[[Event], str | None]] = {
            Kind.KILL: lambda e: self._stop(e, self._crew.kill(e.target, e.kind)),
            Kind.TERM: lambda e: self._stop(e, self._crew.term(e.target, e.kind)),
            Kind.WIPE: lambda e: self._stop(e, self._crew.wipe(e.target)),
            Kind.RPC: self._rpc,
            Kind.KUBO: self._kubo,
            Kind.REORG: lambda e: f"{self._chain.reorg(e.amount)} blocks",
            Kind.FEES: lambda e: self._chain.spike(e.amount),
            Kind.MINING: self._mining,
            Kind.DROP: self._drop,
            Kind.CORRUPT: lambda e: self._nodes[e.target].corrupt(e.amount) or NOTHING,
        }
        time_ = self._chain.now
        note = acts[event.kind](event) or ""
        return Done(event, time_, note, happened=note != NOTHING)

    def _stop(self, event: Event, was_up: bool) -> str:
        """Have a worker started again that was just sent a signal."""
        return self._later(event, lambda: self._crew.restart(event.target)) if was_up else NOTHING

    def _rpc(self, event: Event) -> str:
        if event.target in self._faulty:
            return NOTHING
        all_ways = self._proxies[event.target]
        broken = all_ways[: event.amount]
        for proxy in broken:
            proxy.set(event.fault)
        self._faulty.add(event.target)
        if event.fault is not Fault.DELAY and len(broken) == len(all_ways):
            self._crew.begin_outage(event.target, RPC)

        def mend() -> None:
            for proxy in broken:
                proxy.set(None)
            self._faulty.discard(event.target)
            self._crew.end_outage(event.target, RPC)

        return self._later(event, mend)

    def _drop(self, _: Event) -> str:
        count = self._chain.drop_transactions()
        return f"{count} transactions" if count else NOTHING

    def _kubo(self, event: Event) -> str:
        node = self._nodes[event.target]
        if not node.kill():
            return NOTHING
        self._crew.trouble.add(node.name)

        def mend() -> None:
            node.start()
            self._crew.trouble.discard(node.name)

        return self._later(event, mend)

    def _mining(self, event: Event) -> str:
        self._chain.stop_mining()
        self._crew.trouble.add(event.kind)

        def mend() -> None:
            self._chain.resume_mining()
            self._crew.trouble.discard(event.kind)

        return self._later(event, mend)

    def _later(self, event: Event, mend: Callable[[], None]) -> str:
        self._repairs.append((self._clock() + event.seconds, mend))
        return ""


def _label(event: Event) -> str:
    return f"{event.kind} {event.fault}" if event.fault else str(event.kind)
