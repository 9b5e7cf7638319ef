"""Fees of demands: who paid for a demand or answered it gets them once the settlement's outcome is known (P-22)."""

from __future__ import annotations

from parley.chain.disputed import Demand, node_to_abi
from parley.chain.view import RoundRecord, View
from parley.roles import worth
from parley.roles.actions import Collect, Release
from parley.roles.worker import Worker


def due(view: View, key: str, owed: int) -> Release | Collect | None:
    """The next fee to book or to collect for a key, or `None`. Pure.

    Args:
        view: the federation.
        key: checksum address that paid for demands or answered them.
        owed: wei booked for it already.
    """
    for record in view.records.values():
        for demand in _ended(view, record):
            if key == _beneficiary(view, record, demand):
                return Release(demand.settlement, demand.node, demand.fee)
    return Collect(owed) if owed else None


def owed(worker: Worker, view: View) -> int:
    """Wei that are booked for the worker's key; the chain is asked only where there may be any."""
    key = worker.address
    concerned = (
        demand.released and key in (demand.demander, demand.supplier)
        for record in view.records.values()
        for demand in record.demands
    )
    if not any(concerned):
        return 0
    at = view.block.number
    return int(worker.contracts.disputes.functions.owedTo(key).call(block_identifier=at))


def execute(worker: Worker, view: View, action: Release | Collect) -> None:
    """Book a fee, or have everything that is booked paid out.

    Raises:
        ContractRevert: somebody else was faster.
    """
    if isinstance(action, Release):
        intent = worth.release(view, action.settlement, action.node, action.fee)
        worker.dispute("release", view.fid, action.settlement, node_to_abi(action.node), intent=intent)
    else:
        worker.dispute("pay", worker.address, intent=worth.payment(view, action.amount))


def _ended(view: View, record: RoundRecord) -> list[Demand]:
    """Demands whose fee waits and whose settlement does not."""
    standing = None
    if record.header is not None and not record.final:
        standing = view.hash_of(record.number, record.header)
    return [demand for demand in record.demands if not demand.released and demand.settlement != standing]


def _beneficiary(view: View, record: RoundRecord, demand: Demand) -> str | None:
    """Who gets most of the fee: the demander after a conviction, else the supplier."""
    fallen = {view.hash_of(record.number, conviction.header) for conviction in record.convictions}
    return demand.demander if demand.settlement in fallen else demand.supplier
