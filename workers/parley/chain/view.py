"""A federation at one block, immutable: all that a worker's decision may depend on.

State comes from the contracts, pinned to the block; what only events carry (CIDs, vectors, settlements) from the logs
up to it. `phase_at` mirrors `Phases.phaseOf` of the contracts, so that a decision can be made for the next block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from parley.chain.commitments import settlement_hash
from parley.chain.disputed import Conviction, Demand
from parley.chain.model import FederationState, Header, MemberState, Phase, Policy, RoundState, Settlement, Terms

LAST_TURN = 4
"""Turns 0 to 3 are drawn, turn 4 is anybody's, from turn 5 on the round is void (P-27)."""


@dataclass(frozen=True, slots=True)
class Block:
    """The block that a view was read at.

    Attributes:
        number: its height.
        hash: its 32-byte hash.
        timestamp: seconds since the epoch.
    """

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Reveal:
    """A revealed update.

    Attributes:
        index: reveal index.
        operator: who revealed it.
        root: word root.
        digest: sha2-256 digest of its CID.
        block: height of the block that holds the reveal.
    """

    index: int
    operator: str
    root: bytes
    digest: bytes
    block: int


@dataclass(frozen=True, slots=True)
class RevealedVector:
    """A revealed score vector.

    Attributes:
        seat: of the evaluator.
        operator: who revealed it.
        vector: on the wire (P-11).
        salt: from which its half of the shard follows.
    """

    seat: int
    operator: str
    vector: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """What happened in a round, in the order of the chain.

    Attributes:
        number: counted from 1, void rounds included.
        version: policy version it opened with.
        opened_block: height of the block that opened it.
        commitments: of updates, by operator; the last one counts.
        reveals: by reveal index.
        score_commitments: by operator; the last one counts.
        vectors: in the order of reveal.
        settlement: the standing settlement, or `None`.
        header: its header, or `None`.
        settled_block: height of the block that holds it.
        final: it is final.
        void: it is void.
        ended_block: height of the block that ended it, or `None`.
        demands: on all of its settlements, in the order of the chain (P-22).
        convictions: its settlements that fell, in the order of the chain.
        clipped: operators that were slashed for their update of this round.
        contested: a demand on the standing settlement is open: it is not final before that is answered.
    """

    number: int
    version: int
    opened_block: int
    commitments: Mapping[str, bytes]
    reveals: tuple[Reveal, ...]
    score_commitments: Mapping[str, bytes]
    vectors: tuple[RevealedVector, ...]
    settlement: Settlement | None
    header: Header | None
    settled_block: int | None
    final: bool
    void: bool
    ended_block: int | None
    demands: tuple[Demand, ...] = ()
    convictions: tuple[Conviction, ...] = ()
    clipped: frozenset[str] = frozenset()
    contested: bool = False

    def reveal_index_of(self, operator: str) -> int | None:
        """The reveal index of an operator's update, or `None`."""
        return next((r.index for r in self.reveals if r.operator == operator), None)

    @property
    def reveal_order(self) -> bytes:
        """Fingerprint of the reveals in their order; a reorg that changed them changes it (P-28)."""
        return sha256(b"".join(r.root + r.digest for r in self.reveals)).digest()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What events tell of a federation up to a block, whoever looks.

    Attributes:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        block: the block up to which it was read.
        terms: what never changes.
        policies: policy versions by number; a worker's view has those in use.
        records: all rounds by number.
        keys: opened validation keys by round (P-24).
        members: operators by member index (P-12).
    """

    chain_id: int
    coordinator: str
    fid: int
    block: Block
    terms: Terms
    policies: Mapping[int, Policy]
    records: Mapping[int, RoundRecord]
    keys: Mapping[int, bytes]
    members: Mapping[int, str]

    def hash_of(self, round_number: int, header: Header) -> bytes:
        """What the coordinator keeps of a settlement with this header (P-13): 32 bytes."""
        return settlement_hash(
            chain_id=self.chain_id,
            coordinator=self.coordinator,
            fid=self.fid,
            round_number=round_number,
            header=header,
        )

    def final_records(self) -> tuple[RoundRecord, ...]:
        """The final rounds in order."""
        return tuple(record for _, record in sorted(self.records.items()) if record.final)

    def model_digest(self, steps_back: int = 0) -> bytes:
        """CID digest of the last final model, or of the one `steps_back` final rounds before it (P-6)."""
        final = self.final_records()
        if steps_back >= len(final):
            return self.terms.model_digest
        header = final[-1 - steps_back].header
        if header is None:
            raise ValueError(f"round {final[-1 - steps_back].number} is final without a settlement")
        return header.model_digest

    def index_of(self, operator: str) -> int | None:
        """An operator's member index, or `None`."""
        return next((index for index, owner in self.members.items() if owner == operator), None)


