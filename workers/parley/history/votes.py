"""What the votes on a round's updates came to, and what they earned (P-11, P-12, P-26): pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parley.chain.model import Policy
from parley.history.model import Verdict, Vote
from parley.numerics import scoring
from parley.numerics.scoring import MIN_VOTES, ScoreVector, SettledScores


@dataclass(frozen=True, slots=True)
class Ballot:
    """A revealed score vector.

    Attributes:
        seat: of the evaluator.
        operator: the evaluator.
        vector: what it says.
        own: reveal index of the evaluator's own update, or `None`.
    """

    seat: int
    operator: str
    vector: ScoreVector
    own: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one revealed update. Fields as of `Update`."""

    votes: tuple[Vote, ...]
    score: int | None
    scale: int | None
    verdict: Verdict
    earned: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of all of them.

    Attributes:
        entries: by reveal index.
        norm: the settled one, `None` without a settlement.
        quality: q of P-26 by evaluator; empty without a settlement.
        earned: what the round earns each operator in all its roles, wei; empty unless it is final.
        evaluators: the part of it that evaluators earn as such.
        medians: settled scores and scales on the wire; empty without a settlement.
        pays: what the round earns all in sum once it is final, wei; 0 without a settlement.
    """

    entries: tuple[Entry, ...]
    norm: int | None = None
    quality: Mapping[str, int] = field(default_factory=dict)
    earned: Mapping[str, int] = field(default_factory=dict)
    evaluators: Mapping[str, int] = field(default_factory=dict)
    medians: bytes = b""
    pays: int = 0


def tally(
    policy: Policy, trainers: Sequence[str], ballots: Sequence[Ballot], aggregator: str | None, *, final: bool
) -> Tally:
    """Count the votes.

    Args:
        policy: the round's.
        trainers: by reveal index.
        ballots: the revealed vectors.
        aggregator: whose settlement stands, `None` while there is none.
        final: the round is, so that it pays.
    """
    votes = [tuple(_votes_on(ballots, index)) for index in range(len(trainers))]
    if aggregator is None or not ballots:
        return Tally(tuple(Entry(on, None, None, Verdict.UNSETTLED, 0) for on in votes))
    settled = scoring.medians([b.vector for b in ballots], [b.own for b in ballots], len(trainers))
    merits = scoring.trainer_shares(policy.trainer_pool, settled.scores)
    shares = _evaluators(policy, ballots, settled)
    entries = tuple(
        Entry(on, settled.scores[i], settled.scales[i], _verdict(on, settled.scores[i]), merits[i] if final else 0)
        for i, on in enumerate(votes)
    )
    paid = [*zip(trainers, merits, strict=True), *shares.items(), (aggregator, policy.aggregator_pool)]
    return Tally(
        entries,
        settled.norm,
        {b.operator: scoring.evaluator_quality(b.vector.scores, settled.scores, b.own) for b in ballots},
        _summed(paid) if final else {},
        shares if final else {},
        scoring.encode_medians(settled),
        sum(amount for _, amount in paid),
    )


def _votes_on(ballots: Sequence[Ballot], index: int) -> Iterator[Vote]:
    for ballot in ballots:
        score, scale = ballot.vector.scores[index], ballot.vector.scales[index]
        yield Vote(ballot.seat, ballot.operator, score, scale, ballot.own == index)


def _evaluators(policy: Policy, ballots: Sequence[Ballot], settled: SettledScores) -> dict[str, int]:
    """What each evaluator earns, wei."""
    vectors = [ballot.vector.scores for ballot in ballots]
    shares = scoring.evaluator_shares(policy.evaluator_pool, vectors, [b.own for b in ballots], settled.scores)
    return {ballot.operator: share for ballot, share in zip(ballots, shares, strict=True)}


def _verdict(votes: Sequence[Vote], score: int) -> Verdict:
    """What became of an update with these votes and this settled score."""
    if score:
        return Verdict.PAID if score > 1 else Verdict.USELESS
    counted = [vote for vote in votes if not vote.own]
    if len(counted) < MIN_VOTES:
        return Verdict.TOO_FEW_VOTES
    unfit = sum(vote.scale == 0 for vote in counted)
    return Verdict.UNAVAILABLE if 2 * unfit >= len(counted) else Verdict.OUTVOTED


def _summed(paid: Sequence[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for operator, amount in paid:
        total[operator] = total.get(operator, 0) + amount
    return total
