"""A small federation in one process: real Anvil, real contracts, real torch, the roles' own code.

Time is the test's: Anvil mines a block per transaction, and `warp` jumps over windows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from eth_account import Account
from web3 import Web3

from parley.chain.compiler import compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN, Contracts
from parley.chain.deploy_plan import Options
from parley.chain.deployer import deploy
from parley.chain.model import Admission, Policy, Role, Terms
from parley.chain.reader import Reader
from parley.chain.rpc import connect
from parley.chain.sender import Sender
from parley.chain.view import View
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode, quantise
from parley.numerics.rules import Rule
from parley.roles.actions import Action, Wait
from parley.roles.aggregator import Aggregator
from parley.roles.books import Books
from parley.roles.drafts import Drafts
from parley.roles.evaluator import Evaluator
from parley.roles.library import Library
from parley.roles.loop import RoleWorker
from parley.roles.shards import OpenedShards
from parley.roles.sponsor import Sponsor
from parley.roles.trainer import Trainer
from parley.roles.worker import Worker
from parley.storage import Blockstore, cid_of
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.document import BuiltinModel, ShardRef, TaskDocument, Validation
from parley.tasks.partition import Splits, dirichlet, split, take
from parley.tasks.shards import KeyChain, cut, seal_all
from tests.support.anvil import AnvilNode

WEI = 10**18
ROUNDS = 4
FUNDED = 100_000 * WEI
DEPOSIT = 10_000 * WEI
MIN_WINDOW = 5


def default_policy(**changes: object) -> Policy:
    """Windows of minutes, which `warp` jumps over."""
    values: dict[str, Any] = {
        "train": 300,
        "reveal": 100,
        "key": 100,
        "score_commit": 300,
        "score_reveal": 100,
        "settle": 60,
        "challenge": 60,
        "supply": 60,
        "min_trainers": 3,
        "max_trainers": 64,
        "seats": 5,
        "quorum": 3,
        "reward": 1000 * WEI,
        "bond": 500 * WEI,
        "rule": Rule.TRIMMED_MEAN,
        "trim_bps": 2000,
        "beta": 32768,
        "trainer_stake": 100 * WEI,
        "evaluator_stake": 100 * WEI,
        "initial_norm": 1 << 24,
        "aggregator_stake": 100 * WEI,
        "clip_slash": 50 * WEI,
        "clip": 8 << 24,
        "trainers_bps": 7000,
        "evaluators_bps": 2000,
    }
    return Policy(**{**values, **changes})


@dataclass
class Town:
    """Everybody, by name.

    Attributes:
        w3: connection.
        contracts: the deployment.
        fid: the federation.
        store: shared content store.
        splits: training, validation and test data.
        document: the task document.
        workers: role by name; "sponsor", "trainer-0", "evaluator-0", "aggregator-0", ...
        senders: of every operator by name.
        make: makes a role's worker anew, as after a restart; the sender stays.
        folder: where drafts lie.
    """

    w3: Web3
    contracts: Contracts
    fid: int
    store: Blockstore
    splits: Splits
    document: TaskDocument
    workers: dict[str, RoleWorker]
    senders: dict[str, Sender]
    make: Callable[[str], RoleWorker]
    folder: Path

    def view(self, name: str = "sponsor") -> View:
        """What a worker sees now."""
        return self.workers[name].worker.reader.view()

    def warp(self, seconds: int) -> None:
        """Mine a block that much later than the last one."""
        later = self.w3.eth.get_block("latest")["timestamp"] + seconds
        self.w3.provider.make_request("evm_setNextBlockTimestamp", [later])  # type: ignore[arg-type]
        self.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.w3.provider.make_request("anvil_mine", [blocks])  # type: ignore[arg-type]

    def step(self, name: str) -> Action:
        """One cycle of a worker."""
        role = self.workers[name]
        view = role.worker.reader.view()
        action = role.decide(view)
        if not isinstance(action, Wait):
            role.execute(action, view)
        return action

    def cycle(self, *names: str) -> list[Action]:
        """One cycle of the workers named, of all by default; those who only wait are left out of the answer."""
        done = [self.step(name) for name in names or self.workers]
        self.warp(1)
        return [action for action in done if not isinstance(action, Wait)]

    def play_until(self, goal: Callable[[View], bool], *names: str, cycles: int = 60, tick: int = 0) -> View:
        """Cycle until the view meets a goal; time jumps where nobody has anything to do."""
        for _ in range(cycles):
            view = self.view()
            if goal(view):
                return view
            if not self.cycle(*names):
                self.warp(tick or 15)
        raise AssertionError(f"not reached after {cycles} cycles: {self.view().phase.name} {self.view().round}")

    def play_rounds(self, count: int, *names: str) -> View:
        """Play until so many rounds are final."""
        return self.play_until(lambda view: len(view.final_records()) >= count, *names)


def build(
    node: AnvilNode,
    folder: Path,
    *,
    trainers: int = 3,
    evaluators: int = 3,
    aggregators: int = 1,
    policy: Policy | None = None,
    task_name: str = "breast-cancer",
    sealed: bool = True,
    seed: int = 0,
    rounds: int = ROUNDS,
) -> Town:
    """Deploy, create, fund and join: everything up to the first round."""
    w3 = connect(node.url, node.chain_id)
    # a block a second: Anvil would give blocks of one second the same time, which a real chain never does
    w3.provider.make_request("anvil_setBlockTimestampInterval", [1])  # type: ignore[arg-type]
    compilation = compile_contracts(project_root(), (*CORE, TOKEN))
    keys = dict(
        zip(
            [
                "sponsor",
                *(f"trainer-{i}" for i in range(trainers)),
                *(f"evaluator-{i}" for i in range(evaluators)),
                *(f"aggregator-{i}" for i in range(aggregators)),
            ],
            node.private_keys[1:],
            strict=False,
        )
    )
    accounts = {name: Account.from_key(key) for name, key in keys.items()}
    with Sender(w3, Account.from_key(node.private_keys[0]), _no_errors(), folder / "outbox") as deployer:
        options = Options(MIN_WINDOW, accounts["sponsor"].address, 10**6 * WEI)
        deployment = deploy(w3, deployer, compilation, options, folder / "deployments")
    contracts = deployment.bind(w3)
    senders = {
        name: node.before_end.enter_context(Sender(w3, account, contracts.errors, folder / "outbox"))
        for name, account in accounts.items()
    }
    store = Blockstore(folder / "store")
    task = builtin(task_name)
    splits = split(task.dataset(), seed)
    chain = KeyChain.fresh(rounds) if sealed else None
    document = _publish(store, task_name, cut(splits.validation, rounds, seed), chain)
    fid = _create(contracts, senders, store, document, (chain, rounds), policy or default_policy(), seed)
    shards = take(splits.train, dirichlet(splits.train.y, trainers, seed))
    _join_all(contracts, senders, fid, accounts["sponsor"].address)

    def make(name: str) -> RoleWorker:
        worker = _worker(w3, contracts, fid, name, accounts[name], senders[name], store, document, folder)
        return _role(name, worker, document, shards, chain)

    workers = {name: make(name) for name in accounts}
    return Town(w3, contracts, fid, store, splits, document, workers, senders, make, folder)


def _no_errors() -> Any:  # noqa: ANN401 - the deployer calls no contract
    from parley.chain.reverts import ErrorTable

    return ErrorTable({})


def _publish(store: Blockstore, name: str, parts: list[Dataset], chain: KeyChain | None) -> TaskDocument:
    """Shards and task document in the store."""
    from parley.tasks import codec

    known = builtin(name)
    blobs = seal_all(parts, chain) if chain is not None else [codec.encode(part) for part in parts]
    refs = tuple(ShardRef(cid=str(store.put(blob)), size=len(blob)) for blob in blobs)
    document = TaskDocument(
        name=name,
        model=BuiltinModel(name=name),
        params=known.params,
        hyper=known.hyper,
        data_schema=known.schema,
        fixed_point=known.fixed_point,
        validation=Validation(sealed=chain is not None, shards=refs),
    )
    store.put(document.encode())
    return document


def _create(
    contracts: Contracts,
    senders: dict[str, Sender],
    store: Blockstore,
    document: TaskDocument,
    planned: tuple[KeyChain | None, int],
    policy: Policy,
    seed: int,
) -> int:
    """The federation, funded."""
    chain, rounds = planned
    token = contracts.token
    assert token is not None
    genesis = quantise(builtin(document.name).task().init(seed).astype(np.float64), 24)
    model_digest = store.put(encode(genesis)).digest
    terms = Terms(
        token=token.address,
        rounds=rounds,
        params=document.params,
        frac_bits=24,
        reward_depth=6,
        admission=Admission.OPEN,
        task_digest=cid_of(document.encode()).digest,
        model_root=word_tree.root(encode(genesis)),
        model_digest=model_digest,
        anchor=chain.anchor if chain is not None else bytes(32),
    )
    sponsor = senders["sponsor"]
    sponsor.send(contracts.federations.functions.createFederation(terms.to_abi(), policy.to_abi()))
    fid: int = contracts.federations.functions.federations().call()
    sponsor.send(token.functions.approve(contracts.reward_vault.address, FUNDED))
    sponsor.send(contracts.reward_vault.functions.fund(fid, FUNDED))
    return fid


def _join_all(contracts: Contracts, senders: dict[str, Sender], fid: int, sponsor: str) -> None:
    token = contracts.token
    assert token is not None
    for name, sender in senders.items():
        if name == "sponsor":
            continue
        senders["sponsor"].send(token.functions.transfer(sender.address, DEPOSIT))
        sender.send(contracts.registry.functions.register(bytes(32)))
        sender.send(token.functions.approve(contracts.stake_vault.address, DEPOSIT))
        sender.send(contracts.stake_vault.functions.deposit(token.address, sender.address, DEPOSIT))
        sender.send(contracts.federations.functions.join(fid, int(role_of(name))))


def role_of(name: str) -> Role:
    """The role in a worker's name."""
    return Role[name.rpartition("-")[0].upper()]


def _worker(
    w3: Web3,
    contracts: Contracts,
    fid: int,
    name: str,
    account: Any,  # noqa: ANN401 - eth-account's type
    sender: Sender,
    store: Blockstore,
    document: TaskDocument,
    folder: Path,
) -> Worker:
    reader = Reader(w3, contracts, fid, account.address)
    return Worker(
        key=bytes(account.key),
        operator=account.address,
        contracts=contracts,
        reader=reader,
        sender=sender,
        store=store,
        library=Library(store, document.params),
        drafts=Drafts(folder / "drafts" / name),
        books=Books(reader.policy),
        log=structlog.get_logger().bind(worker=name),
    )


def _role(
    name: str, worker: Worker, document: TaskDocument, shards: list[Dataset], chain: KeyChain | None
) -> RoleWorker:
    opened = OpenedShards(worker.store, document, worker.log)
    if name == "sponsor":
        return Sponsor(worker, chain, confirmations=1)
    if name.startswith("aggregator"):
        return Aggregator(worker)
    task = builtin(document.name).task()
    if name.startswith("evaluator"):
        return Evaluator(worker, task, opened)
    return Trainer(worker, task, shards[int(name.rpartition("-")[2])], opened)
