"""What an operator has earned and not yet taken, and taking it: one claim pays for all past rounds (P-12)."""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.reader import Contracts
from parley.chain.view import View
from parley.errors import ExitCode, ParleyError
from parley.numerics.rewards import RewardTree
from parley.roles.books import Books


@dataclass(frozen=True)
class Claim:
    """An operator's account in a federation.

    Attributes:
        fid: the federation.
        operator: whose account.
        index: its member index, `None` before its first reveal or settlement.
        cumulative: all it ever earned in final rounds, wei.
        claimed: what of it was paid, wei.
        due: the difference, wei.
        proof: siblings of its leaf, from the leaf upwards; empty if it has none.
    """

    fid: int
    operator: str
    index: int | None
    cumulative: int
    claimed: int
    due: int
    proof: tuple[bytes, ...]


class NothingToClaim(ParleyError):
    """Everything earned in final rounds is paid already."""

    default_exit_code = ExitCode.NOT_FOUND


def claim_of(view: View, books: Books, contracts: Contracts, operator: str) -> Claim:
    """Compute an operator's account from the chain's history.

    Raises:
        ChainError: a final settlement was wrong, so that its rewards cannot be recomputed.
    """
    index = view.index_of(operator)
    claimed: int = contracts.reward_vault.functions.claimedOf(view.fid, operator).call()
    ledger = books.ledger(view)
    if index is None or index not in ledger:
        return Claim(view.fid, operator, index, 0, claimed, 0, ())
    tree = RewardTree(ledger, view.terms.reward_depth)
    cumulative = tree.cumulative(index)
    return Claim(view.fid, operator, index, cumulative, claimed, cumulative - claimed, tuple(tree.proof(index)))


def require_due(claim: Claim) -> Claim:
    """The same claim, if it pays anything.

    Raises:
        NothingToClaim: it does not.
    """
    if claim.due <= 0:
        raise NothingToClaim(
            f"{claim.operator} has nothing to claim in federation {claim.fid}",
            hint="rewards can be claimed once their round is final; see `parley round list`",
        )
    return claim
