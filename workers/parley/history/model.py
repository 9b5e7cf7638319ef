"""What the history of a round is made of: plain data, which JSON can hold.

Amounts are in units of the token's decimals (wei), times in seconds since the epoch, shares in basis points, digests
and roots 32 bytes, scores 0 to 65535, scales c of P-25 in 1 to 65536 (0 where there is none).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from parley.chain.disputed import Demand
from parley.chain.events import Event
from parley.history.windows import Window


class State(StrEnum):
    """Where a round stands."""

    OPEN = "open"
    FINAL = "final"
    VOID = "void"


class Void(StrEnum):
    """Why a round is void (P-10)."""

    COMMITS = "too few commits"
    REVEALS = "too few reveals"
    SCORE_COMMITS = "too few score commits"
    SCORE_REVEALS = "too few score reveals"
    SETTLEMENT = "no settlement"


class Verdict(StrEnum):
    """What became of an update (P-11, P-12)."""

    PAID = "included and paid"
    USELESS = "included, but not useful enough to be paid"
    OUTVOTED = "left out: half of the evaluators or more scored it 0"
    UNAVAILABLE = "left out: half of the evaluators or more could not use what was behind its CID"
    TOO_FEW_VOTES = "left out: fewer than three evaluators had a vote on it"
    NOT_REVEALED = "left out: committed, but not revealed"
    UNSETTLED = "not settled"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a transaction did.

    Attributes:
        event: the name of its event.
        block: height.
        time: of the block.
        transaction: 32-byte hash.
        log_index: place of the event in its block.
    """

    event: str
    block: int
    time: int
    transaction: bytes
    log_index: int


def step_of(event: Event) -> Step:
    """An event as a step."""
    return Step(event.name, event.block, event.timestamp, event.transaction, event.log_index)


@dataclass(frozen=True, slots=True)
class Vote:
    """One evaluator's word on one update.

    Attributes:
        seat: of the evaluator.
        operator: the evaluator.
        score: 0 leaves out, 1 is harmless, above that useful.
        scale: 0 where the evaluator found the update unfit, or could not get it.
        own: the update is the evaluator's own: the vote does not count (P-11).
    """

    seat: int
    operator: str
    score: int
    scale: int
    own: bool


@dataclass(frozen=True, slots=True)
class Update:
    """A trainer's client update of a round.

    Attributes:
        operator: the trainer.
        commitments: each time that it committed; the last one counts.
        commitment: what counts.
        revealed: `None` if it never was.
        index: reveal index.
        root: word root; digest: of its CID; cid: built from it.
        votes: by seat.
        score: settled score, `None` before a settlement; scale likewise.
        verdict: what became of it.
        earned: what the trainer earns for it, wei; 0 unless the round is final.
        slashed: the transaction that took stake for a parameter beyond the clip, `None` if none did.
    """

    operator: str
    commitments: tuple[Step, ...]
    commitment: bytes
    revealed: Step | None = None
    index: int | None = None
    root: bytes | None = None
    digest: bytes | None = None
    cid: str | None = None
    votes: tuple[Vote, ...] = ()
    score: int | None = None
    scale: int | None = None
    verdict: Verdict = Verdict.NOT_REVEALED
    earned: int = 0
    slashed: Step | None = None

    @property
    def clipped(self) -> bool:
        """Whether the trainer was slashed for a parameter beyond the clip."""
        return self.slashed is not None


@dataclass(frozen=True, slots=True)
class Panelist:
    """An evaluator in a round.

    Attributes:
        operator: its address.
        commitments: each time that it committed; the last one counts.
        seat: `None` before it revealed.
        revealed: `None` if it never was.
        norm: R of its vector (P-25).
        scores: by reveal index; scales likewise; empty before it revealed.
        salt: 32 bytes, from which its half of the shard follows.
        quality: q of P-26.
        earned: wei; 0 unless the round is final.
    """

    operator: str
    commitments: tuple[Step, ...]
    seat: int | None = None
    revealed: Step | None = None
    norm: int | None = None
    scores: tuple[int, ...] = ()
    scales: tuple[int, ...] = ()
    salt: bytes | None = None
    quality: int | None = None
    earned: int = 0


@dataclass(frozen=True, slots=True)
class Fall:
    """How a settlement fell.

    Attributes:
        step: the conviction.
        prover: who was paid for it, `None` if all was burned (P-16).
        unanswered: a demand on it was past its deadline (P-22).
    """

    step: Step
    prover: str | None
    unanswered: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """A settlement that was posted.

    Attributes:
        aggregator: who posted it.
        turn: in which turn.
        step: the transaction.
        final_at: end of its challenge, seconds, demands included.
        norm: as posted; earned, likewise, wei; row_root, model_root, model_digest and reward_root, 32 bytes.
        model_cid: built from `model_digest`.
        hash: of the settlement, as the coordinator keeps it.
        medians: as posted, on the wire.
        demands: of nodes of its trees.
        fell: how it was convicted, `None` if it stands.
        disputed: the transactions that demanded and supplied nodes of it, in the order of the chain.
    """

    aggregator: str
    turn: int
    step: Step
    final_at: int
    norm: int
    earned: int
    row_root: bytes
    model_root: bytes
    model_digest: bytes
    reward_root: bytes
    model_cid: str
    hash: bytes
    medians: bytes
    demands: tuple[Demand, ...]
    fell: Fall | None
    disputed: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """A round.

    Attributes:
        number: counted from 1, void ones included.
        version: of its policy.
        state: where it stands.
        void: why it is void, `None` if it is not.
        opened: the transaction that opened it.
        seed: that of its seed, and the seed itself; `None` before it is captured.
        key: the transaction that opened its validation shard, `None` before.
        ended: the transaction that ended it.
        windows: its phases.
        updates: in reveal order, those never revealed last.
        panel: by seat, those who never revealed last.
        settlements: in the order of the chain.
        norm: settled norm, `None` before a settlement.
        earned: what it earns each operator, wei, for all its roles; empty unless it is final.
        contradicted: what of the standing settlement is not what the votes come to: "scores", "norm", "pay".
    """

    number: int
    version: int
    state: State
    void: Void | None
    opened: Step
    seed: tuple[Step, bytes] | None
    key: Step | None
    ended: Step | None
    windows: tuple[Window, ...]
    updates: tuple[Update, ...]
    panel: tuple[Panelist, ...]
    settlements: tuple[Posted, ...]
    norm: int | None
    earned: Mapping[str, int]
    contradicted: tuple[str, ...] = ()

    @property
    def settlement(self) -> Posted | None:
        """The settlement that stands."""
        return next((posted for posted in reversed(self.settlements) if posted.fell is None), None)

    @property
    def silent(self) -> tuple[Panelist, ...]:
        """Evaluators that committed to scores and did not reveal them although they could (P-10)."""
        if self.void is Void.SCORE_COMMITS:
            return ()
        return tuple(panelist for panelist in self.panel if panelist.revealed is None)

    @property
    def included(self) -> tuple[Update, ...]:
        """The updates with a settled score above 0."""
        return tuple(update for update in self.updates if update.score)

    def update_of(self, operator: str) -> Update | None:
        """An operator's update, or `None`."""
        return next((update for update in self.updates if update.operator == operator), None)

    def panelist(self, operator: str) -> Panelist | None:
        """An evaluator of the round, or `None`."""
        return next((panelist for panelist in self.panel if panelist.operator == operator), None)
