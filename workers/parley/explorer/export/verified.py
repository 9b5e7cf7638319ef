"""Contracts whose code on the chain comes from the sources at hand: nothing else is exported.

The compiler puts no digest of the sources into the code (`bytecode_hash = "none"`), so they are compiled anew and
compared with the code at each address, and with the transaction that made it, which ends with the arguments of the
constructor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound

from parley.chain.compiler import Artifact, Compilation
from parley.chain.deployments import HINT, Deployed, Deployment
from parley.chain.errors import StaleDeployment
from parley.errors import ChainError, NotFound

_HASH = re.compile(r"0x[0-9a-f]{64}")


class NotFromSources(ChainError):
    """The chain carries code that does not come from the sources at hand."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a chain tells of a contract.

    Attributes:
        code: at its address now.
        init_code: input of the transaction that made it; empty if that called a contract.
        created: checksummed address of what that transaction made, `None` if nothing.
        block: height of the block that holds the transaction.
    """

    code: bytes
    init_code: bytes
    created: str | None
    block: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A contract whose code comes from the sources at hand.

    Attributes:
        artifact: the contract as compiled.
        address: checksummed.
        arguments: of its constructor, as the ABI encodes them.
        transaction: hash of the transaction that made it, 0x-prefixed.
        block: height of the block that holds it.
    """

    artifact: Artifact
    address: str
    arguments: bytes
    transaction: str
    block: int


def verified(w3: Web3, deployment: Deployment, compilation: Compilation) -> list[Verified]:
    """Compare every contract of a deployment with its sources.

    Args:
        w3: connection to the chain.
        deployment: what is said to be there.
        compilation: its contracts, compiled from the sources at hand.

    Raises:
        NotFromSources: a contract's code, or what made it, does not come from these sources.
        StaleDeployment: a file does not name the transaction that made its contract.
        NotFound: the node does not know that transaction.
    """
    return [check(item, compilation.artifacts[name], observe(w3, item)) for name, item in deployment.contracts.items()]


def check(item: Deployed, artifact: Artifact, seen: Observed) -> Verified:
    """Compare one contract with its sources. Pure.

    Raises:
        NotFromSources: it does not come from them.
        StaleDeployment: the transaction that its file names made something else.
    """
    where = f"{item.contract} at {item.address} on chain {item.chain_id}"
    if seen.created != item.address:
        raise StaleDeployment(f"transaction {item.transaction} did not make {where}", hint=HINT)
    if not (artifact.is_code(seen.code) and seen.init_code.startswith(artifact.bytecode)):
        raise NotFromSources(
            f"the code of {where} does not come from the sources here: nothing is exported",
            hint="check out the commit that it was deployed from, or deploy these sources: `parley deploy --anew`",
        )
    arguments = seen.init_code[len(artifact.bytecode) :]
    return Verified(artifact, item.address, arguments, item.transaction, seen.block)


def observe(w3: Web3, item: Deployed) -> Observed:
    """Ask the chain about a contract.

    Raises:
        StaleDeployment: its file names no transaction.
        NotFound: the node does not know the transaction.
    """
    if not _HASH.fullmatch(str(item.transaction)):
        raise StaleDeployment(f"the file of {item.contract} is damaged: it names no transaction", hint=HINT)
    made_by = HexBytes(item.transaction)
    try:
        transaction, receipt = w3.eth.get_transaction(made_by), w3.eth.get_transaction_receipt(made_by)
    except TransactionNotFound as error:
        raise NotFound(
            f"the node does not know transaction {item.transaction}, which made {item.contract}: its arguments cannot "
            "be verified",
            hint="use a node that keeps old transactions",
        ) from error
    return Observed(
        code=bytes(w3.eth.get_code(Web3.to_checksum_address(item.address))),
        init_code=b"" if transaction.get("to") else bytes(transaction["input"]),
        created=receipt["contractAddress"],
        block=receipt["blockNumber"],
    )
