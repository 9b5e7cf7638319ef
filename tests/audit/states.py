"""Events made by hand, and the state that they lead to."""

from __future__ import annotations

from typing import Any

from parley.audit.replay import State
from parley.chain.events import Event
from parley.chain.model import Role, RoundState
from parley.chain.view import Block, Recorded
from tests.roles.builders import POLICY, TERMS

NAMES = [f"0x{i:040x}" for i in range(1, 9)]
TOLD = Recorded(31337, "0x" + "44" * 20, 1, Block(9, b"h" * 32, 1), TERMS, {1: POLICY}, {}, {}, {})


def event(name: str, time: int = 0, **args: Any) -> Event:  # noqa: ANN401 - an event's arguments
    return Event(name, args, time, time.to_bytes(32, "big"), time, b"t" * 32, 0)


def joined(operator: str, roles: Role, first: int = 1) -> Event:
    return event("Joined", operator=operator, roles=int(roles), stake=100, **{"from": first})


def opened() -> State:
    """A round of three trainers and three evaluators that opened at second 100."""
    state = State(TOLD)
    for name in NAMES[:3]:
        state.take(joined(name, Role.TRAINER | Role.EVALUATOR | Role.AGGREGATOR))
    state.take(event("RoundOpened", 100, round=1, version=1, trainEnd=100 + POLICY.train, trainers=3, seats=3))
    return state


def put(state: State, round_: RoundState) -> None:
    """Let the state's round be another."""
    assert state.clock is not None
    state.clock.state = round_
