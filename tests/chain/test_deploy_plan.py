"""What a deployment consists of, before anything is sent."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from parley.chain.compiler import Artifact, Compilation
from parley.chain.contracts import CORE, TOKEN
from parley.chain.deploy_plan import FEE_FLOOR, Options, create_address, plan

pytestmark = pytest.mark.unit

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
INPUTS = {
    "StakeVault": [("coordinator_", "address")],
    "RewardVault": [("coordinator_", "address")],
    "FederationRegistry": [("registry_", "address"), ("coordinator_", "address"), ("minWindow_", "uint256")],
    "RoundCoordinator": [
        ("registry_", "address"),
        ("stakeVault_", "address"),
        ("rewardVault_", "address"),
        ("federationRegistry_", "address"),
        ("disputes_", "address"),
    ],
    "RoundLens": [("coordinator_", "address")],
    "Disputes": [("coordinator_", "address"), ("feeFloor_", "uint256")],
    TOKEN: [("holder", "address"), ("supply", "uint256")],
}


def artifact(name: str) -> Artifact:
    """A contract with the constructor that the real one has."""
    inputs = [{"name": member, "type": kind} for member, kind in INPUTS.get(name, [])]
    abi = [{"type": "constructor", "inputs": inputs}] if inputs else []
    return Artifact(name, abi, name.encode(), b"\x01\x00\x00\x02", ((1, 2),), "{}")


COMPILATION = Compilation({name: artifact(name) for name in (*CORE, TOKEN)}, "0.8.37", {"settings": {}})


def test_create_address__first_of_anvil__is_the_known_one() -> None:
    """The address that every first contract of Anvil's first key has."""
    assert create_address(DEPLOYER, 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def test_plan__contracts__are_wired_to_addresses_not_there_yet() -> None:
    steps = {step.name: step for step in plan(COMPILATION, DEPLOYER, 7, Options(60))}
    at = {name: step.address for name, step in steps.items()}
    assert [step.nonce for step in steps.values()] == list(range(7, 14))
    assert all(step.address == create_address(DEPLOYER, step.nonce) for step in steps.values())
    assert steps["StakeVault"].arguments == {"coordinator": at["RoundCoordinator"]}
    assert steps["FederationRegistry"].arguments["minWindow"] == 60
    assert steps["RoundCoordinator"].arguments == {
        "registry": at["ParticipantRegistry"],
        "stakeVault": at["StakeVault"],
        "rewardVault": at["RewardVault"],
        "federationRegistry": at["FederationRegistry"],
        "disputes": at["Disputes"],
    }
    assert steps["Disputes"].arguments == {"coordinator": at["RoundCoordinator"], "feeFloor": FEE_FLOOR}
    assert steps["StakeVault"].init_code == b"StakeVault" + encode(["address"], [at["RoundCoordinator"]])


def test_plan__token_holder__adds_a_token() -> None:
    steps = plan(COMPILATION, DEPLOYER, 0, Options(60, DEPLOYER, 5))
    assert [step.name for step in steps] == [*CORE, TOKEN]
    assert steps[-1].arguments == {"holder": DEPLOYER, "supply": 5}


def test_is_code__immutables_aside__must_be_the_same() -> None:
    step = plan(COMPILATION, DEPLOYER, 0, Options(60))[0]
    assert step.is_code(b"\x01\xff\xff\x02")
    assert not step.is_code(b"\x03\x00\x00\x02")
    assert not step.is_code(b"\x01\x00\x00")
    assert not step.is_code(b"")
