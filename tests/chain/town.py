"""Contracts on a test's own Anvil, and keys to play with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from parley.chain.compiler import Compilation, compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN, Contracts, error_table
from parley.chain.deploy_plan import Options
from parley.chain.deployer import deploy
from parley.chain.deployments import Deployment
from parley.chain.model import Policy, Role, Terms
from parley.chain.reader import Reader
from parley.chain.reverts import ErrorTable
from parley.chain.rpc import connect
from parley.chain.sender import Sender, SendPolicy
from tests.roles.builders import POLICY, TERMS
from tests.support.anvil import AnvilNode

WEI = 10**18
MIN_WINDOW = 5
TRAINERS = (1, 2, 3)
EVALUATORS = (4, 5, 6)
AGGREGATOR = 7
QUICK = SendPolicy(poll=0.02, patience=5.0, timeout=20.0)


@cache
def compiled() -> Compilation:
    """All contracts; from the cache after the first time."""
    return compile_contracts(project_root(), (*CORE, TOKEN))


def rpc(w3: Web3, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
    """Ask Anvil for something that web3 has no name for."""
    response = w3.provider.make_request(RPCEndpoint(method), list(params))
    assert "error" not in response, response
    return response["result"]


@dataclass
class Town:
    """A deployment and its people: Anvil's account 0 is deployer and sponsor, 1-3 train, 4-6 evaluate, 7 aggregates."""

    node: AnvilNode
    w3: Web3
    folder: Path
    deployment: Deployment
    contracts: Contracts
    outbox: Path
    _senders: dict[int, Sender] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def deployed(cls, node: AnvilNode, folder: Path) -> Iterator[Town]:
        """Deploy on a node."""
        w3 = connect(node.url, node.chain_id)
        rpc(w3, "anvil_setBlockTimestampInterval", 1)  # as on any real chain, no two blocks are of the same time
        options = Options(MIN_WINDOW, node.addresses[0], 10**6 * WEI)
        with Sender(w3, key(node, 0), cls.errors(), folder / "outbox", QUICK) as deployer:
            deployment = deploy(w3, deployer, compiled(), options, folder / "deployments")
        town = cls(node, w3, folder, deployment, deployment.bind(w3), folder / "outbox")
        try:
            yield town
        finally:
            town.close_senders()

    @staticmethod
    def errors() -> ErrorTable:
        """Of all contracts."""
        return error_table({name: artifact.abi for name, artifact in compiled().artifacts.items()})

    def account(self, number: int) -> LocalAccount:
        """One of Anvil's keys."""
        return key(self.node, number)

    def sender(self, number: int) -> Sender:
        """Its sender."""
        if number not in self._senders:
            self._senders[number] = Sender(self.w3, self.account(number), self.contracts.errors, self.outbox, QUICK)
        return self._senders[number]

    def close_senders(self) -> None:
        """Let go of all keys."""
        while self._senders:
            self._senders.popitem()[1].close()

    def send(self, number: int, contract: str, function: str, *args: object) -> Any:  # noqa: ANN401
        """Send a call of a contract, named as in `Contracts`."""
        return self.sender(number).send(getattr(self.contracts, contract).functions[function](*args))

    def rpc(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask Anvil."""
        return rpc(self.w3, method, *params)

    def warp(self, seconds: int) -> None:
        """Mine a block that much later."""
        self.rpc("evm_setNextBlockTimestamp", self.w3.eth.get_block("latest")["timestamp"] + seconds)
        self.rpc("evm_mine")

    def create(self, **changes: Any) -> int:  # noqa: ANN401 - a policy's fields
        """Create and fund a federation; return its id."""
        token = self.contracts.token
        assert token is not None
        self.send(0, "federations", "createFederation", self.terms().to_abi(), self.policy(**changes).to_abi())
        fid: int = self.contracts.federations.functions.federations().call()
        self.sender(0).send(token.functions.approve(self.contracts.reward_vault.address, 10**5 * WEI))
        self.send(0, "reward_vault", "fund", fid, 10**5 * WEI)
        return fid

    def terms(self) -> Terms:
        """Terms with this deployment's token."""
        return replace(TERMS, token=self.deployment.address_of(TOKEN))

    def policy(self, **changes: Any) -> Policy:  # noqa: ANN401 - a policy's fields
        """Windows that only `warp` reaches the end of."""
        windows = dict.fromkeys(("train", "reveal", "key", "score_commit", "score_reveal", "settle"), 600)
        return replace(POLICY, **{**windows, "challenge": 60, "supply": 60, **changes})

    def join(self, fid: int, number: int, roles: Role) -> None:
        """Register if need be, deposit and join."""
        self.join_funds(number)
        self.send(number, "federations", "join", fid, int(roles))

    def join_funds(self, number: int) -> None:
        """All that joining needs: an operator with stake."""
        token, vault = self.contracts.token, self.contracts.stake_vault
        assert token is not None
        sender = self.sender(number)
        if not self.contracts.registry.functions.isOperator(sender.address).call():
            sender.send(self.contracts.registry.functions.register(bytes(32)))
        sender.send(token.functions.mint(sender.address, 10**4 * WEI))
        sender.send(token.functions.approve(vault.address, 10**4 * WEI))
        sender.send(vault.functions.deposit(token.address, sender.address, 10**4 * WEI))

    def populated(self, **changes: Any) -> int:  # noqa: ANN401 - a policy's fields
        """A federation with everybody in; return its id."""
        fid = self.create(**changes)
        for number in TRAINERS:
            self.join(fid, number, Role.TRAINER)
        for number in EVALUATORS:
            self.join(fid, number, Role.EVALUATOR)
        self.join(fid, AGGREGATOR, Role.AGGREGATOR)
        return fid

    def reader(self, fid: int, number: int = 0, depth: int = 0) -> Reader:
        """Reads as one of them."""
        return Reader(self.w3, self.contracts, fid, self.node.addresses[number], depth)


def key(node: AnvilNode, number: int) -> LocalAccount:
    """One of Anvil's keys."""
    account: LocalAccount = Account.from_key(node.private_keys[number])
    return account
