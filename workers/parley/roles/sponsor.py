"""The sponsor: opens each round's validation shard, and pokes where nobody else does."""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.model import Phase
from parley.chain.view import View
from parley.roles import pokes, worth
from parley.roles.actions import Action, Advance, OpenValidation, Wait
from parley.roles.worker import Worker
from parley.tasks.shards import KeyChain


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A sponsor's worker. It holds the keys, so it must not train (P-24).

    Attributes:
        worker: key, connection and store.
        chain: the secret and the keys that follow from it; `None` where the validation set is public.
        confirmations: blocks that must lie above the end of the reveals before the shard is opened.
    """

    worker: Worker
    chain: KeyChain | None
    confirmations: int

    def warm_up(self) -> None:
        """Do nothing: a sponsor computes nothing that is slow."""

    def decide(self, view: View) -> Action:
        """Name the next action."""
        return decide(view, holds_keys=self.chain is not None, confirmations=self.confirmations)

    def execute(self, action: Action, view: View) -> None:
        """Do it.

        Raises:
            ParleyError: it cannot be done now.
        """
        if isinstance(action, OpenValidation) and self.chain is not None:
            intent = worth.validation(view, action.round, self.worker.token_price)
            self.worker.send("openValidation", view.fid, action.round, self.chain.key(action.round), intent=intent)
        elif isinstance(action, Advance):
            pokes.advance(self.worker, view)


def decide(view: View, *, holds_keys: bool, confirmations: int) -> Action:
    """What a sponsor does next: a pure function of the view.

    Args:
        view: the federation.
        holds_keys: the secret of the validation chain is at hand.
        confirmations: blocks below which the last reveal must lie: a reorg must not let a trainer answer to an opened
            shard.
    """
    if holds_keys:
        current, known = view.round.round, view.federation.key_round
        if view.phase == Phase.KEY and known < current:
            return OpenValidation(current) if _is_settled(view, confirmations) else Wait("the reveals are not settled")
        missed = current - 1 if view.federation.live else current
        if known < missed:
            return OpenValidation(missed)
    return pokes.due(view, patience=pokes.PATIENCE) or Wait(f"nothing to do in {view.phase.name.lower()}")


def _is_settled(view: View, confirmations: int) -> bool:
    """Whether the last reveal has so many blocks, its own included."""
    reveals = view.record.reveals if view.record is not None else ()
    return all(view.block.number - reveal.block + 1 >= confirmations for reveal in reveals)
