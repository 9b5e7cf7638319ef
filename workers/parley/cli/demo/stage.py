"""From nothing to a funded federation that everybody has joined: what the tutorial does by hand."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from parley.chain.contracts import Contracts
from parley.chain.devnet import Devnet
from parley.chain.keystore import Keystore
from parley.chain.reader import Reader
from parley.chain.rpc import connect
from parley.chain.sender import Sender
from parley.cli.actions import deployment, devnets, federations, memberships, operators, sealing, stakes, tokens
from parley.cli.actions.plan import FederationPlan
from parley.cli.actions.task_files import builtin_definition
from parley.cli.amounts import WEI
from parley.cli.demo.attacks.behaviours import SCRIPT, Script
from parley.cli.demo.attacks.registry import Part
from parley.cli.demo.plan import SPONSOR, DemoPlan, Player
from parley.cli.progress import Say
from parley.storage import ContentStore
from parley.tasks import data_file
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.partition import dirichlet, split, take

ETHER = 100 * WEI
DEPOSIT = 2_000 * WEI
"""Stake of each operator: enough for membership and a bond."""

ROUND_REWARD = 1_000 * WEI


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that is there when the first round may open.

    Attributes:
        plan: cast and scale.
        node: the chain.
        stores: addresses of content stores; the players are spread over them, the sponsor has the first.
        contracts: the deployment, on a connection of the demo's own.
        token: stake and reward token.
        fid: the federation.
        accounts: key by player's name.
        funded: the budget, wei.
        shards: training data by player's name.
        test: data that nobody trains or scores on.
    """

    plan: DemoPlan
    node: Devnet
    stores: tuple[str, ...]
    contracts: Contracts
    token: Contract
    fid: int
    accounts: dict[str, LocalAccount]
    funded: int
    shards: dict[str, Dataset]
    test: Dataset

    @property
    def names(self) -> dict[str, str]:
        """Players by address."""
        return {account.address: name for name, account in self.accounts.items()}

    @property
    def trainers(self) -> tuple[str, ...]:
        """Addresses of all trainers, the honest first."""
        return tuple(self.accounts[player.name].address for player in self.plan.players if player.kind == "trainer")

    @property
    def honest_shards(self) -> dict[str, Dataset]:
        """Training data by honest trainer's name."""
        return {player.name: self.shards[player.name] for player in self.plan.honest}

    def sender(self, name: str) -> Sender:
        """Sends with a player's key, on a connection of its own."""
        w3 = connect(self.node.url, self.node.chain_id)
        return Sender(w3, self.accounts[name], self.contracts.errors, self.plan.home(name) / "outbox")


def prepare(plan: DemoPlan, node: Devnet, store: ContentStore, stores: Sequence[str], say: Say) -> Stage:
    """Set everything up.

    Args:
        plan: cast and scale.
        node: a running chain of the demo's own.
        store: the sponsor's content store, opened.
        stores: addresses of all content stores, as the players' configurations name them; the sponsor's first.
        say: told of each step.

    Raises:
        ParleyError: a step failed.
    """
    say(f"making {len(plan.players)} keys")
    accounts = _make_keys(plan)
    w3 = connect(node.url, node.chain_id)
    devnets.give_ether(w3, [account.address for account in accounts.values()], ETHER)
    contracts, token = _deploy(plan, node, accounts[SPONSOR], say)
    say("cutting the data: a private shard for each trainer, sealed validation shards, unseen test data")
    parts = split(builtin(plan.task).dataset(), plan.seed)
    cuts = take(parts.train, dirichlet(parts.train.y, plan.shards, plan.seed, alpha=plan.alpha))
    shards = {player.name: cuts[player.shard] for player in plan.players if player.shard is not None}
    funded = plan.rounds * ROUND_REWARD
    with _sender(node, accounts[SPONSOR], contracts, plan, SPONSOR) as sender:
        fid = _create(plan, contracts, token, sender, store, parts.validation, funded, say)
    stage = Stage(plan, node, tuple(stores), contracts, token, fid, accounts, funded, shards, parts.test)
    members = [player for player in plan.players if player.role is not None]
    say(f"registering, staking and joining: {len(members)} operators")
    _in_parallel(lambda player: _join(stage, player), members)
    for place, player in enumerate(plan.players):
        _configure(stage, player, stage.stores[place % len(stage.stores)])
    return stage


