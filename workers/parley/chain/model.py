"""The contracts' data, mirrored: one frozen dataclass per Solidity struct, fields in the same order.

Amounts are in units of the token's decimals (wei), times in seconds, shares in basis points, digests and roots are 32
bytes. See `contracts/interfaces/ParleyTypes.sol`, which carries the prose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from enum import IntEnum, IntFlag
from typing import Any, Self

from parley.numerics.rules import Rule


class Admission(IntEnum):
    """Who may join a federation."""

    OPEN = 0
    INVITATION = 1


class Phase(IntEnum):
    """Where a federation stands (section 9)."""

    IDLE = 0
    TRAIN = 1
    REVEAL = 2
    KEY = 3
    SCORE_COMMIT = 4
    SCORE_REVEAL = 5
    SETTLE = 6
    CHALLENGE = 7
    FINALIZABLE = 8
    VOIDABLE = 9
    CLOSED = 10


class Role(IntFlag):
    """What a member does; a member may have several."""

    TRAINER = 1
    EVALUATOR = 2
    AGGREGATOR = 4


class _Struct:
    """Between a dataclass and the tuple that the ABI knows."""

    @classmethod
    def from_abi(cls, values: tuple[Any, ...]) -> Self:
        """Build from the values that a call or an event returned, in the order of the fields."""
        names = fields(cls)  # type: ignore[arg-type]
        if len(values) != len(names):
            raise ValueError(f"{cls.__name__} has {len(names)} fields, not {len(values)}")
        return cls(*values)

    def to_abi(self) -> tuple[Any, ...]:
        """The values in the order that the contracts expect."""
        return astuple(self)  # type: ignore[call-overload,no-any-return]


@dataclass(frozen=True, slots=True)
class Terms(_Struct):
    """What never changes in a federation."""

    token: str
    rounds: int
    params: int
    frac_bits: int
    reward_depth: int
    admission: Admission
    task_digest: bytes
    model_root: bytes
    model_digest: bytes
    anchor: bytes


@dataclass(frozen=True, slots=True)
class Policy(_Struct):
    """What the sponsor may change for rounds not yet opened (P-7)."""

    train: int
    reveal: int
    key: int
    score_commit: int
    score_reveal: int
    settle: int
    challenge: int
    supply: int
    min_trainers: int
    max_trainers: int
    seats: int
    quorum: int
    reward: int
    bond: int
    rule: Rule
    trim_bps: int
    beta: int
    trainer_stake: int
    evaluator_stake: int
    initial_norm: int
    aggregator_stake: int
    clip_slash: int
    clip: int
    trainers_bps: int
    evaluators_bps: int

    @property
    def trainer_pool(self) -> int:
        """What the included trainers share in a round, wei."""
        return self.reward * self.trainers_bps // 10_000

    @property
    def evaluator_pool(self) -> int:
        """What the evaluators share in a round, wei."""
        return self.reward * self.evaluators_bps // 10_000

    @property
    def aggregator_pool(self) -> int:
        """What the aggregator gets for a settlement, wei."""
        return self.reward * (10_000 - self.trainers_bps - self.evaluators_bps) // 10_000

    def stake_of(self, roles: Role) -> int:
        """What joining with these roles locks, wei."""
        stakes = {
            Role.TRAINER: self.trainer_stake,
            Role.EVALUATOR: self.evaluator_stake,
            Role.AGGREGATOR: self.aggregator_stake,
        }
        return sum(stake for role, stake in stakes.items() if role in roles)


@dataclass(frozen=True, slots=True)
class Settlement(_Struct):
    """What an aggregator posts."""

    medians: bytes
    norm: int
    earned: int
    row_root: bytes
    model_root: bytes
    model_digest: bytes
    reward_root: bytes


@dataclass(frozen=True, slots=True)
class Header(_Struct):
    """What is hashed and stored of a settlement (P-13)."""

    medians_hash: bytes
    norm: int
    earned: int
    row_root: bytes
    model_root: bytes
    model_digest: bytes
    reward_root: bytes
    turn: int
    aggregator: str
    posted_at: int

    @classmethod
    def empty(cls) -> Header:
        """What `advance` is given where no settlement is finalised."""
        zero = bytes(32)
        return cls(zero, 0, 0, zero, zero, zero, zero, 0, "0x" + "00" * 20, 0)


@dataclass(frozen=True, slots=True)
class FederationState(_Struct):
    """A federation's changing state: `FederationView` of the lens."""

    sponsor: str
    round: int
    version: int
    live: bool
    closed: bool
    trainers: int
    evaluators: int
    aggregators: int
    evaluators_at_opening: int
    aggregators_at_opening: int
    member_count: int
    norm: int
    model_root: bytes
    previous_root: bytes
    key_round: int
    seed_block: int
    seed: bytes


@dataclass(frozen=True, slots=True)
class RoundState(_Struct):
    """The current round's state: `RoundView` of the lens. Times are the phases' ends.

    `turn` is what the lens says: the running turn in Settle, else the first that may still settle, or that did.
    """

    round: int
    version: int
    phase: Phase
    turn: int
    train_end: int
    reveal_end: int
    key_end: int
    score_commit_end: int
    score_reveal_end: int
    final_at: int
    committed: int
    revealed: int
    scores_committed: int
    scores_revealed: int
    trainers: int
    seats: int
    drawn: bool
    seeded: bool


@dataclass(frozen=True, slots=True)
class MemberState(_Struct):
    """An operator's standing: `MemberView` of the lens."""

    roles: Role
    has_index: bool
    index: int
    first_round: int
    last_round: int
    stake: int
    seated: bool
    seat: int
    aggregator_position: int
    committed: bool
    revealed: bool
    reveal_index: int
    scores_committed: bool
    scores_revealed: bool

    def acts(self, role: Role, round_number: int) -> bool:
        """Whether it may act in `role` in that round."""
        return role in self.roles and self.first_round <= round_number <= self.last_round


Struct = Mapping[str, Any] | Sequence[Any]
"""A struct as a call or an event returned it, whichever way it was decoded."""


def values_of(struct: Struct) -> tuple[Any, ...]:
    """The fields of a struct in their order."""
    return tuple(struct.values() if isinstance(struct, Mapping) else struct)


def terms_of(struct: Struct) -> Terms:
    """Terms from a call or an event."""
    values = values_of(struct)
    return Terms.from_abi((*values[:5], Admission(values[5]), *values[6:]))


def policy_of(struct: Struct) -> Policy:
    """A policy likewise."""
    values = values_of(struct)
    return Policy.from_abi((*values[:14], Rule(values[14]), *values[15:]))


def round_of(values: Sequence[Any]) -> RoundState:
    """A round's state as the lens returned it."""
    return RoundState.from_abi((*values[:2], Phase(values[2]), *values[3:]))


def member_of(values: Sequence[Any]) -> MemberState:
    """A member's standing as the lens returned it."""
    return MemberState.from_abi((Role(values[0]), *values[1:]))
