"""Workers of a role: put together from a key, a connection and a store, and run until they are stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from eth_account.signers.local import LocalAccount
from web3 import Web3

from parley.chain.contracts import Contracts
from parley.chain.model import Role
from parley.chain.reader import Reader, Tag
from parley.chain.sender import Sender
from parley.chain.view import View
from parley.cli.actions.sealing import find_chain
from parley.cli.amounts import tokens
from parley.errors import ChainError, ConfigError
from parley.roles.aggregator import Aggregator
from parley.roles.books import Books
from parley.roles.checkpoints import Checkpoints
from parley.roles.drafts import Drafts
from parley.roles.evaluator import Evaluator
from parley.roles.library import Library
from parley.roles.shards import OpenedShards
from parley.roles.sponsor import Sponsor
from parley.roles.trainer import Trainer
from parley.roles.watcher import Watcher
from parley.roles.worker import Worker
from parley.storage import Cid, Codec, ContentStore, StoreTimeout, StoreUnavailable, open_store
from parley.storage.quarantine import Quarantine
from parley.tasks.document import MAX_BYTES, TaskDocument
from parley.tasks.loading import load_task

DOCUMENT_SECONDS = 60.0
"""How long the task document may take."""

STORE_PATIENCE = 300.0
STORE_PAUSE = 3.0
"""For how long, and how often, a worker that starts tries a store that is down, seconds."""

JOIN_PAUSE = 1.0
"""How often it looks whether its joining is deep enough in the chain, seconds."""


@dataclass(frozen=True)
class Equipment:
    """What a worker of any role works with.

    Attributes:
        w3: connection to the chain.
        contracts: the deployment.
        fid: federation id.
        operator: whom it acts for.
        account: its key.
        sender: of transactions with that key.
        store: where content comes from and goes to.
        home: below it lie drafts, checkpoints and the sponsor's secrets.
        confirmations: blocks that count as deep enough.
        read_at: block at which state is read: "latest", "safe" or "finalized".
        checkpoint_seconds: how often training is written to disk.
        token_price: wei of ether that a whole token is worth.
    """

    w3: Web3
    contracts: Contracts
    fid: int
    operator: str
    account: LocalAccount
    sender: Sender
    store: ContentStore
    home: Path
    confirmations: int = 1
    checkpoint_seconds: float = 10.0
    token_price: int = 10**15
    read_at: Tag = "latest"

    def folder(self, kind: str) -> Path:
        """Where this operator's worker in this federation keeps what it can rebuild: one folder a kind."""
        coordinator = self.contracts.coordinator.address.lower()
        place = (str(self.w3.eth.chain_id), coordinator, str(self.fid), self.operator.lower())
        return self.home.joinpath(kind, *place)


def store_for(locations: str | Sequence[str], address: str) -> ContentStore:
    """Open a store, or several as one, in a worker's own name: what it pins stays until it lets go itself."""
    return open_store(locations, owner=address.lower())


def task_document(store: ContentStore, task_digest: bytes) -> TaskDocument:
    """The task document whose digest the terms name.

    Raises:
        StorageError: the store does not have it.
        DocumentError: it is not valid.
    """
    return TaskDocument.decode(store.get_document(Cid(Codec.RAW, task_digest), MAX_BYTES, DOCUMENT_SECONDS))


def document_at_start(worker: Worker, sleep: Callable[[float], None] = time.sleep) -> TaskDocument:
    """The federation's task document; a store that is not up yet is waited for, `STORE_PATIENCE` seconds at most.

    Raises:
        StorageError: the store is still down, or does not have it.
        DocumentError: it is not valid.
    """
    until = time.monotonic() + STORE_PATIENCE
    while True:
        try:
            return task_document(worker.store, worker.reader.terms.task_digest)
        except (StoreUnavailable, StoreTimeout) as error:
            if time.monotonic() >= until:
                raise
            worker.log.warning("the store is not up; trying again", reason=error.message, hint=error.hint)
        sleep(STORE_PAUSE)


def make_worker(equipment: Equipment, role: str) -> Worker:
    """What every role's worker has."""
    e = equipment
    reader = Reader(e.w3, e.contracts, e.fid, e.operator, depth=e.confirmations - 1, tag=e.read_at)
    return Worker(
        key=bytes(e.account.key),
        operator=e.operator,
        contracts=e.contracts,
        reader=reader,
        sender=e.sender,
        store=e.store,
        library=Library(e.store, reader.terms.params, quarantine=Quarantine(e.folder("quarantine"))),
        drafts=Drafts(e.folder("drafts")),
        books=Books(reader.policy),
        log=structlog.stdlib.get_logger("parley").bind(role=role, federation=e.fid, operator=e.operator[:10]),
        token_price=e.token_price,
    )


