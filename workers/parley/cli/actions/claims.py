"""What an operator has earned and not yet taken, and taking it: one claim pays for all past rounds (P-12)."""

from __future__ import annotations

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from web3 import Web3

from parley.chain.contracts import Contracts
from parley.chain.sender import Sender
from parley.chain.signatures import claim_message, sign
from parley.chain.view import View
from parley.cli.actions.receipts import Done, done
from parley.errors import ExitCode, KeystoreError, ParleyError
from parley.numerics.rewards import RewardTree
from parley.roles.books import Books

AUTHORISATION_SECONDS = 3600
"""How long a payee's authorisation is good."""


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


@dataclass(frozen=True)
class Paid:
    """A claim that was paid.

    Attributes:
        federation: its id.
        operator: whose rewards.
        to: who got them.
        amount: wei.
        transaction: that paid them.
    """

    federation: int
    operator: str
    to: str
    amount: int
    transaction: Done


def claim(contracts: Contracts, sender: Sender, due: Claim) -> Paid:
    """Pay an operator what is due to it; anyone may send this.

    Raises:
        Reverted: it was paid meanwhile.
    """
    proof = list(due.proof)
    call = contracts.reward_vault.functions.claim(due.fid, due.index, due.operator, due.cumulative, proof)
    return Paid(due.fid, due.operator, due.operator, due.due, done(sender.send(call)))


def claim_to(w3: Web3, contracts: Contracts, sender: Sender, due: Claim, owner: LocalAccount, to: str) -> Paid:
    """Pay what is due to another address, which the operator authorises by signature.

    Args:
        w3: connection.
        contracts: the deployment.
        sender: pays for the gas.
        due: the operator's account.
        owner: the operator's own key.
        to: who is paid.

    Raises:
        KeystoreError: the key is not the operator's own.
        Reverted: it was paid meanwhile.
    """
    if owner.address != due.operator:
        raise KeystoreError(
            f"{owner.address} is not the operator {due.operator}, who alone may name another payee",
            hint="choose the operator's own key by --account",
        )
    deadline = w3.eth.get_block("latest")["timestamp"] + AUTHORISATION_SECONDS
    message = claim_message(
        chain_id=w3.eth.chain_id,
        reward_vault=contracts.reward_vault.address,
        fid=due.fid,
        operator=due.operator,
        to=to,
        cumulative=due.cumulative,
        deadline=deadline,
    )
    call = contracts.reward_vault.functions.claimTo(
        due.fid, due.index, due.operator, due.cumulative, list(due.proof), to, deadline, sign(message, owner)
    )
    return Paid(due.fid, due.operator, to, due.due, done(sender.send(call)))
