"""Which files an export consists of. Pure.

    index.json                                            every contract, and where its files are
    otterscan.json                                        configuration of Otterscan
    contracts/partial_match/CHAIN/ADDRESS/metadata.json   as Sourcify's file repository has it, and with it Otterscan:
    contracts/partial_match/CHAIN/ADDRESS/sources/...     what the compiler says of a contract, and its sources
    signatures/..., topic0/...                            names of functions, errors and events
    abi/CONTRACT.json                                     for `cast` and programs
    input/CONTRACT.json                                   standard JSON of the compiler, to verify a contract with

`partial_match` is what Sourcify calls code that comes from the sources but holds no digest of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.chain.devnet import Flavour
from parley.explorer.export import signatures
from parley.explorer.export.verified import Verified

FORMAT = "parley-explorer-export/1"


@dataclass(frozen=True, slots=True)
class Exported:
    """A verified contract with what is written of it.

    Attributes:
        contract: the contract.
        metadata: of the compiler, parsed.
        sources: text by name, all that it is made of and nothing else.
        request: standard JSON that compiles it and nothing else.
    """

    contract: Verified
    metadata: Mapping[str, Any]
    sources: Mapping[str, str]
    request: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The contract's."""
        return self.contract.artifact.name

    @property
    def identifier(self) -> str:
        """Source and name, as verifiers want it: `contracts/StakeVault.sol:StakeVault`."""
        ((source, name),) = self.metadata["settings"]["compilationTarget"].items()
        return f"{source}:{name}"


def files_of(
    chain_id: int, contracts: Sequence[Verified], standard_input: Mapping[str, Any], node: str
) -> dict[str, bytes]:
    """The content of every file by its path.

    Args:
        chain_id: of the chain.
        contracts: that are exported.
        standard_input: standard JSON that all of them were compiled from.
        node: JSON-RPC endpoint that an explorer in a browser asks; without credentials.
    """
    exported = [_exported(contract, standard_input) for contract in contracts]
    abis = [contract.artifact.abi for contract in contracts]
    found = {
        "index.json": _json(_index(chain_id, exported)),
        "otterscan.json": _json(otterscan(chain_id, node)),
        **{f"signatures/{digest}": text.encode() for digest, text in signatures.calls(abis).items()},
        **{f"topic0/{digest}": text.encode() for digest, text in signatures.topics(abis).items()},
    }
    for item in exported:
        found |= _files_of_one(chain_id, item)
    return found


def otterscan(chain_id: int, node: str) -> dict[str, Any]:
    """Configuration of Otterscan for an export that lies in the root folder of its own web server.

    Empty addresses are the server's own, so that no other one must permit its pages to read from it (CORS). `sourcify`
    and `rpcURL` are of newer versions, `sourcifySources` and `erigonURL` of older ones.
    """
    local = {"chainInfo": _local_chain(chain_id)} if chain_id in {flavour.chain_id for flavour in Flavour} else {}
    return {
        "erigonURL": node,
        "rpcURL": node,
        "assetsURLPrefix": "",
        "experimental": False,  # Anvil has no ots2_ methods
        **local,
        "sourcify": {"sources": {"Parley": {"url": "", "backendFormat": "RepositoryV1"}}},
        "sourcifySources": {"ipfs": "", "central_server": ""},
    }


def _local_chain(chain_id: int) -> dict[str, Any]:
    """What a local chain is called; the public lists know other chains of the same id."""
    ether = {"name": "Ether", "symbol": "ETH", "decimals": 18}
    return {"name": f"Local chain {chain_id}", "faucets": [], "nativeCurrency": ether}


def _exported(contract: Verified, standard_input: Mapping[str, Any]) -> Exported:
    """A contract with its own part of the compiler's input: explorers show all sources that they are given."""
    name, metadata = contract.artifact.name, json.loads(contract.artifact.metadata)
    sources = {source: standard_input["sources"][source]["content"] for source in sorted(metadata["sources"])}
    (target,) = metadata["settings"]["compilationTarget"]
    settings = standard_input["settings"]
    selection = {target: {name: settings["outputSelection"][target][name]}}
    request = {
        **standard_input,
        "sources": {source: {"content": text} for source, text in sources.items()},
        "settings": {**settings, "outputSelection": selection},
    }
    return Exported(contract, metadata, sources, request)


def _files_of_one(chain_id: int, item: Exported) -> dict[str, bytes]:
    repository = _repository(chain_id, item)
    return {
        f"abi/{item.name}.json": _json(item.contract.artifact.abi),
        f"input/{item.name}.json": _json(item.request),
        f"{repository}/metadata.json": item.contract.artifact.metadata.encode(),
        **{f"{repository}/sources/{source}": text.encode() for source, text in item.sources.items()},
    }


def _repository(chain_id: int, item: Exported) -> str:
    return f"contracts/partial_match/{chain_id}/{item.contract.address}"


def _index(chain_id: int, exported: Sequence[Exported]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "chain_id": chain_id,
        "contracts": {item.name: _description(chain_id, item) for item in exported},
    }


def _description(chain_id: int, item: Exported) -> dict[str, Any]:
    return {
        "address": item.contract.address,
        "identifier": item.identifier,
        "compiler": item.metadata["compiler"]["version"],
        "constructor_arguments": "0x" + item.contract.arguments.hex(),
        "libraries": item.metadata["settings"]["libraries"],
        "transaction": item.contract.transaction,
        "block": item.contract.block,
        "abi": f"abi/{item.name}.json",
        "input": f"input/{item.name}.json",
        "sourcify": _repository(chain_id, item),
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
