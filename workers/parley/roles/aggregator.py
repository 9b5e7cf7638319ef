"""The aggregator: recomputes the round, posts its settlement with a bond, finishes rounds that are due."""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.model import Phase, Role, Settlement
from parley.chain.view import LAST_TURN, RoundRecord, View
from parley.errors import ContentError
from parley.numerics.fixed_point import Quantised
from parley.numerics.settlement import RevealedUpdate, SettlementInput, SettlementResult, settle
from parley.roles import pokes
from parley.roles.actions import Action, Advance, Settle, Wait
from parley.roles.books import config_of, member, scores_of, votes_of
from parley.roles.warmup import warm_kernels
from parley.roles.worker import Worker


@dataclass(frozen=True, slots=True)
class Aggregator:
    """An aggregator's worker.

    Attributes:
        worker: key, connection and store.
    """

    worker: Worker

    def warm_up(self) -> None:
        """Do what is slow only the first time."""
        warm_kernels()

    def decide(self, view: View) -> Action:
        """Name the next action."""
        return decide(view)

    def execute(self, action: Action, view: View) -> None:
        """Do it.

        Raises:
            ParleyError: it cannot be done now.
        """
        if isinstance(action, Settle) and view.record is not None:
            self._settle(view, view.record)
        elif isinstance(action, Advance):
            pokes.advance(self.worker, view)

    def _settle(self, view: View, record: RoundRecord) -> None:
        """Publish the next model, then post the settlement; the block it was computed at goes with it (P-28)."""
        result = self.recompute(view, record)
        _, digest = self.worker.library.put(result.model)
        settlement = Settlement(
            result.medians,
            result.norm,
            result.earned_total,
            result.row_root,
            result.model_root,
            digest,
            result.reward_root,
        )
        self.worker.send("settle", view.fid, record.number, settlement.to_abi(), view.block.number, view.block.hash)

    def recompute(self, view: View, record: RoundRecord) -> SettlementResult:
        """The settlement as it must be if this operator posts it (principle 1).

        Raises:
            ContentError: an included update or a model is not to be had.
        """
        old, previous = self.worker.models(view)
        included = set(scores_of(view, record).included)
        return settle(
            SettlementInput(
                config=config_of(view, view.policy),
                updates=[
                    RevealedUpdate(
                        member(view, r.operator),
                        r.root,
                        self._update(r.root, r.digest) if r.index in included else None,
                    )
                    for r in record.reveals
                ],
                votes=votes_of(view, record),
                old=old,
                previous=previous,
                aggregator=member(view, self.worker.operator),
                ledger=self.worker.books.ledger(view),
            )
        )

    def _update(self, root: bytes, digest: bytes) -> Quantised:
        """An included update, kept for demands (P-22)."""
        q = self.worker.library.get(root, digest)
        try:
            self.worker.library.pin(digest)
        except ContentError as error:
            self.worker.log.warning("an included update could not be pinned", reason=error.message)
        return q


def decide(view: View) -> Action:
    """What an aggregator does next: a pure function of the view."""
    if view.phase == Phase.SETTLE:
        return _turn(view)
    if not view.me.acts(Role.AGGREGATOR, view.round.round) and Role.AGGREGATOR not in view.me.roles:
        return Wait("not an aggregator")
    record = view.record
    posted = record is not None and record.header is not None and record.header.aggregator == view.operator
    return pokes.due(view, patience=0 if posted else pokes.PATIENCE // 2) or Wait(
        f"nothing to do in {view.phase.name.lower()}"
    )


def _turn(view: View) -> Action:
    """Settle in one's own turn, or in the last one, which is anybody's (P-27)."""
    if view.free_stake < view.policy.bond:
        return Wait(f"the free stake of {view.free_stake} wei does not cover the bond of {view.policy.bond}")
    if view.turn == LAST_TURN:
        return Settle(view.round.round, LAST_TURN)
    if not view.turns or not view.me.acts(Role.AGGREGATOR, view.round.round):
        return Wait("another operator's turn, or turns are not drawn yet")
    if view.turns[view.turn] != view.me.aggregator_position:
        return Wait(f"turn {view.turn} is another aggregator's")
    return Settle(view.round.round, view.turn)
