"""An operator's account in the stake vault."""

from __future__ import annotations

from dataclasses import dataclass

from web3.contract import Contract

from parley.chain.contracts import Contracts
from parley.chain.sender import Sender
from parley.cli.actions.receipts import Done, done
from parley.cli.actions.tokens import allow


@dataclass(frozen=True)
class Stake:
    """An operator's account, in wei.

    Attributes:
        operator: whose.
        token: address of the token.
        free: can be withdrawn, locked by joining, or bonded by settling.
        locked: held by memberships and bonds.
    """

    operator: str
    token: str
    free: int
    locked: int


def stake_of(contracts: Contracts, token: str, operator: str) -> Stake:
    """An operator's account."""
    free, locked = contracts.stake_vault.functions.accountOf(token, operator).call()
    return Stake(operator, token, free, locked)


def deposit(contracts: Contracts, sender: Sender, token: Contract, operator: str, amount: int) -> list[Done]:
    """Add to an operator's free stake, from the sender's tokens; approves the vault first if need be.

    Raises:
        ChainError: the sender holds too few tokens.
    """
    vault = contracts.stake_vault
    allowed = allow(sender, token, vault.address, amount)
    deposited = done(sender.send(vault.functions.deposit(token.address, operator, amount)))
    return [*([allowed] if allowed else []), deposited]


def withdraw(contracts: Contracts, sender: Sender, token: str, amount: int, to: str) -> Done:
    """Take from the sender's own free stake.

    Raises:
        Reverted: the free stake is smaller.
    """
    return done(sender.send(contracts.stake_vault.functions.withdraw(token, amount, to)))
