"""What a worker may do next. `decide` names one of these, `execute` does it."""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.chain.disputed import Demand
from parley.numerics import descent
from parley.numerics.faults import BeyondClip, Fault, Node


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do now.

    Attributes:
        reason: what is waited for, for people.
        until: chain time, in seconds, at which it may change by itself; `None` if only somebody else's act can.
    """

    reason: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class CommitUpdate:
    """Train and commit to the update (P-9)."""

    round: int


@dataclass(frozen=True, slots=True)
class RevealUpdate:
    """Publish the committed update and reveal it."""

    round: int


@dataclass(frozen=True, slots=True)
class OpenValidation:
    """Open the validation shard of a round (P-24)."""

    round: int


@dataclass(frozen=True, slots=True)
class CommitScores:
    """Judge the revealed updates and commit to the scores."""

    round: int


@dataclass(frozen=True, slots=True)
class RevealScores:
    """Reveal the committed scores."""

    round: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Recompute the round and post its settlement."""

    round: int
    turn: int


@dataclass(frozen=True, slots=True)
class Advance:
    """Finalise, void or open a round that is due (P-8)."""

    round: int


@dataclass(frozen=True, slots=True)
class Supply:
    """Answer demands for the data of one's own settlement (P-22)."""

    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class CommitProof:
    """Commit to a proof, so that nobody else is paid for it (P-16)."""

    fault: Fault | BeyondClip = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prove:
    """Show what is wrong: with a settlement, or with an update beyond the clip."""

    fault: Fault | BeyondClip = field(repr=False)


@dataclass(frozen=True, slots=True)
class DemandNode:
    """Demand a node of a posted tree (P-22)."""

    wanted: descent.Demand


@dataclass(frozen=True, slots=True)
class Expire:
    """Convict a settlement of not answering a demand."""

    node: Node


@dataclass(frozen=True, slots=True)
class Release:
    """Book the fee of a demand whose outcome is known, wei."""

    settlement: bytes
    node: Node
    fee: int = 0


@dataclass(frozen=True, slots=True)
class Collect:
    """Have the ETH paid out that is booked for one's key, wei."""

    amount: int


Action = (
    Wait
    | CommitUpdate
    | RevealUpdate
    | OpenValidation
    | CommitScores
    | RevealScores
    | Settle
    | Advance
    | Supply
    | CommitProof
    | Prove
    | DemandNode
    | Expire
    | Release
    | Collect
)