@dataclass(frozen=True, slots=True)
class View(Recorded):
    """A federation at one block, as one operator sees it.

    Attributes:
        operator: whose standing `me` is.
        federation: changing state.
        round: the current or last round.
        me: the operator's standing.
        turns: positions, at opening, of the aggregators of turns 0 to 3; empty before the seed is captured (P-27).
        free_stake: of the operator in the stake vault, wei.
        free_budget: of the federation, wei.
    """

    operator: str
    federation: FederationState
    round: RoundState
    me: MemberState
    turns: tuple[int, ...]
    free_stake: int
    free_budget: int

    @property
    def policy(self) -> Policy:
        """The current round's policy, or the newest one before the first round."""
        return self.policies[self.round.version or self.federation.version]

    @property
    def next_policy(self) -> Policy:
        """The policy of the next round."""
        return self.policies[self.federation.version]

    @property
    def time(self) -> int:
        """Earliest time of the next block: what is sent now is judged by that time or a later one."""
        return self.block.timestamp + 1

    @property
    def phase(self) -> Phase:
        """The phase at the next block."""
        contested = self.record is not None and self.record.contested
        return phase_at(self.federation, self.round, self.policy, self.time, self.block.timestamp, contested=contested)

    @property
    def turn(self) -> int:
        """The turn at the next block; meaningful in Settle."""
        return turn_at(self.round, self.policy, self.time, self.block.timestamp)

    @property
    def turn_end(self) -> int:
        """When that turn ends, chain seconds."""
        return turn_end_at(self.round, self.policy, self.time)

    @property
    def record(self) -> RoundRecord | None:
        """What happened in the current round so far."""
        return self.records.get(self.round.round)

    @property
    def last_norm(self) -> int:
        """L of P-25."""
        return self.federation.norm or self.policy.initial_norm

    def obstacle(self) -> str | None:
        """What keeps a federation between rounds from opening the next one, or `None` (P-8)."""
        f, p = self.federation, self.next_policy
        if f.closed:
            return "the federation is closed"
        if f.round >= self.terms.rounds:
            return f"all {self.terms.rounds} rounds are used"
        if f.trainers < p.min_trainers or f.evaluators < p.quorum or f.aggregators == 0:
            return (
                f"{f.trainers} trainers, {f.evaluators} evaluators and {f.aggregators} aggregators are in; "
                f"{p.min_trainers}, {p.quorum} and 1 are needed"
            )
        if self.free_budget < p.reward:
            return f"the free budget is {self.free_budget} wei; a round needs {p.reward}"
        return None


def turn_at(round_: RoundState, policy: Policy, time: int, read_at: int) -> int:
    """The aggregator's turn at `time`: `Phases.turnOf` in Python.

    Args:
        round_: as the lens returned it.
        policy: the round's.
        time: chain time, seconds.
        read_at: time of the block that `round_` was read at: where that was in Settle, its turn counts from there.
    """
    attempt = round_.turn
    if round_.phase == Phase.SETTLE:
        attempt -= (read_at - round_.score_reveal_end) // policy.settle
    return attempt + (time - round_.score_reveal_end) // policy.settle


def turn_end_at(round_: RoundState, policy: Policy, time: int) -> int:
    """When the turn that runs at `time` ends, chain seconds."""
    start, length = round_.score_reveal_end, policy.settle
    return start + ((time - start) // length + 1) * length


class Lively(Protocol):
    """Whatever says whether a federation's round is open, and whether others will."""

    @property
    def live(self) -> bool:
        """The round is neither final nor void."""
        ...

    @property
    def closed(self) -> bool:
        """No further round opens."""
        ...


def phase_at(
    federation: Lively,
    round_: RoundState,
    policy: Policy,
    time: int,
    read_at: int,
    *,
    contested: bool = False,
) -> Phase:
    """The phase at `time`: `Phases.phaseOf` in Python (P-10).

    Args:
        federation: whether it has an open round.
        round_: as the lens returned it.
        policy: the round's.
        time: chain time, seconds.
        read_at: as of `turn_at`.
        contested: a demand is open, so that the challenge goes on (P-22).
    """
    if not federation.live:
        return Phase.CLOSED if federation.closed else Phase.IDLE
    return phase_in(round_, policy, time, read_at, contested=contested)


def phase_in(round_: RoundState, policy: Policy, time: int, read_at: int, *, contested: bool = False) -> Phase:
    """The phase of an open round at `time`. Arguments as of `phase_at`."""
    for end, phase, count, least in stages(round_, policy):
        if time < end:
            return phase
        if count < least:
            return Phase.VOIDABLE
    if round_.final_at:
        return Phase.CHALLENGE if time < round_.final_at or contested else Phase.FINALIZABLE
    return Phase.VOIDABLE if turn_at(round_, policy, time, read_at) > LAST_TURN else Phase.SETTLE


def stages(r: RoundState, p: Policy) -> tuple[tuple[int, Phase, int, int], ...]:
    """The phases up to Settle: end, phase, how many acted in it, and how many must have, or the round is void."""
    return (
        (r.train_end, Phase.TRAIN, r.committed, p.min_trainers),
        (r.reveal_end, Phase.REVEAL, r.revealed, p.min_trainers),
        (r.key_end, Phase.KEY, 0, 0),
        (r.score_commit_end, Phase.SCORE_COMMIT, r.scores_committed, p.quorum),
        (r.score_reveal_end, Phase.SCORE_REVEAL, r.scores_revealed, p.quorum),
    )
