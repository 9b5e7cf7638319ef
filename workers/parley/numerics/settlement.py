"""A round's settlement as one pure function of committed data (principle 1, P-6, P-11, P-12, P-25, P-26).

The aggregator calls it to know what to post, every other worker to know what should have been posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parley.numerics import rewards, rows, rules, scoring, word_tree
from parley.numerics.errors import MissingUpdate, UpdateMismatch
from parley.numerics.fixed_point import Quantised, encode
from parley.numerics.rewards import Account, Ledger, RewardTree
from parley.numerics.scoring import ScoreVector, SettledScores

BLOCK_PARAMS = 8192
"""Coordinates aggregated at a time, so that the updates need no copy in one piece."""


@dataclass(frozen=True, slots=True)
class SettlementConfig:
    """What the round's terms and policy fix.

    Attributes:
        rule: how included updates are combined.
        trim_bps: what the trimmed mean leaves out at each end, in basis points, below 5000.
        beta: the server's momentum, in 2^-16, below 65536.
        params: the number of parameters P.
        trainer_pool: what the trainers share, in wei.
        evaluator_pool: what the evaluators share, in wei.
        aggregator_pool: what the aggregator gets, in wei.
        reward_depth: the depth of the reward tree.
    """

    rule: rules.Rule
    trim_bps: int
    beta: int
    params: int
    trainer_pool: int
    evaluator_pool: int
    aggregator_pool: int
    reward_depth: int


@dataclass(frozen=True, slots=True)
class Member:
    """Who earns.

    Attributes:
        index: the member index in the federation.
        operator: its address, `0x` and 40 hexadecimal digits.
    """

    index: int
    operator: str


@dataclass(frozen=True, slots=True, eq=False)
class RevealedUpdate:
    """One revealed update.

    Attributes:
        trainer: who revealed it.
        root: the 32-byte word root that was revealed.
        q: the update, int32 of shape (P,); `None` if its words could not be had, which is no matter where it is left
            out.
    """

    trainer: Member
    root: bytes
    q: Quantised | None


@dataclass(frozen=True, slots=True)
class RevealedScores:
    """One revealed score vector.

    Attributes:
        evaluator: who revealed it.
        vector: its scores.
        own: the reveal index of the same operator's update, or `None`.
    """

    evaluator: Member
    vector: ScoreVector
    own: int | None


@dataclass(frozen=True, slots=True, eq=False)
class SettlementInput:
    """Everything that a settlement depends on.

    Attributes:
        config: the round's terms and policy.
        updates: in reveal order.
        votes: the revealed score vectors; their order is of no matter.
        old: the model that the round started from, int32 of shape (P,).
        previous: the model before it, at genesis the same, int32 of shape (P,).
        aggregator: who posts the settlement.
        ledger: what every member had earned before this round.
    """

    config: SettlementConfig
    updates: Sequence[RevealedUpdate]
    votes: Sequence[RevealedScores]
    old: Quantised
    previous: Quantised
    aggregator: Member
    ledger: Ledger


@dataclass(frozen=True, slots=True, eq=False)
class SettlementResult:
    """What is to be posted, and what it was computed from.

    Attributes:
        settled: scores, scales and norm.
        earned: what the round earns each member that takes part, by member index, in wei (zeros included).
        model: the new model, int32 of shape (P,).
        row_root: the root of the row tree.
        model_root: the word root of the new model.
        ledger: the accounts after this round.
        rewards: the reward tree over them, which proves claims.
    """

    settled: SettledScores
    earned: Mapping[int, int]
    model: Quantised
    row_root: bytes
    model_root: bytes
    ledger: Ledger
    rewards: RewardTree

    @property
    def medians(self) -> bytes:
        """The settled scores and scales on the wire."""
        return scoring.encode_medians(self.settled)

    @property
    def norm(self) -> int:
        """The lower median of all R."""
        return self.settled.norm

    @property
    def included(self) -> tuple[int, ...]:
        """The reveal indices of the updates that were combined."""
        return self.settled.included

    @property
    def earned_total(self) -> int:
        """The exact sum of `earned`, in wei."""
        return sum(self.earned.values())

    @property
    def model_bytes(self) -> bytes:
        """The new model's object on IPFS (P-4)."""
        return encode(self.model)

    @property
    def reward_root(self) -> bytes:
        """The root of the reward tree."""
        return self.rewards.root


