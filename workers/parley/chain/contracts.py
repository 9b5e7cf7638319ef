"""Contracts bound to the ABIs that the compiler gave, and the token, which may be anybody's ERC-20."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from web3 import Web3
from web3.contract import Contract

from parley.chain.reverts import ErrorTable

CORE = (
    "ParticipantRegistry",
    "StakeVault",
    "RewardVault",
    "FederationRegistry",
    "RoundCoordinator",
    "RoundLens",
    "Disputes",
)
"""The contracts of every deployment, in the order they are deployed."""

TOKEN = "ParleyToken"  # noqa: S105 - a contract's name
"""Deployed on development chains."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """The deployed contracts.

    Attributes:
        registry: ParticipantRegistry.
        stake_vault: StakeVault.
        reward_vault: RewardVault.
        federations: FederationRegistry.
        coordinator: RoundCoordinator.
        lens: RoundLens.
        disputes: Disputes.
        start_block: height at which the first of them was deployed.
        token: ParleyToken, `None` where the deployment has none.
        errors: what any of them, or a token, may throw.
    """

    registry: Contract
    stake_vault: Contract
    reward_vault: Contract
    federations: Contract
    coordinator: Contract
    lens: Contract
    disputes: Contract
    start_block: int
    token: Contract | None = None
    errors: ErrorTable = field(default_factory=lambda: ErrorTable({}))


def bind(w3: Web3, deployed: Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]], start_block: int) -> Contracts:
    """Bind contracts to a connection.

    Args:
        w3: connection.
        deployed: address and ABI by contract name: `CORE`, and `TOKEN` if there is one.
        start_block: height at which the first of them was deployed.
    """
    bound = {
        name: w3.eth.contract(address=Web3.to_checksum_address(at), abi=abi) for name, (at, abi) in deployed.items()
    }
    return Contracts(
        registry=bound["ParticipantRegistry"],
        stake_vault=bound["StakeVault"],
        reward_vault=bound["RewardVault"],
        federations=bound["FederationRegistry"],
        coordinator=bound["RoundCoordinator"],
        lens=bound["RoundLens"],
        disputes=bound["Disputes"],
        start_block=start_block,
        token=bound.get(TOKEN),
        errors=error_table({name: abi for name, (_, abi) in deployed.items()}),
    )


def error_table(abis: Mapping[str, Sequence[Mapping[str, Any]]]) -> ErrorTable:
    """The errors of contracts by name, and those of any token made after ERC-6093."""
    return ErrorTable({**abis, "ERC20": _ERC20})


def token_at(w3: Web3, address: str) -> Contract:
    """A federation's token: any ERC-20, with the optional parts of its metadata."""
    contract: Contract = w3.eth.contract(address=Web3.to_checksum_address(address), abi=_ERC20)
    return contract


def _function(name: str, inputs: Sequence[str], outputs: Sequence[str], mutability: str = "view") -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "stateMutability": mutability,
        "inputs": [{"name": f"value{place}", "type": kind} for place, kind in enumerate(inputs)],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
    }


def _error(name: str, **inputs: str) -> dict[str, Any]:
    return {"type": "error", "name": name, "inputs": [{"name": key, "type": kind} for key, kind in inputs.items()]}


_ERC20: list[Any] = [
    _function("name", [], ["string"]),
    _function("symbol", [], ["string"]),
    _function("decimals", [], ["uint8"]),
    _function("totalSupply", [], ["uint256"]),
    _function("balanceOf", ["address"], ["uint256"]),
    _function("allowance", ["address", "address"], ["uint256"]),
    _function("approve", ["address", "uint256"], ["bool"], "nonpayable"),
    _function("transfer", ["address", "uint256"], ["bool"], "nonpayable"),
    _error("ERC20InsufficientAllowance", spender="address", allowance="uint256", needed="uint256"),
    _error("ERC20InsufficientBalance", sender="address", balance="uint256", needed="uint256"),
    _error("ERC20InvalidApprover", approver="address"),
    _error("ERC20InvalidReceiver", receiver="address"),
    _error("ERC20InvalidSender", sender="address"),
    _error("ERC20InvalidSpender", spender="address"),
]