def make_sponsor(equipment: Equipment, key_file: Path | None = None) -> Sponsor:
    """A sponsor's worker, with the secret of the validation chain.

    Raises:
        NotFound: the secret that leads to the federation's anchor is not here.
        ContentError: its file is damaged.
    """
    worker = make_worker(equipment, "sponsor")
    anchor = worker.reader.terms.anchor
    chain = find_chain(equipment.home, anchor, key_file) if any(anchor) else None
    return Sponsor(worker, chain, equipment.confirmations)


def make_trainer(equipment: Equipment, data: Path | None, task_file: Path | None = None) -> Trainer:
    """A trainer's worker.

    Raises:
        ConfigError: no data is named.
        DataError: the data cannot be read, or are not what the task asks for.
        TaskError: the task cannot be loaded.
        ChainError: the operator is no trainer of the federation.
    """
    if data is None:
        raise ConfigError("no data to train on is named", hint="add --data FILE.npz, or set data in parley.toml")
    worker = make_worker(equipment, "trainer")
    await_role(worker, Role.TRAINER)
    document = document_at_start(worker)
    task = load_task(document, task_file)
    shards = OpenedShards(equipment.store, document, worker.log, Quarantine(equipment.folder("quarantine")))
    checkpoints = Checkpoints(equipment.folder("checkpoints"), equipment.checkpoint_seconds)
    return Trainer(worker, task, task.load(data), shards, checkpoints)


def make_evaluator(equipment: Equipment, task_file: Path | None = None) -> Evaluator:
    """An evaluator's worker.

    Raises:
        TaskError: the task cannot be loaded.
        ChainError: the operator is no evaluator of the federation.
    """
    worker = make_worker(equipment, "evaluator")
    await_role(worker, Role.EVALUATOR)
    document = document_at_start(worker)
    shards = OpenedShards(equipment.store, document, worker.log, Quarantine(equipment.folder("quarantine")))
    return Evaluator(worker, load_task(document, task_file), shards)


def make_aggregator(equipment: Equipment, *, despite_convictions: bool = False) -> Aggregator:
    """An aggregator's worker.

    Args:
        equipment: what it works with.
        despite_convictions: run although settlements of its own were convicted.

    Raises:
        ChainError: the operator is no aggregator of the federation, or cannot pay a bond.
    """
    worker = make_worker(equipment, "aggregator")
    view = await_role(worker, Role.AGGREGATOR)
    bond = view.next_policy.bond
    if not view.federation.live and view.free_stake < bond:
        raise ChainError(
            f"each settlement bonds {tokens(bond)} tokens of free stake; {view.operator} has {tokens(view.free_stake)}",
            hint=f"parley stake deposit {tokens(bond - view.free_stake).replace(',', '')}",
        )
    return Aggregator(worker, despite_convictions)


def make_watcher(equipment: Equipment, *, only_tells: bool = False) -> Watcher:
    """A watcher's worker.

    Args:
        equipment: what it works with; its operator is whom it guards.
        only_tells: send nothing.

    Raises:
        ChainError: the key has no ether to send a proof with.
    """
    address = equipment.account.address
    if not only_tells and equipment.w3.eth.get_balance(address) == 0:
        raise ChainError(
            f"{address} has no ether: a watcher could not send a proof",
            hint="send it some for gas, on a local chain with `parley devnet fund`; or add --dry-run",
        )
    return Watcher(make_worker(equipment, "watcher"), only_tells=only_tells)


def await_role(worker: Worker, role: Role, sleep: Callable[[float], None] = time.sleep) -> View:
    """The first view in which the operator has joined: one that joined a moment ago has not yet as deep as is read.

    Raises:
        ChainError: it has not joined with this role: such a worker could never act.
    """
    while role not in (view := worker.reader.view()).me.roles:
        if role not in worker.reader.newest_roles():
            name = (role.name or "").lower()
            raise ChainError(
                f"{view.operator} is no {name} of federation {view.fid}",
                hint=f"`parley federation join --role {name}` comes first, with the operator's own key",
            )
        worker.log.info("waiting until the joining is deep enough in the chain", block=view.block.number)
        sleep(JOIN_PAUSE)
    return view
