"""What a worker may do next. `decide` names one of these, `execute` does it."""

from __future__ import annotations

from dataclasses import dataclass


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


Action = Wait | CommitUpdate | RevealUpdate | OpenValidation | CommitScores | RevealScores | Settle | Advance
