"""Which files an export consists of, and what stands in them."""

from __future__ import annotations

import json

import pytest

from parley.explorer.export import signatures
from parley.explorer.export.layout import files_of, otterscan
from tests.explorer.export.builders import ABI, ADDRESS, BOX, SOURCES, STANDARD_INPUT, TRANSACTION, VERIFIED

pytestmark = pytest.mark.unit

NODE = "http://127.0.0.1:8545"
REPOSITORY = f"contracts/partial_match/31337/{ADDRESS}"
FILES = files_of(31337, [VERIFIED], STANDARD_INPUT, NODE)


def test_files_of__one_contract__are_those_that_explorers_ask_for() -> None:
    assert sorted(FILES) == sorted(
        [
            "index.json",
            "otterscan.json",
            "abi/Box.json",
            "input/Box.json",
            f"{REPOSITORY}/metadata.json",
            f"{REPOSITORY}/sources/contracts/Box.sol",
            f"{REPOSITORY}/sources/node_modules/@far/Lid.sol",
            *(f"signatures/{digest}" for digest in signatures.calls([ABI])),
            *(f"topic0/{digest}" for digest in signatures.topics([ABI])),
        ]
    )


def test_files_of__metadata_and_sources__are_byte_for_byte_the_compilers() -> None:
    """Digests are of bytes: nothing is formatted anew."""
    assert FILES[f"{REPOSITORY}/metadata.json"].decode() == BOX.metadata
    assert {name: FILES[f"{REPOSITORY}/sources/{name}"].decode() for name in SOURCES} == SOURCES


def test_files_of__input__compiles_the_contract_and_nothing_else() -> None:
    request = json.loads(FILES["input/Box.json"])
    assert request["language"] == "Solidity"
    assert request["sources"] == {name: {"content": text} for name, text in SOURCES.items()}
    assert request["settings"] == {"viaIR": True, "outputSelection": {"contracts/Box.sol": {"Box": ["abi"]}}}


def test_files_of__index__says_what_verifiers_ask_for() -> None:
    index = json.loads(FILES["index.json"])
    assert index["chain_id"] == 31337
    assert index["contracts"] == {
        "Box": {
            "address": ADDRESS,
            "identifier": "contracts/Box.sol:Box",
            "compiler": "0.8.37+commit.f401782d",
            "constructor_arguments": "0x" + (7).to_bytes(32, "big").hex(),
            "libraries": {},
            "transaction": TRANSACTION,
            "block": 3,
            "abi": "abi/Box.json",
            "input": "input/Box.json",
            "sourcify": REPOSITORY,
        }
    }
    assert json.loads(FILES["abi/Box.json"]) == ABI


def test_files_of__twice__are_the_same() -> None:
    """An export can be compared with another."""
    assert files_of(31337, [VERIFIED], STANDARD_INPUT, NODE) == FILES


@pytest.mark.parametrize(("chain_id", "named"), [(31337, True), (31338, True), (1, False), (10, False)])
def test_otterscan__chain_of_our_own__is_named(chain_id: int, named: bool) -> None:
    """The public lists know other chains of a local chain's id; a public chain is told by them."""
    config = otterscan(chain_id, NODE)
    assert ("chainInfo" in config) == named
    assert config["erigonURL"] == config["rpcURL"] == NODE
    (source,) = config["sourcify"]["sources"].values()
    assert source == {"url": "", "backendFormat": "RepositoryV1"}


def test_readable__struct_array_without_name__has_types_that_all_readers_take() -> None:
    assert signatures.calls([ABI]) == {
        "36e0fd10": "Box_Full(uint256 limit)",
        "d9516d41": "post((address,bytes)[2] letters,uint256)",
    }
    assert signatures.topics([ABI]) == {
        "c1aa971d613c82f0c4856833b8de0c86cab459aca7361da90af890e1ec9dce46": "Posted(address indexed to,bytes text)"
    }


def test_calls__same_selector_with_other_names__are_alternatives() -> None:
    """As the public lists join them; the same text stands once."""
    other = [{**ABI[2], "inputs": [{"name": "most", "type": "uint256"}]}]
    assert "Box_Full(uint256 limit);Box_Full(uint256 most)" in signatures.calls([ABI, other, ABI]).values()
