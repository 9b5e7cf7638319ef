"""From revert data to something that people can act upon."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.contracts import error_table
from parley.chain.hints import HINTS
from parley.chain.reverts import ErrorTable
from tests.chain.town import compiled

ABI = [
    {
        "type": "error",
        "name": "RoundCoordinator_WrongPhase",
        "inputs": [{"name": "phase", "type": "uint8"}],
    },
    {
        "type": "error",
        "name": "FederationRegistry_PolicyInvalid",
        "inputs": [{"name": "name", "type": "bytes32"}, {"name": "value", "type": "uint256"}],
    },
    {"type": "error", "name": "Plain", "inputs": []},
    {"type": "function", "name": "ignored", "inputs": []},
]
TABLE = ErrorTable({"RoundCoordinator": ABI})


def data(signature: str, types: list[str], *values: object) -> bytes:
    """Revert data as Solidity makes it."""
    return keccak(text=signature)[:4] + encode(types, values)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("revert", "contract", "text"),
    [
        (
            data("RoundCoordinator_WrongPhase(uint8)", ["uint8"], 2),
            "RoundCoordinator",
            "RoundCoordinator_WrongPhase(phase=reveal)",
        ),
        (
            data("FederationRegistry_PolicyInvalid(bytes32,uint256)", ["bytes32", "uint256"], b"train", 3),
            "FederationRegistry",
            "FederationRegistry_PolicyInvalid(name=train, value=3)",
        ),
        (data("Plain()", []), "RoundCoordinator", "Plain()"),
        (data("Error(string)", ["string"], "too late"), "", "too late"),
        (data("Panic(uint256)", ["uint256"], 0x11), "", "panic 0x11: arithmetic over- or underflow"),
        (data("Panic(uint256)", ["uint256"], 0x99), "", "panic 0x99: see the Solidity manual"),
        (b"", "", "no reason given"),
        (bytes.fromhex("deadbeef01"), "", "unknown(data=0xdeadbeef01)"),
    ],
)
def test_decode__any_kind_of_error__is_told(revert: bytes, contract: str, text: str) -> None:
    error = TABLE.decode(revert)
    assert (error.contract, str(error)) == (contract, text)


@pytest.mark.unit
@given(
    st.binary(max_size=80), st.sampled_from([b"", *(keccak(text=s)[:4] for s in ("Error(string)", "Panic(uint256)"))])
)
def test_decode__hostile_data__never_raises(tail: bytes, head: bytes) -> None:
    """A contract may revert with anything."""
    assert str(TABLE.decode(head + tail))
    assert str(TABLE.decode(data("FederationRegistry_PolicyInvalid(bytes32,uint256)", [])[:4] + tail))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x" + data("Plain()", []).hex()}, "Plain()"),
        ({"code": 3, "message": "reverted", "data": {"data": "0x" + data("Plain()", []).hex()}}, "Plain()"),
        ({"code": 3, "message": "execution reverted: too early"}, "too early"),
        ({"code": 3, "message": "execution reverted", "data": "no hex"}, "no reason given"),
        ({"code": 3, "message": "execution reverted", "data": "0xzz"}, "no reason given"),
        ("reverted", "no reason given"),
    ],
)
def test_decode_response__however_a_node_wraps_it__is_found(error: object, text: str) -> None:
    assert str(TABLE.decode_response({"error": error})) == text


@pytest.mark.integration
def test_hints__each__belongs_to_an_error_that_exists() -> None:
    """A renamed error must not lose its hint in silence."""
    table = error_table({name: artifact.abi for name, artifact in compiled().artifacts.items()})
    assert set(HINTS) <= set(table.names())


@pytest.mark.integration
def test_error_table__all_contracts__selectors_are_unique() -> None:
    """One table can only serve all contracts if no two errors share a selector."""
    table = error_table({name: artifact.abi for name, artifact in compiled().artifacts.items()})
    assert len(table.names()) == len(set(table.names()))
    assert len(table.names()) > 40
