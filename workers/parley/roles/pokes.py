"""Pokes: what anybody may do so that a federation goes on (principle 3)."""

from __future__ import annotations

from parley.chain.model import Header, Phase
from parley.chain.view import View
from parley.roles import worth
from parley.roles.actions import Advance, Wait
from parley.roles.worker import Worker

PATIENCE = 4
"""Seconds by which those who need not act first let others go ahead, so that one pays for the poke and not all."""


def due(view: View, patience: int) -> Advance | Wait | None:
    """Whether a round is to be finalised, voided or opened.

    Args:
        view: the federation.
        patience: seconds to wait beyond the moment at which it became due.

    Returns:
        the poke, a wait until it is one's turn to poke, or `None` if nothing is due.
    """
    if view.phase == Phase.CLOSED:
        return None
    if view.phase == Phase.IDLE:
        obstacle = view.obstacle()
        return Advance(view.round.round) if obstacle is None else Wait(obstacle)
    if view.phase not in (Phase.FINALIZABLE, Phase.VOIDABLE):
        return None
    since = view.round.final_at or view.round.train_end
    if view.time < since + patience:
        return Wait("somebody else may finish the round first", since + patience)
    return Advance(view.round.round)


def fallback(view: View) -> Advance | Wait:
    """What those do who only end a round that sponsor and aggregators let lie: everybody wants it to end."""
    poke = due(view, 3 * PATIENCE) if view.phase != Phase.IDLE else None
    return poke or Wait(f"nothing to do in {view.phase.name.lower()}")


def advance(worker: Worker, view: View) -> None:
    """Finalise, void or open.

    Raises:
        ContractRevert: somebody else was faster, or it is not due.
    """
    record = view.record
    finalises = view.phase == Phase.FINALIZABLE and record is not None and record.header is not None
    header = record.header if finalises and record is not None and record.header is not None else Header.empty()
    worker.send("advance", view.fid, header.to_abi(), intent=worth.poke(view, worker.token_price))