def _make_keys(plan: DemoPlan) -> dict[str, LocalAccount]:
    """An encrypted key and a password file for each player."""
    accounts = {}
    for player in plan.players:
        home = plan.home(player.name)
        home.mkdir(parents=True, mode=0o700)
        password = secrets.token_hex(16)
        (home / "password").touch(mode=0o600)
        (home / "password").write_text(password + "\n")
        keystore = Keystore(home / "keystores")
        keystore.create(player.name, password, light=True)
        accounts[player.name] = keystore.load(player.name, password)
    return accounts


def _deploy(plan: DemoPlan, node: Devnet, deployer: LocalAccount, say: Say) -> tuple[Contracts, Contract]:
    w3 = connect(node.url, node.chain_id)
    options = deployment.options_for(node.chain_id, deployer.address)
    deployed = deployment.deploy_contracts(
        w3, deployer, options, plan.folder / "deployments", plan.home(SPONSOR) / "outbox", say=say
    )
    contracts = deployed.bind(w3)
    if contracts.token is None:
        raise TypeError("a development chain has ParleyToken")
    return contracts, contracts.token


def _create(
    plan: DemoPlan,
    contracts: Contracts,
    token: Contract,
    sender: Sender,
    store: ContentStore,
    validation: Dataset,
    funded: int,
    say: Say,
) -> int:
    """Seal, create and fund."""
    home = plan.home(SPONSOR)
    sealed = sealing.seal(builtin_definition(plan.task), validation, plan.rounds, store, home, seed=plan.seed, say=say)
    say("creating and funding the federation")
    tokens.mint(sender, token, sender.address, funded)
    basis = sealing.read_basis(Path(sealed.path), store)
    created = federations.create(contracts.coordinator.w3, contracts, sender, token, _federation(plan), basis)
    federations.fund(contracts, sender, token, created.federation, funded)
    return created.federation


def _federation(plan: DemoPlan) -> FederationPlan:
    """All defaults, but for what the plan says and the seats that an attack needs."""
    seats = None if plan.attack is None else plan.attack.seats
    return FederationPlan(policy=plan.policy if seats is None else plan.policy.model_copy(update={"seats": seats}))


def _join(stage: Stage, player: Player) -> None:
    """One operator: mint, register, stake, join."""
    if player.role is None:
        return
    with stage.sender(player.name) as sender:
        tokens.mint(sender, stage.token, sender.address, DEPOSIT)
        operators.register(stage.contracts, sender, None, None)
        stakes.deposit(stage.contracts, sender, stage.token, sender.address, DEPOSIT)
        view = Reader(stage.contracts.coordinator.w3, stage.contracts, stage.fid, sender.address).view()
        memberships.join(stage.contracts, sender, view, player.role)


def _configure(stage: Stage, player: Player, store: str) -> None:
    """What a player's process reads: `parley.toml`, its private data, and the script of an attacker."""
    home = stage.plan.home(player.name).absolute()
    settings: dict[str, str | int | float] = {
        "rpc_url": stage.node.url,
        "chain_id": stage.node.chain_id,
        "deployments": str((stage.plan.folder / "deployments").absolute()),
        "home": str(home),
        "store": store,
        "account": player.name,
        "password_file": str(home / "password"),
        "federation": stage.fid,
        "poll_seconds": 0.25,
        "log_format": "json",
        "archive": player.name == SPONSOR,  # a demo that is kept can be audited
    }
    shard = stage.shards.get(player.name)
    if shard is not None:
        data_file.save(home / "data.npz", shard)
        settings["data"] = str(home / "data.npz")
    if player.part is not None:
        (home / SCRIPT).write_bytes(_script(stage, player, player.part).encode())
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
    (home / "parley.toml").write_text("".join(lines))


def _script(stage: Stage, player: Player, part: Part) -> Script:
    """What an attacker is told: who else plays the attack, among other things."""
    players = [other for other in stage.plan.players if other.part is not None]
    allies = {str(stage.accounts[other.name].address): other.kind for other in players}
    return Script(part.behaviour, player.kind, player.place, stage.plan.variant, allies)


def _sender(node: Devnet, account: LocalAccount, contracts: Contracts, plan: DemoPlan, name: str) -> Sender:
    w3 = connect(node.url, node.chain_id)
    return Sender(w3, account, contracts.errors, plan.home(name) / "outbox")


def _in_parallel(work: Callable[[Player], None], players: Iterable[Player]) -> None:
    """Do it for all players at once; each waits for blocks most of the time."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        for done in [pool.submit(work, player) for player in players]:
            done.result()
