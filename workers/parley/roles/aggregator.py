"""The aggregator: recomputes the round, posts its settlement with a bond, finishes rounds that are due."""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.chain.model import Phase, Role, Settlement
from parley.chain.view import LAST_TURN, RoundRecord, View
from parley.errors import ContentError
from parley.numerics.disproof import Truth
from parley.numerics.settlement import SettlementInput, SettlementResult
from parley.roles import fees, pokes, supplier, worth
from parley.roles.actions import Action, Advance, Collect, Release, Settle, Supply, Wait
from parley.roles.convictions import OwnConvictions
from parley.roles.recount import recounted
from parley.roles.supplier import Supplier
from parley.roles.warmup import warm_kernels
from parley.roles.worker import Worker


@dataclass(frozen=True, slots=True)
class Aggregator:
    """An aggregator's worker.

    Attributes:
        worker: key, connection and store.
        despite_convictions: run although settlements of its own were convicted before it started.
        supplier: answers demands for what it posted (P-22).
        convictions: stops it when a settlement of its own falls.
    """

    worker: Worker
    despite_convictions: bool = False
    supplier: Supplier = field(init=False, repr=False)
    convictions: OwnConvictions = field(init=False, repr=False)

    def __post_init__(self) -> None:
        convictions = OwnConvictions(self.worker.contracts, forgiven=self.despite_convictions)
        object.__setattr__(self, "supplier", Supplier(self.worker))
        object.__setattr__(self, "convictions", convictions)

    def warm_up(self) -> None:
        """Do what is slow only the first time."""
        warm_kernels()

    def decide(self, view: View) -> Action:
        """Name the next action.

        Raises:
            SettlementConvicted: a settlement of its own fell; whatever was wrong may be wrong again.
        """
        self.convictions.check(view)
        action = decide(view, own_key=self.worker.address == self.worker.operator)
        if not isinstance(action, Wait):
            return action
        return fees.due(view, self.worker.address, fees.owed(self.worker, view)) or action

    def execute(self, action: Action, view: View) -> None:
        """Do it.

        Raises:
            ParleyError: it cannot be done now.
        """
        if isinstance(action, Settle) and view.record is not None:
            self._settle(view, view.record)
        elif isinstance(action, Supply):
            self.supplier.supply(view, action.demands)
        elif isinstance(action, Advance):
            pokes.advance(self.worker, view)
        elif isinstance(action, Release | Collect):
            fees.execute(self.worker, view, action)

    def _settle(self, view: View, record: RoundRecord) -> None:
        """Publish the next model, then post the settlement; the block it was computed at goes with it (P-28)."""
        result = self.recompute(view, record)
        settlement = Settlement(
            result.medians,
            result.norm,
            result.earned_total,
            result.row_root,
            result.model_root,
            self.publish(result),
            result.reward_root,
        )
        read_at = view.block.number, view.block.hash
        intent = worth.settlement(view, self.worker.token_price)
        self.worker.send("settle", view.fid, record.number, view.turn, settlement.to_abi(), *read_at, intent=intent)

    def recompute(self, view: View, record: RoundRecord) -> SettlementResult:
        """The settlement as it must be if this operator posts it (principle 1).

        Raises:
            ContentError: an included update or a model is not to be had.
        """
        return self.truth(view, record).result

    def truth(self, view: View, record: RoundRecord) -> Truth:
        """The same with what it follows from, which is kept for demands. Errors as of `recompute`."""
        truth = recounted(self.worker, view, record, self.worker.operator)
        self._keep(record, truth.given)
        return truth

    def publish(self, result: SettlementResult) -> bytes:
        """Store the next model; the digest of its CID."""
        return self.worker.library.put(result.model)[1]

    def _keep(self, record: RoundRecord, given: SettlementInput) -> None:
        """Keep the included updates for demands (P-22)."""
        for reveal, update in zip(record.reveals, given.updates, strict=True):
            if update.q is None:
                continue
            try:
                self.worker.library.pin(reveal.digest)
            except ContentError as error:
                self.worker.log.warning("an included update could not be pinned", reason=error.message)


def decide(view: View, *, own_key: bool = True) -> Action:
    """What an aggregator does next: a pure function of the view. Demands come first: silence costs the bond.

    Args:
        view: of the federation.
        own_key: whether the operator's own key sends, not a worker key: the last turn is open to it without membership.
    """
    answer = supplier.due(view)
    if answer is not None:
        return answer
    if view.phase == Phase.SETTLE:
        return _turn(view, own_key)
    if not view.me.acts(Role.AGGREGATOR, view.round.round) and Role.AGGREGATOR not in view.me.roles:
        return Wait("not an aggregator")
    record = view.record
    posted = record is not None and record.header is not None and record.header.aggregator == view.operator
    return pokes.due(view, patience=0 if posted else pokes.PATIENCE // 2) or Wait(
        f"nothing to do in {view.phase.name.lower()}"
    )


def _turn(view: View, own_key: bool) -> Action:
    """Settle in one's own turn, or in the last one, which is anybody's (P-27)."""
    if view.free_stake < view.policy.bond:
        return Wait(f"the free stake of {view.free_stake} wei does not cover the bond of {view.policy.bond}")
    acts = view.me.acts(Role.AGGREGATOR, view.round.round)
    if view.turn == LAST_TURN and (own_key or acts):
        return Settle(view.round.round, LAST_TURN)
    if not view.turns or not acts:
        return Wait("another operator's turn, or turns are not drawn yet")
    if view.turns[view.turn] != view.me.aggregator_position:
        return Wait(f"turn {view.turn} is another aggregator's")
    return Settle(view.round.round, view.turn)
