"""What a deployment consists of: contracts, nonces, addresses and constructor arguments. Pure.

The contracts name each other, so their addresses must be known before any of them exists: an address follows from the
deployer and its nonce.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from web3 import Web3
from web3.types import Nonce
from web3.utils.address import get_create_address

from parley.chain.compiler import Artifact, Compilation
from parley.chain.contracts import CORE, TOKEN

FEE_FLOOR = 10**13
"""Least fee of a data demand unless a deployment says otherwise, wei: pays for calldata where gas is cheap."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a deployment may choose.

    Attributes:
        min_window: shortest window a policy may have, seconds.
        token_holder: gets the initial supply of ParleyToken; `None`: no token is deployed.
        token_supply: initial supply in units of 10**-18 tokens.
        fee_floor: least fee of a data demand, wei (P-22).
    """

    min_window: int
    token_holder: str | None = None
    token_supply: int = 0
    fee_floor: int = FEE_FLOOR


@dataclass(frozen=True, slots=True)
class Step:
    """One contract to deploy.

    Attributes:
        name: of the contract.
        nonce: of the deployer's transaction.
        address: where it will be.
        arguments: of its constructor, by name.
        encoded: the same as the ABI encodes them.
        artifact: the compiled contract.
    """

    name: str
    nonce: int
    address: str
    arguments: Mapping[str, Any]
    encoded: bytes
    artifact: Artifact

    @property
    def init_code(self) -> bytes:
        """Creation code and arguments."""
        return self.artifact.bytecode + self.encoded

    def is_code(self, code: bytes) -> bool:
        """Whether this is the contract's code, immutables aside."""
        return self.artifact.is_code(code)


def create_address(deployer: str, nonce: int) -> str:
    """Checksummed address of the contract that the transaction with this nonce creates."""
    return str(get_create_address(Web3.to_checksum_address(deployer), Nonce(nonce)))


def plan(compilation: Compilation, deployer: str, first_nonce: int, options: Options) -> list[Step]:
    """What is deployed, in order. Pure.

    Args:
        compilation: all contracts.
        deployer: checksummed address of the key.
        first_nonce: its nonce for the first contract.
        options: what the deployment may choose.
    """
    names = [*CORE, *([TOKEN] if options.token_holder is not None else [])]
    at = {name: create_address(deployer, first_nonce + place) for place, name in enumerate(names)}
    values = _constructor_arguments(at, options)
    return [
        _step(compilation.artifacts[name], first_nonce + place, at[name], values[name])
        for place, name in enumerate(names)
    ]


def _constructor_arguments(at: Mapping[str, str], options: Options) -> dict[str, tuple[Any, ...]]:
    """What each contract is told, by name: here the contracts are wired together."""
    registry, coordinator = at["ParticipantRegistry"], at["RoundCoordinator"]
    return {
        "ParticipantRegistry": (),
        "StakeVault": (coordinator,),
        "RewardVault": (coordinator,),
        "FederationRegistry": (registry, coordinator, options.min_window),
        "RoundCoordinator": (registry, at["StakeVault"], at["RewardVault"], at["FederationRegistry"], at["Disputes"]),
        "RoundLens": (coordinator,),
        "Disputes": (coordinator, options.fee_floor),
        TOKEN: (options.token_holder, options.token_supply),
    }


def _step(artifact: Artifact, nonce: int, address: str, values: Sequence[Any]) -> Step:
    inputs: list[dict[str, Any]] = next(
        (entry["inputs"] for entry in artifact.abi if entry["type"] == "constructor"), []
    )
    names = [item["name"].rstrip("_") for item in inputs]
    encoded = encode([item["type"] for item in inputs], values)
    return Step(artifact.name, nonce, address, dict(zip(names, values, strict=True)), encoded, artifact)
