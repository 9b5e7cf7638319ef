"""Who takes part: a deployed protocol, and operators that each act through a worker key of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from gasmeter.chain import Call, Chain, Receipt
from parley.chain.compiler import Compilation
from parley.chain.contracts import CORE, TOKEN, Contracts, bind
from parley.chain.deploy_plan import Options, plan
from parley.chain.signatures import sign, worker_message

SUPPLY = 10**30
STAKE = 10**24
"""What each operator has free in the stake vault at first, units of 10**-18 tokens."""

DEADLINE = 2**32 - 1


def random_bytes(*label: object, size: int = 32) -> bytes:
    """Bytes that look random, the same in every run."""
    return hashlib.shake_256("/".join(map(str, label)).encode()).digest(size)


@dataclass(frozen=True, slots=True)
class Operator:
    """A cold address and the hot key that acts for it.

    Attributes:
        address: of the operator.
        worker: address of its worker key.
    """

    address: str
    worker: str


class Protocol:
    """The contracts on a chain, with a deployer that holds all tokens.

    Args:
        chain: where to deploy.
        compilation: all contracts.
    """

    def __init__(self, chain: Chain, compilation: Compilation) -> None:
        self.chain = chain
        self.sponsor = account("sponsor").address
        self.chain_id = int(chain.ask("eth_chainId"), 16)
        chain.endow([self.sponsor])
        steps = plan(compilation, self.sponsor, 0, Options(5, self.sponsor, SUPPLY))
        for step in steps:
            chain.send([Call(self.sponsor, None, "0x" + step.init_code.hex())])
        deployed = {step.name: (step.address, step.artifact.abi) for step in steps}
        assert set(deployed) == {*CORE, TOKEN}
        self.contracts: Contracts = bind(chain.w3, deployed, 0)
        assert self.contracts.token is not None
        self.token: Contract = self.contracts.token
        for vault in (self.contracts.stake_vault, self.contracts.reward_vault):
            self.send(self.sponsor, self.token, "approve", vault.address, SUPPLY)

    def call(self, sender: str, contract: Contract, name: str, *arguments: object) -> Call:
        """A transaction that calls a function."""
        return Call(sender, contract.address, str(contract.encode_abi(name, args=list(arguments))))

    def send(self, sender: str, contract: Contract, name: str, *arguments: object) -> Receipt:
        """Send one transaction."""
        return self.chain.send([self.call(sender, contract, name, *arguments)])[0]

    def operators(self, names: Sequence[str]) -> list[Operator]:
        """New operators with stake to lock, registered, each with a worker key."""
        c, keys = self.contracts, [account(name) for name in names]
        workers = [account(f"worker of {name}") for name in names]
        self.chain.endow([key.address for key in (*keys, *workers)])
        vault, token = c.stake_vault, self.token.address
        self.chain.send([self.call(self.sponsor, vault, "deposit", token, key.address, STAKE) for key in keys])
        self.chain.send([self.call(key.address, c.registry, "register", bytes(32)) for key in keys])
        self.chain.send([self._naming(key, worker) for key, worker in zip(keys, workers, strict=True)])
        return [Operator(key.address, worker.address) for key, worker in zip(keys, workers, strict=True)]

    def _naming(self, operator: LocalAccount, worker: LocalAccount) -> Call:
        message = worker_message(
            chain_id=self.chain_id,
            registry=self.contracts.registry.address,
            operator=operator.address,
            worker=worker.address,
            nonce=0,
            deadline=DEADLINE,
        )
        consent = sign(message, worker)
        return self.call(operator.address, self.contracts.registry, "nameWorker", worker.address, DEADLINE, consent)


def account(name: str) -> LocalAccount:
    """The key of a name, and no secret: an address without a zero byte, since those are cheaper in calldata."""
    for attempt in range(256):
        key: LocalAccount = Account.from_key(random_bytes("key", name, attempt))
        if 0 not in bytes.fromhex(key.address[2:]):
            return key
    raise AssertionError("no such key in 256 attempts")