def settle(given: SettlementInput) -> SettlementResult:
    """Compute a round's settlement.

    Raises:
        MissingUpdate: an included update's words are missing.
        UpdateMismatch: an included update's words do not hash to its revealed root.
        ValueError: the input contradicts itself, such as a member index with two operators.
    """
    settled = settle_scores(given.votes, len(given.updates))
    updates = [_content(given.updates[i], i, given.config.params) for i in settled.included]
    model = next_model(given.config, settled, updates, given.old, given.previous)
    earned = settle_rewards(given, settled)
    ledger = rewards.updated(given.ledger, earned)
    return SettlementResult(
        settled=settled,
        earned={member: account.cumulative for member, account in earned.items()},
        model=model,
        row_root=rows.row_root([*updates, given.previous, given.old, model]),
        model_root=word_tree.root(encode(model)),
        ledger=ledger,
        rewards=RewardTree(ledger, given.config.reward_depth),
    )


def settle_scores(votes: Sequence[RevealedScores], count: int) -> SettledScores:
    """The medians of the revealed vectors over `count` revealed updates (P-11)."""
    return scoring.medians([vote.vector for vote in votes], [vote.own for vote in votes], count)


def next_model(
    config: SettlementConfig,
    settled: SettledScores,
    updates: Sequence[Quantised],
    old: Quantised,
    previous: Quantised,
) -> Quantised:
    """The model after the round (P-6).

    Args:
        config: the round's terms and policy.
        settled: the settled scores, which name as many included updates as there are `updates`.
        updates: the included updates in reveal order, int32 of shape (P,).
        old: the model that the round started from, int32 of shape (P,).
        previous: the model before it, int32 of shape (P,).

    Returns:
        int32 of shape (P,).
    """
    for vector in (*updates, old, previous):
        if vector.dtype != np.int32 or vector.shape != (config.params,):
            raise ValueError(f"a vector is int32 ({config.params},), not {vector.dtype} {vector.shape}")
    scores = [settled.scores[i] for i in settled.included]
    scales = [settled.scales[i] for i in settled.included]
    model = np.empty(config.params, np.int32)
    for part, block in _blocks(updates, config.params):
        combined = rules.aggregate(config.rule, block, scales, scores, config.trim_bps)
        model[part] = rules.next_model(old[part], previous[part], combined, config.beta)
    return model


def settle_rewards(given: SettlementInput, settled: SettledScores) -> dict[int, Account]:
    """What the round earns each member that takes part, once for each of its roles added up (P-12, P-26)."""
    config, votes = given.config, given.votes
    by_merit = scoring.trainer_shares(config.trainer_pool, settled.scores)
    by_quality = scoring.evaluator_shares(
        config.evaluator_pool, [vote.vector.scores for vote in votes], [vote.own for vote in votes], settled.scores
    )
    earned: dict[int, Account] = {}
    for member, amount in [
        *zip((update.trainer for update in given.updates), by_merit, strict=True),
        *zip((vote.evaluator for vote in votes), by_quality, strict=True),
        (given.aggregator, config.aggregator_pool),
    ]:
        earned = rewards.updated(earned, {member.index: Account(member.operator, amount)})
    return earned


def _content(update: RevealedUpdate, index: int, params: int) -> Quantised:
    """The words of an included update, if they are those that were revealed (P-5)."""
    if update.q is None:
        raise MissingUpdate(index)
    if update.q.shape != (params,) or word_tree.root(encode(update.q)) != update.root:
        raise UpdateMismatch(
            f"update {index} does not hash to its revealed root 0x{update.root.hex()}",
            hint="the copy is damaged: fetch it again",
        )
    return update.q


def _blocks(updates: Sequence[Quantised], params: int) -> Iterator[tuple[slice, Quantised]]:
    """The updates side by side, `BLOCK_PARAMS` coordinates at a time, int32 of shape (N, <= BLOCK_PARAMS)."""
    for start in range(0, params, BLOCK_PARAMS):
        part = slice(start, min(start + BLOCK_PARAMS, params))
        block = np.empty((len(updates), part.stop - part.start), np.int32)
        for row, update in zip(block, updates, strict=True):
            row[:] = update[part]
        yield part, block
