"""A contract of two sources, as the compiler would tell of it."""

from __future__ import annotations

import json
from typing import Any

from parley.chain.compiler import Artifact
from parley.chain.deployments import Deployed
from parley.explorer.export.verified import Observed, Verified

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TRANSACTION = "0x" + "ab" * 32
ABI: list[dict[str, Any]] = [
    {"type": "constructor", "inputs": [{"name": "limit", "type": "uint256"}]},
    {
        "type": "function",
        "name": "post",
        "inputs": [
            {
                "name": "letters",
                "type": "tuple[2]",
                "components": [{"name": "to", "type": "address"}, {"name": "text", "type": "bytes"}],
            },
            {"name": "", "type": "uint256"},
        ],
        "outputs": [],
    },
    {"type": "error", "name": "Box_Full", "inputs": [{"name": "limit", "type": "uint256"}]},
    {
        "type": "event",
        "name": "Posted",
        "inputs": [
            {"name": "to", "type": "address", "indexed": True},
            {"name": "text", "type": "bytes", "indexed": False},
        ],
    },
]
SOURCES = {"contracts/Box.sol": "contract Box {}", "node_modules/@far/Lid.sol": "library Lid {}"}
METADATA = {
    "compiler": {"version": "0.8.37+commit.f401782d"},
    "sources": {name: {} for name in SOURCES},
    "settings": {"compilationTarget": {"contracts/Box.sol": "Box"}, "libraries": {}},
    "output": {"abi": ABI},
}
STANDARD_INPUT: dict[str, Any] = {
    "language": "Solidity",
    "sources": {name: {"content": text} for name, text in {**SOURCES, "contracts/Other.sol": "contract O {}"}.items()},
    "settings": {
        "viaIR": True,
        "outputSelection": {"contracts/Box.sol": {"Box": ["abi"]}, "contracts/Other.sol": {"O": ["abi"]}},
    },
}
BOX = Artifact("Box", ABI, b"\x60\x01", b"\x01\x00\x00\x02", ((1, 2),), json.dumps(METADATA))
ARGUMENTS = (7).to_bytes(32, "big")
VERIFIED = Verified(BOX, ADDRESS, ARGUMENTS, TRANSACTION, 3)
SEEN = Observed(code=b"\x01\xfe\xfe\x02", init_code=BOX.bytecode + ARGUMENTS, created=ADDRESS, block=3)
DEPLOYED = Deployed(
    contract="Box",
    deployment="0x" + "00" * 32,
    chain_id=31337,
    address=ADDRESS,
    deployer="0x" + "00" * 20,
    nonce=0,
    block=3,
    transaction=TRANSACTION,
    code_hash="0x" + "00" * 32,
    init_code_hash="0x" + "00" * 32,
    arguments={"limit": 7},
    encoded_arguments="0x",
    compiler={},
    abi=ABI,
)
