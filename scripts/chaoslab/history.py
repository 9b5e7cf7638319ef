"""What is known when a run is over: the chain's record, and which worker was up when. Plain data, made to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.chain.model import Policy, RoundState
from parley.chain.view import RoundRecord
from parley.cli.demo.attacks.registry import Kind as Play
from parley.cli.demo.audit import Check

WIPED = "wipe"
"""Why a worker was out that lost its disk."""


@dataclass(frozen=True, slots=True)
class Actor:
    """An honest player.

    Attributes:
        name: of its process.
        kind: what it does.
        operator: its address.
    """

    name: str
    kind: Play
    operator: str


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a worker could not act.

    Attributes:
        name: of the worker.
        why: the kind of event.
        start: chain time of the newest block when it began, seconds.
        end: of the newest block when it was over, `None` if it never was.
    """

    name: str
    why: str
    start: int
    end: int | None

    def meets(self, start: int, end: int) -> bool:
        """Whether it takes anything of the window [start, end)."""
        return self.start < end and (self.end is None or self.end >= start)


@dataclass(frozen=True, slots=True)
class Act:
    """A mined transaction of a player.

    Attributes:
        operator: who sent it.
        nonce: of its key.
        block: height.
        function: what it called, `?` where it is none of the contracts'.
        data: calldata.
        round: that its arguments name, else the one that was open.
        succeeded: it did not revert.
    """

    operator: str
    nonce: int
    block: int
    function: str
    data: bytes
    round: int
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A round that is over.

    Attributes:
        record: what happened in it.
        state: its last state before the block that ended it.
        read_at: chain time of that state, seconds; `opened` and `ended` likewise, of the blocks that did so.
        key_opened: its validation shard was opened.
        reward_root: that of the accounts after it, recomputed; `None` if it is not final (P-12).
        reorgs: how many there were while it ran.
    """

    record: RoundRecord
    state: RoundState
    opened: int
    read_at: int
    ended: int
    key_opened: bool
    reward_root: bytes | None = None
    reorgs: int = 0


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What should not be there when all has ended.

    Attributes:
        processes: that still run.
        files: temporary ones.
        locks: that somebody still holds.
        slots: transactions that journals hold as undecided.
        pool: transactions that wait in the node's pool.
        exits: workers that ended by themselves or in disorder.
    """

    processes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """All of it.

    Attributes:
        planned: how many rounds were to be played.
        rounds: those that are over, by number.
        policies: by version.
        actors: the players.
        acts: their transactions, in the order of the chain.
        outages: of the workers.
        books: the money, checked.
        stakes: what each member has in the stake vault, free and locked, by name, wei.
        deposit: what each paid in, wei.
        burned: slashed stake that waits to be burned, wei.
        leftovers: what was left behind.
    """

    planned: int
    rounds: Mapping[int, Past]
    policies: Mapping[int, Policy]
    actors: tuple[Actor, ...]
    acts: tuple[Act, ...] = ()
    outages: tuple[Outage, ...] = ()
    books: tuple[Check, ...] = ()
    stakes: Mapping[str, int] = field(default_factory=dict)
    deposit: int = 0
    burned: int = 0
    leftovers: Leftovers = Leftovers()

    def of_kind(self, kind: Play) -> tuple[Actor, ...]:
        """The players of a kind."""
        return tuple(actor for actor in self.actors if actor.kind == kind)

    def was_up(self, name: str, start: int, end: int) -> bool:
        """Whether a worker could act for the whole window [start, end), chain seconds."""
        return not any(outage.name == name and outage.meets(start, end) for outage in self.outages)

    def was_wiped(self, name: str, start: int, end: int) -> bool:
        """Whether a worker lost its disk within [start, end)."""
        return any(o.name == name and o.why == WIPED and o.meets(start, end) for o in self.outages)

    def name_of(self, operator: str) -> str:
        """A player's name by its address."""
        return next((actor.name for actor in self.actors if actor.operator == operator), operator)
