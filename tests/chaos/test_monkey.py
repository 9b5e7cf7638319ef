"""The monkey does what the schedule says, when it says so, and makes it good again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from chaoslab.events import Event, Kind
from chaoslab.monkey import BETWEEN, NOTHING, PATIENCE_SECONDS, Monkey
from parley.chain.model import Phase
from tests.faults.kinds import Fault

pytestmark = pytest.mark.unit


@dataclass
class World:
    """Chain, crew, node and proxy in one, which only keep what was done to them."""

    time: float = 0.0
    now: int = 1_000
    pool: dict[str, str] = field(default_factory=dict)
    up: bool = True
    calls: list[tuple[object, ...]] = field(default_factory=list)
    trouble: set[str] = field(default_factory=set)
    name: str = "kubo-1"

    def waiting(self) -> dict[str, str]:
        return self.pool

    def drop_transactions(self) -> int:
        return len(self.pool)

    def kill(self, *who: str) -> bool:
        self.calls.append(("kill", *who))
        return self.up

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self.calls.append((name, *given))


def monkey_for(world: World, *events: Event) -> Monkey:
    anything = cast(Any, world)
    return Monkey(events, anything, anything, {"kubo-1": anything}, {"t": [anything, anything]}, lambda: world.time)


def event(kind: Kind, target: str = "", *, amount: int = 0, fault: Fault | None = None) -> Event:
    """One of round 2, three seconds into the reveals, that lasts five."""
    return Event(kind, 2, Phase.REVEAL, 3.0, target, 5.0, amount, fault)


def test_tick__phase_and_delay__decide_when() -> None:
    """Not before its phase, not before its delay; a round that ended early does not save anybody."""
    world = World()
    monkey = monkey_for(world, event(Kind.KILL, "t"))
    assert monkey.tick(1, BETWEEN) == []
    assert monkey.tick(2, Phase.TRAIN) == []
    assert monkey.tick(2, Phase.SETTLE) == []
    world.time = 3.0
    assert [done.event.kind for done in monkey.tick(3, Phase.TRAIN)] == [Kind.KILL]
    assert world.calls == [("kill", "t", Kind.KILL)]


def test_tick__killed_worker__is_started_again_after_its_time() -> None:
    """The outage lasts as long as the schedule says."""
    world = World()
    monkey = monkey_for(world, event(Kind.KILL, "t"))
    monkey.tick(2, Phase.REVEAL)
    for world.time in (3.0, 7.9):
        monkey.tick(2, Phase.REVEAL)
    assert ("restart", "t") not in world.calls
    world.time = 8.0
    monkey.tick(2, Phase.REVEAL)
    assert ("restart", "t") in world.calls


def test_rest__something_broken__is_mended_and_nothing_more_happens() -> None:
    """The end of a run: all comes back at once."""
    world = World()
    monkey = monkey_for(world, event(Kind.KUBO, "kubo-1"), Event(Kind.FEES, 9, Phase.TRAIN, 0.0, amount=3))
    monkey.tick(2, Phase.REVEAL)
    world.time = 3.0
    monkey.tick(2, Phase.REVEAL)
    assert world.trouble == {"kubo-1"}
    monkey.rest()
    assert world.trouble == set()
    assert world.calls[-1] == ("start",)
    assert monkey.tick(9, Phase.SETTLE) == []


@pytest.mark.parametrize(("endpoints", "out"), [(1, False), (2, True)])
def test_tick__rpc_fault__is_an_outage_only_on_all_endpoints(endpoints: int, *, out: bool) -> None:
    """P-19: a worker with a healthy endpoint is not excused."""
    world = World()
    monkey = monkey_for(world, event(Kind.RPC, "t", amount=endpoints, fault=Fault.GARBAGE))
    monkey.tick(2, Phase.REVEAL)
    world.time = 3.0
    monkey.tick(2, Phase.REVEAL)
    assert world.calls.count(("set", Fault.GARBAGE)) == endpoints
    assert (("begin_outage", "t", "rpc") in world.calls) == out
    monkey.rest()
    assert world.calls.count(("set", None)) == endpoints
    assert monkey.counts() == {"rpc garbage": 1}


def test_tick__worker_down_already__counts_as_nothing() -> None:
    """What did not happen is not counted, and not mended."""
    world = World(up=False)
    monkey = monkey_for(world, event(Kind.KILL, "t"))
    monkey.tick(2, Phase.REVEAL)
    world.time = 3.0
    assert monkey.tick(2, Phase.REVEAL)[0].note == NOTHING
    monkey.rest()
    assert monkey.counts() == {}
    assert ("restart", "t") not in world.calls


def test_tick__empty_pool__is_waited_for() -> None:
    """Transactions are dropped when there are some; after a while there was nothing to break."""
    world = World()
    monkey = monkey_for(world, event(Kind.DROP), event(Kind.DROP))
    monkey.tick(2, Phase.REVEAL)
    world.time = 4.0
    assert monkey.tick(2, Phase.REVEAL) == []
    world.pool = {"0xh": "0xs"}
    assert [done.note for done in monkey.tick(2, Phase.REVEAL)] == ["1 transactions"] * 2
    idle = World()
    late = monkey_for(idle, event(Kind.DROP))
    late.tick(2, Phase.REVEAL)
    idle.time = 3.0 + PATIENCE_SECONDS
    assert late.tick(2, Phase.REVEAL)[0].note == NOTHING
