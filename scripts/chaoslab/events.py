"""What the monkey does, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from parley.chain.model import Phase
from tests.faults.kinds import Fault


class Kind(StrEnum):
    """A kind of event."""

    KILL = "kill"
    """A worker is killed (SIGKILL), and started again after a while."""
    TERM = "term"
    """A worker is asked to end (SIGTERM), and started again after a while."""
    WIPE = "wipe"
    """A worker is killed and loses its disk, all but key, data and configuration; started again after a while."""
    RPC = "rpc"
    """One of a worker's ways to the chain's node, or all of them, show a fault for a while."""
    KUBO = "kubo"
    """A Kubo node is killed (SIGKILL), and started again after a while."""
    REORG = "reorg"
    """The newest blocks are replaced by empty ones."""
    FEES = "fees"
    """The base fee jumps, and decays as the protocol has it."""
    MINING = "mining"
    """No block is mined for a while."""
    DROP = "drop"
    """The node's pool forgets what was not mined yet."""
    CORRUPT = "corrupt"
    """A bit of stored content flips on one node's disk."""


AT_WORKERS = frozenset({Kind.KILL, Kind.TERM, Kind.WIPE, Kind.RPC})
"""Kinds that hit a worker."""

AT_NODES = frozenset({Kind.KUBO, Kind.CORRUPT})
"""Kinds that hit a store."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that goes wrong.

    Attributes:
        kind: what.
        round: in which round, from 1.
        phase: not before it has come to this phase.
        delay: seconds after that.
        target: a worker's or a node's name; empty for what hits the chain.
        seconds: how long it lasts; 0 for what happens at once.
        amount: depth of a reorg in blocks, base fee in gwei, seed of the flipped bit, number of RPC endpoints.
        fault: of the RPC path.
    """

    kind: Kind
    round: int
    phase: Phase
    delay: float
    target: str = ""
    seconds: float = 0.0
    amount: int = 0
    fault: Fault | None = None

    def __str__(self) -> str:
        """One line for logs and reports."""
        what = f"{self.kind} {self.fault}" if self.fault else str(self.kind)
        where = f" of {self.target}" if self.target else ""
        much = f" {self.amount}" if self.kind in (Kind.REORG, Kind.FEES, Kind.RPC) else ""
        long = f" for {self.seconds:g} s" if self.seconds else ""
        return f"round {self.round} {self.phase.name.lower()} +{self.delay:g} s: {what}{where}{much}{long}"
