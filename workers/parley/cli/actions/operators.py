"""Identities: operators and the worker keys that act for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract

from parley.chain.contracts import Contracts
from parley.chain.sender import Sender
from parley.chain.signatures import sign, worker_message
from parley.cli.actions.receipts import Done, done
from parley.errors import ConfigError, NotFound
from parley.storage import Cid, Codec, ContentStore

CONSENT_SECONDS = 3600
"""How long a worker's consent is good."""

NO_ADDRESS = "0x" + "00" * 20
MAX_METADATA_BYTES = 1 << 20


@dataclass(frozen=True)
class Operator:
    """An identity.

    Attributes:
        operator: its address.
        asked: the address that was asked for: the operator itself, or one of its worker keys.
        workers: keys that act for it, besides its own.
        metadata: CID of its metadata document, `None` if it has none.
    """

    operator: str
    asked: str
    workers: list[str]
    metadata: str | None


def operator_of(contracts: Contracts, address: str) -> str:
    """The operator that an address acts for.

    Raises:
        NotFound: it acts for nobody.
    """
    operator: str = contracts.registry.functions.operatorOf(address).call()
    if operator == NO_ADDRESS:
        raise NotFound(
            f"{address} is neither an operator nor one's worker key",
            hint="`parley operator register` makes it an operator",
        )
    return operator


def operator_or_self(contracts: Contracts, address: str) -> str:
    """The operator that an address acts for, or the address itself: that of a watcher acts for nobody."""
    operator: str = contracts.registry.functions.operatorOf(address).call()
    return address if operator == NO_ADDRESS else operator


def show_operator(contracts: Contracts, address: str) -> Operator:
    """An identity, by its own address or that of a worker key.

    Raises:
        NotFound: the address acts for nobody.
    """
    operator = operator_of(contracts, address)
    digest: bytes = contracts.registry.functions.metadataOf(operator).call()
    metadata = str(Cid(Codec.RAW, digest)) if any(digest) else None
    return Operator(operator, address, workers_of(contracts, operator), metadata)


def workers_of(contracts: Contracts, operator: str) -> list[str]:
    """The worker keys that an operator has named and not removed, in the order of naming."""
    events = contracts.registry.events
    arguments: dict[str, Any] = {"from_block": contracts.start_block, "argument_filters": {"operator": operator}}
    named = [log["args"]["worker"] for log in events.WorkerNamed.get_logs(**arguments)]
    ask = contracts.registry.functions.operatorOf
    return [worker for worker in dict.fromkeys(named) if ask(worker).call() == operator]


def read_metadata(path: Path) -> bytes:
    """The bytes of a metadata document.

    Raises:
        NotFound: there is no such file.
        ConfigError: it is longer than 1 MiB, so that it would not be one raw block.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}", hint="check the path")
    with path.open("rb") as file:
        content = file.read(MAX_METADATA_BYTES + 1)
    if len(content) > MAX_METADATA_BYTES:
        raise ConfigError(f"{path} is longer than {MAX_METADATA_BYTES} bytes", hint="shorten the document")
    return content


def register(
    contracts: Contracts, sender: Sender, metadata: bytes | None = None, store: ContentStore | None = None
) -> Done:
    """Make the sender an operator.

    Args:
        contracts: the deployment.
        sender: with the operator's key.
        metadata: a document about it that is stored and named on chain, at most 1 MiB; `None` for none.
        store: where the document goes.

    Raises:
        Reverted: it is an operator or a worker key already.
        StorageError: the document cannot be stored; nothing is sent.
    """
    digest = store.put(metadata).digest if metadata is not None and store is not None else bytes(32)
    return done(sender.send(contracts.registry.functions.register(digest)))


def name_worker(w3: Web3, contracts: Contracts, sender: Sender, worker: LocalAccount) -> Done:
    """Name a worker key, which consents by signature.

    Raises:
        Reverted: the sender is no operator, or the key acts for somebody already.
    """
    deadline = w3.eth.get_block("latest")["timestamp"] + CONSENT_SECONDS
    message = worker_message(
        chain_id=w3.eth.chain_id,
        registry=contracts.registry.address,
        operator=sender.address,
        worker=worker.address,
        nonce=contracts.registry.functions.nonces(worker.address).call(),
        deadline=deadline,
    )
    return done(sender.send(contracts.registry.functions.nameWorker(worker.address, deadline, sign(message, worker))))


def remove_worker(registry: Contract, sender: Sender, worker: str) -> Done:
    """Take a worker key's rights away.

    Raises:
        Reverted: it is no worker key of the sender.
    """
    return done(sender.send(registry.functions.removeWorker(worker)))


def rotate(w3: Web3, contracts: Contracts, sender: Sender, worker: LocalAccount) -> list[Done]:
    """Name a new worker key and remove all former ones; the identity, its stake and its memberships stay.

    Raises:
        Reverted: the sender is no operator, or the new key acts for somebody already; in which case the
            former keys keep their rights.
    """
    former = workers_of(contracts, sender.address)
    named = name_worker(w3, contracts, sender, worker)
    return [named, *(remove_worker(contracts.registry, sender, old) for old in former)]
