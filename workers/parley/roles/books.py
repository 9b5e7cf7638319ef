"""What everybody has earned, recomputed from the chain alone (P-12).

Needs no model and no update: revealed vectors, settled medians and member indices are all on chain. Accounts after a
final round cannot change, so they are kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parley.chain.model import Policy, Terms
from parley.chain.view import Recorded, RoundRecord
from parley.errors import ChainError
from parley.numerics.rewards import Account, Ledger, RewardTree, updated
from parley.numerics.scoring import ScoreVector, SettledScores
from parley.numerics.settlement import (
    Member,
    RevealedScores,
    RevealedUpdate,
    SettlementConfig,
    SettlementInput,
    settle_rewards,
    settle_scores,
)

NO_MODEL = np.zeros(0, np.int32)
"""Rewards do not depend on any model."""


def config_of(view: Recorded, policy: Policy) -> SettlementConfig:
    """What the terms and a round's policy fix for its settlement."""
    return config_for(view.terms, policy)


def config_for(terms: Terms, policy: Policy) -> SettlementConfig:
    """The same by the terms alone."""
    return SettlementConfig(
        rule=policy.rule,
        trim_bps=policy.trim_bps,
        beta=policy.beta,
        params=terms.params,
        trainer_pool=policy.trainer_pool,
        evaluator_pool=policy.evaluator_pool,
        aggregator_pool=policy.aggregator_pool,
        reward_depth=terms.reward_depth,
    )


def member(view: Recorded, operator: str) -> Member:
    """An operator with its member index; the next free one if it has none yet (it is given at the settlement, P-12)."""
    index = view.index_of(operator)
    return Member(len(view.members) if index is None else index, operator)


def votes_of(view: Recorded, record: RoundRecord) -> list[RevealedScores]:
    """The revealed score vectors of a round, each with its evaluator's own reveal index (P-11)."""
    count = len(record.reveals)
    return [
        RevealedScores(
            member(view, v.operator), ScoreVector.decode(v.vector, count), record.reveal_index_of(v.operator)
        )
        for v in record.vectors
    ]


def scores_of(view: Recorded, record: RoundRecord) -> SettledScores:
    """The medians of a round (P-11)."""
    return settle_scores(votes_of(view, record), len(record.reveals))


def committed(view: Recorded, record: RoundRecord, policy: Policy, ledger: Ledger, aggregator: str) -> SettlementInput:
    """What the chain alone says of a round that `aggregator` settles; no update and no model is in it.

    Args:
        view: the federation.
        record: the round.
        policy: that it opened with.
        ledger: what every member had earned before it.
        aggregator: who posts the settlement.
    """
    return SettlementInput(
        config=config_of(view, policy),
        updates=[RevealedUpdate(member(view, r.operator), r.root, None) for r in record.reveals],
        votes=votes_of(view, record),
        old=NO_MODEL,
        previous=NO_MODEL,
        aggregator=member(view, aggregator),
        ledger=ledger,
    )


class Books:
    """The reward accounts of one federation.

    Args:
        policy: gives a policy version by its number.
    """

    def __init__(self, policy: Callable[[int], Policy]) -> None:
        self._policy = policy
        self._after: dict[tuple[int, bytes], Ledger] = {}

    def ledger(self, view: Recorded, before: int | None = None) -> Ledger:
        """The accounts after all final rounds, or after those before round `before`.

        Raises:
            ChainError: a final settlement's reward root is not that of the recomputed accounts: it should have been
                disproved.
        """
        ledger: Ledger = {}
        for record in view.final_records():
            if before is not None and record.number >= before:
                break
            ledger = self._close(view, record, ledger)
        return ledger

    def after(self, view: Recorded, record: RoundRecord, ledger: Ledger, aggregator: str) -> dict[int, Account]:
        """The accounts after a round that `aggregator` settles, given those before it."""
        given = committed(view, record, self._policy(record.version), ledger, aggregator)
        return updated(ledger, settle_rewards(given, settle_scores(given.votes, len(record.reveals))))

    def _close(self, view: Recorded, record: RoundRecord, ledger: Ledger) -> Ledger:
        if record.header is None:
            raise ChainError(f"round {record.number} is final, but its settlement was not found in the node's logs")
        key = (record.number, record.header.reward_root)
        if key not in self._after:
            accounts = self.after(view, record, ledger, record.header.aggregator)
            self._check(view, record, accounts)
            self._after[key] = accounts
        return self._after[key]

    @staticmethod
    def _check(view: Recorded, record: RoundRecord, accounts: Ledger) -> None:
        root = RewardTree(accounts, view.terms.reward_depth).root
        if record.header is not None and record.header.reward_root != root:
            raise ChainError(
                f"the rewards of round {record.number} are not what its scores earn: its settlement was wrong",
                hint="nobody disproved it in its challenge window; rewards of this federation cannot be recomputed",
            )
