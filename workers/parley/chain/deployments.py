"""`deployments/<chainId>/<Contract>.json`: what was deployed, with all that is needed to use and to verify it.

A file is only believed after the chain was asked: right chain, code at the address, and exactly the code it names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from eth_utils.address import is_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from parley import strict_json
from parley.chain.contracts import CORE, TOKEN, Contracts, bind
from parley.chain.errors import NotDeployed, StaleDeployment, WrongChain
from parley.files import write_whole

MAX_FILE_BYTES = 16 << 20
COMPILER_INPUT = "compiler-input.json"
HINT = "deploy anew with `parley deploy`"


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract of a deployment, as its file says.

    Attributes:
        contract: name.
        deployment: which deployment it belongs to; the same in all files of one.
        chain_id: of the chain.
        address: checksummed.
        deployer: address of the key that deployed it.
        nonce: of the transaction that made it; its address follows from both.
        block: height of the block that holds it.
        transaction: hash of the transaction that made it, 0x-prefixed.
        code_hash: keccak256 of the code at the address, 0x-prefixed.
        init_code_hash: keccak256 of the creation code with its arguments, 0x-prefixed.
        arguments: of the constructor, by name.
        encoded_arguments: the same as the ABI encodes them, 0x-prefixed: what explorers ask for.
        compiler: version and settings; the whole input is in `compiler-input.json` beside it.
        abi: as the compiler gave it.
    """

    contract: str
    deployment: str
    chain_id: int
    address: str
    deployer: str
    nonce: int
    block: int
    transaction: str
    code_hash: str
    init_code_hash: str
    arguments: Mapping[str, Any]
    encoded_arguments: str
    compiler: Mapping[str, Any]
    abi: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Deployment:
    """All contracts of a deployment.

    Attributes:
        chain_id: of the chain.
        contracts: by name: `CORE`, and `ParleyToken` on development chains.
    """

    chain_id: int
    contracts: Mapping[str, Deployed]

    def address_of(self, name: str) -> str:
        """Address of a contract.

        Raises:
            NotDeployed: the deployment has none of this name.
        """
        if name not in self.contracts:
            raise NotDeployed(f"the deployment on chain {self.chain_id} has no {name}", hint=HINT)
        return self.contracts[name].address

    def bind(self, w3: Web3) -> Contracts:
        """The contracts, bound to a connection."""
        found = {name: (item.address, item.abi) for name, item in self.contracts.items()}
        return bind(w3, found, min(item.block for item in self.contracts.values()))


def write_deployment(folder: Path, deployment: Deployment, compiler_input: Mapping[str, Any]) -> None:
    """Write a deployment's files.

    Args:
        folder: of all deployments.
        deployment: what was deployed.
        compiler_input: standard JSON that the contracts were compiled from.

    Raises:
        OSError: the disk is full or the folder cannot be written; each file is old or new, none is half-written.
    """
    target = folder / str(deployment.chain_id)
    write_whole(target / COMPILER_INPUT, _json(compiler_input))
    for name, item in deployment.contracts.items():
        write_whole(target / f"{name}.json", _json(asdict(item)))
    if TOKEN not in deployment.contracts:
        (target / f"{TOKEN}.json").unlink(missing_ok=True)


def read_deployment(chain_id: int, folder: Path) -> Deployment:
    """Read a deployment's files, without asking the chain.

    Raises:
        NotDeployed: there are none.
        StaleDeployment: they are damaged or do not belong together.
    """
    target = folder / str(chain_id)
    names = [name for name in (*CORE, TOKEN) if name in CORE or (target / f"{name}.json").is_file()]
    contracts = {name: _read(target / f"{name}.json", name, chain_id) for name in names}
    if len({item.deployment for item in contracts.values()}) != 1:
        raise StaleDeployment(f"the files in {target} are of different deployments", hint=HINT)
    return Deployment(chain_id, contracts)


def load_deployment(chain_id: int, folder: Path, w3: Web3) -> Deployment:
    """Read a deployment's files and check them against the chain.

    Args:
        chain_id: of the chain.
        folder: of all deployments.
        w3: connection to the chain.

    Raises:
        WrongChain: the node serves another chain.
        NotDeployed: there are no files.
        StaleDeployment: the files are damaged, or the chain carries no or other code.
    """
    actual = w3.eth.chain_id
    if actual != chain_id:
        raise WrongChain(f"the node serves chain {actual}, not {chain_id}", hint="check rpc_url and chain_id")
    deployment = read_deployment(chain_id, folder)
    for item in deployment.contracts.values():
        check_code(w3, item)
    return deployment


def check_code(w3: Web3, item: Deployed) -> None:
    """Check that the chain carries a contract's code.

    Raises:
        StaleDeployment: there is no code, or another.
    """
    code = bytes(w3.eth.get_code(Web3.to_checksum_address(item.address)))
    where = f"{item.address} on chain {item.chain_id}"
    if not code:
        raise StaleDeployment(f"there is no {item.contract} at {where}: the chain was started anew", hint=HINT)
    if "0x" + keccak(code).hex() != item.code_hash:
        raise StaleDeployment(f"the code at {where} is not the {item.contract} that the file names", hint=HINT)


def _read(path: Path, name: str, chain_id: int) -> Deployed:
    """One file, checked for shape."""
    try:
        with path.open("rb") as file:
            values = strict_json.parse(file.read(MAX_FILE_BYTES + 1), MAX_FILE_BYTES)
    except FileNotFoundError as error:
        raise NotDeployed(f"there is no deployment on chain {chain_id}: {path} is missing", hint=HINT) from error
    except (OSError, ValueError) as error:
        raise StaleDeployment(f"{path} is damaged: {error}", hint=HINT) from error
    if not isinstance(values, dict) or values.keys() != {field.name for field in fields(Deployed)}:
        raise StaleDeployment(f"{path} is damaged, or of another version of Parley", hint=HINT)
    if values["contract"] != name or values["chain_id"] != chain_id:
        raise StaleDeployment(f"{path} does not describe {name} on chain {chain_id}", hint=HINT)
    if not is_checksum_address(values["address"]) or not _is_abi(values["abi"]):
        raise StaleDeployment(f"{path} is damaged: it holds no address or no ABI", hint=HINT)
    if not all(isinstance(values[key], int) for key in ("block", "nonce")):
        raise StaleDeployment(f"{path} is damaged: it names no block", hint=HINT)
    return Deployed(**values)


def _is_abi(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) and "type" in entry for entry in value)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
