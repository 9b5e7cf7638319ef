"""A federation to which everything happens: rounds, a lie and its disproof, refusals, and the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account
from web3 import Web3
from web3.contract import Contract
from web3.types import TxParams

from parley.chain.model import Phase, Role
from parley.chain.signatures import sign, worker_message
from parley.cli.demo.attacks.settlements import wrong_word
from parley.numerics.rewards import RewardTree
from parley.roles.actions import Prove
from tests.roles.watching import a_liar, until_settle, watching
from tests.support.anvil import AnvilNode
from tests.support.federation import DEPOSIT, WEI, Town

GAS = 1_000_000
"""Of a transaction that is to fail on the chain, not at its estimate."""

FOREVER = 2**64
REFUSED = "refused on the chain"


def tell(town: Town, node: AnvilNode) -> None:
    """Play it: two rounds, and what people do besides."""
    _a_lie(town, node)
    _second_thoughts(town)
    _refusals(town, node)
    town.play_rounds(2)
    _the_end(town)


def _a_lie(town: Town, node: AnvilNode) -> None:
    """A wrong word in a model that nobody can fetch: demanded, supplied and disproved; the next aggregator settles."""
    watching(town, node)
    _, liar, _ = until_settle(town)
    town.workers[liar] = a_liar(town.workers[liar].worker, wrong_word, publishes=False)
    town.step(liar)
    for _ in range(20):
        if any(isinstance(action, Prove) for action in town.cycle(liar, "watcher")):
            break
    else:
        raise AssertionError("the lie is not disproved")
    del town.workers[liar]
    town.play_rounds(1)


def _second_thoughts(town: Town) -> None:
    """A changed policy, other metadata, and a worker key that comes and goes."""
    c, sponsor, trainer = town.contracts, town.senders["sponsor"], town.senders["trainer-0"]
    sponsor.send(c.federations.functions.setPolicy(town.fid, replace(town.view().policy, train=301).to_abi()))
    worker = Account.create()
    consent = worker_message(
        chain_id=town.view().chain_id,
        registry=c.registry.address,
        operator=trainer.address,
        worker=worker.address,
        nonce=0,
        deadline=FOREVER,
    )
    trainer.send(c.registry.functions.nameWorker(worker.address, FOREVER, sign(consent, worker)))
    trainer.send(c.registry.functions.removeWorker(worker.address))
    trainer.send(c.registry.functions.setMetadata(b"\x01" * 32))


def _refusals(town: Town, node: AnvilNode) -> None:
    """Transactions that fail: with an error of the contract called, of one behind it, of a library, and without gas."""
    c, fid, member = town.contracts, town.fid, town.senders["trainer-0"].address
    nobody, newcomer = node.addresses[-2:-4:-1]
    assert c.token is not None
    with pytest.raises(AssertionError, match=REFUSED):
        _send(town, newcomer, c.registry, "register", bytes(32), gas=30_000)
    _send(town, newcomer, c.registry, "register", bytes(32))
    for sender, contract, name, *arguments in (
        (nobody, c.stake_vault, "withdraw", c.token.address, WEI, nobody),
        (nobody, c.token, "transfer", member, WEI),
        (nobody, c.federations, "setPolicy", fid, town.view().policy.to_abi()),
        (nobody, c.coordinator, "commitUpdate", fid, 9, b"\x01" * 32),
        (nobody, c.disputes, "pay", nobody),
        (nobody, c.coordinator, "reportAbsence", fid, member, int(Role.TRAINER)),
        (newcomer, c.federations, "join", fid, int(Role.TRAINER)),
    ):
        with pytest.raises(AssertionError, match=REFUSED):
            _send(town, sender, contract, name, *arguments)


def _send(town: Town, sender: str, contract: Contract, name: str, *arguments: object, gas: int = GAS) -> None:
    """Send as a wallet does that does not ask first whether it will work."""
    data = contract.encode_abi(name, args=list(arguments))
    message: TxParams = {"from": Web3.to_checksum_address(sender), "to": contract.address, "data": data, "gas": gas}
    receipt = town.w3.eth.wait_for_transaction_receipt(town.w3.eth.send_transaction(message))
    assert receipt["status"] == 1, REFUSED


def _the_end(town: Town) -> None:
    """Everybody is paid; the federation closes, its members and its money leave."""
    c, fid, sponsor = town.contracts, town.fid, town.senders["sponsor"]
    assert c.token is not None
    view = town.view()
    ledger = town.workers["sponsor"].worker.books.ledger(view)
    tree = RewardTree(ledger, view.terms.reward_depth)
    for index, account in ledger.items():
        if account.cumulative:
            arguments = (fid, index, account.operator, account.cumulative, tree.proof(index))
            sponsor.send(c.reward_vault.functions.claim(*arguments))
    sponsor.send(c.coordinator.functions.close(fid))
    members = {name: sender for name, sender in town.senders.items() if name.startswith("trainer")}
    for sender in members.values():
        sender.send(c.coordinator.functions.leaveFederation(fid))
    town.play_until(lambda v: v.phase in (Phase.IDLE, Phase.CLOSED))
    for sender in members.values():
        sponsor.send(c.coordinator.functions.unbond(fid, sender.address))
        sender.send(c.stake_vault.functions.withdraw(c.token.address, DEPOSIT, sender.address))
    sponsor.send(c.stake_vault.functions.burn(c.token.address))
    sponsor.send(c.reward_vault.functions.withdraw(fid, WEI, sponsor.address))
