"""The stake and reward token: balances, minting on development chains, allowances for the vaults."""

from __future__ import annotations

from dataclasses import dataclass

from web3 import Web3
from web3.contract import Contract

from parley.chain.sender import Sender
from parley.cli.actions.receipts import Done, done
from parley.errors import ChainError, ConfigError

DECIMALS = 18


@dataclass(frozen=True)
class Balance:
    """What an address holds.

    Attributes:
        address: whose.
        token: address of the token.
        tokens: units of 18 decimals.
        ether: wei, which pays for gas.
    """

    address: str
    token: str
    tokens: int
    ether: int


def balance_of(w3: Web3, token: Contract, address: str) -> Balance:
    """What an address holds of the token and of the chain's own currency."""
    return Balance(
        address,
        token.address,
        token.functions.balanceOf(address).call(),
        w3.eth.get_balance(Web3.to_checksum_address(address)),
    )


def mint(sender: Sender, token: Contract, to: str, amount: int) -> Done:
    """Make tokens, on development chains only; amount in wei.

    Raises:
        Reverted: the chain is no development chain, or the token is not ParleyToken.
    """
    return done(sender.send(token.functions.mint(to, amount)))


def allow(sender: Sender, token: Contract, spender: str, amount: int) -> Done | None:
    """Let a vault take `amount` wei from the sender; `None` if it may already.

    Raises:
        ChainError: the sender holds less than that.
    """
    require_decimals(token)
    held = token.functions.balanceOf(sender.address).call()
    if held < amount:
        raise ChainError(
            f"{sender.address} holds {held} wei of the token {token.address}, less than {amount}",
            hint="send it some; on development chains `parley token mint AMOUNT --to NAME` makes them",
        )
    if token.functions.allowance(sender.address, spender).call() >= amount:
        return None
    return done(sender.send(token.functions.approve(spender, amount)))


def require_decimals(token: Contract) -> None:
    """Amounts on the command line are in tokens of 18 decimals.

    Raises:
        ConfigError: this token counts otherwise, so that amounts would mean something else.
    """
    decimals = token.functions.decimals().call()
    if decimals != DECIMALS:
        raise ConfigError(
            f"the token {token.address} has {decimals} decimals, not {DECIMALS}",
            hint="the command line counts in 18 decimals: use another token, or call the contracts directly",
        )
