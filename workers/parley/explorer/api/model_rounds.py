"""Models of rounds."""

from __future__ import annotations

from parley.explorer.api.model_settlements import Act, Settlement, Step
from parley.explorer.api.model_types import (
    Address,
    Foreign,
    Hash,
    Integer,
    Model,
    PhaseName,
    StateName,
    VerdictName,
    Wei,
)


class RoundRow(Model):
    """One line about a round.

    Attributes:
        void: why it is void, or would be if anybody said so now; null if it is not.
        phase: where it stands; null once it ended.
        included: updates with a settled score above 0; null before a settlement.
        evaluators: score vectors revealed.
        earned: what it pays in sum; 0 unless it is final.
        quality: the metric of the model it led to, on its own validation shard; null before it is measured.
        gas: of all its transactions that the node has told of.
        convictions: settlements that fell; disputes: convictions, slashes of trainers and demands.
    """

    round: int
    state: StateName
    void: str | None
    phase: PhaseName | None
    opened_at: int
    ended_at: int | None
    committed: int
    revealed: int
    included: int | None
    evaluators: int
    aggregator: Address | None
    earned: Wei
    quality: float | None
    gas: int
    convictions: int
    disputes: int


class RoundsPage(Model):
    """Rounds, the newest first. `next`: ask with `before=next` for older ones; null if there are none."""

    rounds: list[RoundRow]
    next: int | None


class Series(Model):
    """Columns for charts, the oldest round first, open rounds left out.

    Attributes:
        earned: per round, by operator (the twenty that earned most in all) and "others".
        names: foreign, of those operators.
    """

    round: list[int]
    state: list[StateName]
    quality: list[float | None]
    included: list[int | None]
    earned: dict[str, list[Wei]]
    names: dict[str, Foreign]


class Seed(Model):
    """What seats and turns were drawn with (P-27)."""

    step: Step
    seed: Hash


class Window(Model):
    """A phase in time: [start, end).

    Attributes:
        deadline: when it ends at the latest, as it stood when the phase began; null where nothing but an act ends it.
        end: when it ended, or will at the latest; null while nobody can say.
        early: it ended before its deadline.
        acted: how many did in it what it is for.
        expected: how many could; null where that is not counted.
    """

    phase: PhaseName
    start: int
    deadline: int | None
    end: int | None
    early: bool
    acted: int
    expected: int | None


class Vote(Model):
    """One evaluator's word on one update. `own`: its own update, so that the vote does not count (P-11)."""

    seat: int
    operator: Address
    score: int
    scale: int
    own: bool


class Update(Model):
    """A trainer's update.

    Attributes:
        commitments: each time that it committed; the last one counts.
        revealed: null if it never was, and so index, root, digest, cid.
        votes: by seat.
        score: settled score, 0 left out, 1 harmless, more: useful; null before a settlement. scale likewise, c of P-25.
        earned: for it; 0 unless the round is final.
        clipped: the trainer was slashed for a parameter beyond the clip.
        slashed: the transaction that did so; null if none did.
    """

    operator: Address
    commitments: list[Step]
    commitment: Hash
    revealed: Step | None
    index: int | None
    root: Hash | None
    digest: Hash | None
    cid: str | None
    votes: list[Vote]
    score: int | None
    scale: int | None
    verdict: VerdictName
    earned: Wei
    clipped: bool
    slashed: Act | None


class Panelist(Model):
    """An evaluator in a round; seat, revealed, norm, salt and quality are null before it revealed.

    Attributes:
        norm: R of its vector (P-25).
        scores: by reveal index; scales likewise.
        quality: q of P-26.
    """

    operator: Address
    commitments: list[Step]
    seat: int | None
    revealed: Step | None
    norm: Integer | None
    scores: list[int]
    scales: list[int]
    salt: Hash | None
    quality: int | None
    earned: Wei


class RoundDetail(Model):
    """Everything about a round.

    Attributes:
        version: of its policy.
        void: as in `RoundRow`; phase likewise.
        windows: its phases in time.
        updates: in reveal order, those never revealed last.
        panel: by seat, those who never revealed last.
        norm: settled norm; null before a settlement.
        earned: what it earns each operator in all its roles; empty unless it is final.
        contradicted: what of the standing settlement is not what the votes come to: "scores", "norm", "pay".
        shard: CID of its validation shard; null where that is not known.
        gas: by transaction; gas_total the sum. One that ends a round and opens the next counts for the one it ends.
        next_event_at: when something ends or becomes possible, at the latest; null once it ended.
        previous: number of the round before, next of the one after; null where there is none.
        reasons: by operator, why its update was included, left out or paid nothing.
        names: foreign, of the operators in it.
    """

    fid: int
    number: int
    version: int
    state: StateName
    void: str | None
    phase: PhaseName | None
    opened: Step
    seed: Seed | None
    key: Step | None
    ended: Step | None
    windows: list[Window]
    updates: list[Update]
    panel: list[Panelist]
    settlements: list[Settlement]
    norm: Integer | None
    earned: dict[str, Wei]
    contradicted: list[str]
    shard: str | None
    gas: dict[str, int]
    gas_total: int
    quality: float | None
    next_event_at: int | None
    previous: int | None
    next: int | None
    reasons: dict[str, str]
    names: dict[str, Foreign]
