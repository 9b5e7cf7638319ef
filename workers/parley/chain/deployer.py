"""Deploys all contracts with one key: deterministic, and resumed where it was interrupted.

The contracts name each other, so their addresses are known before any of them exists: an address follows from the
deployer and its nonce. What is planned is journalled before each transaction leaves; a deployer that died picks up at
the first contract that is not there. Where the key was used for something else meanwhile, it starts afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound

from parley.chain.compiler import Compilation
from parley.chain.contracts import CORE, Contracts
from parley.chain.deploy_journal import Journal
from parley.chain.deploy_plan import Options, Step, plan
from parley.chain.deployments import Deployed, Deployment, check_code, load_deployment, write_deployment
from parley.chain.errors import NotDeployed, StaleDeployment
from parley.chain.sender import Sender
from parley.chain.transactions import Outgoing

log = structlog.get_logger(__name__)

JOURNAL = ".journal.json"


def deploy(
    w3: Web3, sender: Sender, compilation: Compilation, options: Options, folder: Path, *, anew: bool = False
) -> Deployment:
    """Deploy all contracts, or finish a deployment that was interrupted, or find that it is there already.

    Args:
        w3: connection to the chain.
        sender: of the deployer's transactions.
        compilation: all contracts.
        options: what the deployment may choose.
        folder: of all deployments.
        anew: deploy again even if the same contracts are there.

    Returns:
        the deployment, checked against the chain and written to `folder`.

    Raises:
        ChainError: a transaction failed, or the contracts are not wired as planned.
        OSError: the journal or the files cannot be written.
    """
    if not anew and (found := _existing(w3, sender.address, compilation, options, folder)) is not None:
        log.info("already deployed", chain_id=found.chain_id)
        return found
    journal = Journal(folder / str(w3.eth.chain_id) / JOURNAL, _identity(w3, sender.address, compilation, options))
    steps = _resumed_or_new(w3, sender, compilation, options, journal)
    for step in steps:
        if not _is_there(w3, step):
            _send(sender, step, journal)
    deployment = _described(w3, sender, steps, compilation, journal)
    verify(w3, deployment, steps)
    write_deployment(folder, deployment, compilation.standard_input)
    journal.close()
    return deployment


def verify(w3: Web3, deployment: Deployment, steps: Sequence[Step]) -> None:
    """Check that the chain carries what was planned, and that the contracts know each other.

    Raises:
        StaleDeployment: it does not.
    """
    for step in steps:
        check_code(w3, deployment.contracts[step.name])
        if not _is_there(w3, step):
            raise StaleDeployment(f"the code at {step.address} is not {step.name} as compiled here")
    c = deployment.bind(w3)
    for name, expected, actual in _wiring(c, deployment.contracts):
        if actual != expected:
            raise StaleDeployment(f"{name} is {actual}, not {expected}", hint="deploy anew with `parley deploy --anew`")


def _wiring(c: Contracts, deployed: Mapping[str, Deployed]) -> list[tuple[str, object, object]]:
    """Every reference between contracts: its name, what it must be, and what it is."""
    at = {name: item.address for name, item in deployed.items()}
    coordinator = at["RoundCoordinator"]
    window = deployed["FederationRegistry"].arguments["minWindow"]
    floor = deployed["Disputes"].arguments["feeFloor"]
    return [
        ("StakeVault.coordinator", coordinator, c.stake_vault.functions.coordinator().call()),
        ("RewardVault.coordinator", coordinator, c.reward_vault.functions.coordinator().call()),
        ("FederationRegistry.coordinator", coordinator, c.federations.functions.coordinator().call()),
        ("FederationRegistry.registry", at["ParticipantRegistry"], c.federations.functions.registry().call()),
        ("FederationRegistry.minWindow", window, c.federations.functions.minWindow().call()),
        ("RoundCoordinator.registry", at["ParticipantRegistry"], c.coordinator.functions.registry().call()),
        ("RoundCoordinator.stakeVault", at["StakeVault"], c.coordinator.functions.stakeVault().call()),
        ("RoundCoordinator.rewardVault", at["RewardVault"], c.coordinator.functions.rewardVault().call()),
        (
            "RoundCoordinator.federationRegistry",
            at["FederationRegistry"],
            c.coordinator.functions.federationRegistry().call(),
        ),
        ("RoundCoordinator.disputes", at["Disputes"], c.coordinator.functions.disputes().call()),
        ("RoundLens.coordinator", coordinator, c.lens.functions.coordinator().call()),
        ("Disputes.coordinator", coordinator, c.disputes.functions.coordinator().call()),
        ("Disputes.feeFloor", floor, c.disputes.functions.feeFloor().call()),
    ]


def _identity(w3: Web3, deployer: str, compilation: Compilation, options: Options) -> str:
    """Digest of all that a deployment depends on but its first nonce: only the same one is resumed."""
    genesis = bytes(w3.eth.get_block(0)["hash"])
    codes = b"".join(step.init_code for step in plan(compilation, deployer, 0, options))
    return keccak(genesis + bytes.fromhex(deployer[2:]) + codes).hex()


def _resumed_or_new(
    w3: Web3, sender: Sender, compilation: Compilation, options: Options, journal: Journal
) -> list[Step]:
    """The steps of the interrupted deployment if it can go on, else of a new one."""
    current = sender.next_nonce()
    if journal.first_nonce is not None:
        steps = plan(compilation, sender.address, journal.first_nonce, options)
        done = [step for step in steps if step.nonce < current]
        if all(_is_there(w3, step) for step in done):
            log.info("resuming the deployment", done=len(done), of=len(steps))
            return steps
        log.warning("the deployer's key was used for something else meanwhile: starting afresh")
    journal.begin(current)
    return plan(compilation, sender.address, current, options)


def _is_there(w3: Web3, step: Step) -> bool:
    """Whether the chain carries the contract of a step, as compiled here."""
    return step.is_code(_code(w3, step.address))


def _send(sender: Sender, step: Step, journal: Journal) -> None:
    message = Outgoing(f"deploy {step.name}", None, step.init_code)
    sender.deliver(message, nonce=step.nonce, record=lambda attempt: journal.sending(step.name, attempt))


def _existing(w3: Web3, deployer: str, compilation: Compilation, options: Options, folder: Path) -> Deployment | None:
    """The deployment in the files, if it is sound and just what would be deployed now."""
    try:
        found = load_deployment(w3.eth.chain_id, folder, w3)
    except (NotDeployed, StaleDeployment):
        return None
    first = found.contracts[CORE[0]]
    if first.deployer != deployer:
        return None
    planned = {step.name: _hash(step.init_code) for step in plan(compilation, deployer, first.nonce, options)}
    return found if planned == {name: item.init_code_hash for name, item in found.contracts.items()} else None


def _described(
    w3: Web3, sender: Sender, steps: Sequence[Step], compilation: Compilation, journal: Journal
) -> Deployment:
    """The deployment as the chain carries it."""
    chain_id = w3.eth.chain_id
    name = _hash(b"".join(bytes.fromhex(step.address[2:]) for step in steps))
    compiler = {"version": compilation.version, "settings": compilation.settings}
    contracts = {}
    for step in steps:
        transaction, block = _mined(w3, step, [*journal.hashes(step.name), *sender.hashes(step.nonce)])
        contracts[step.name] = Deployed(
            contract=step.name,
            deployment=name,
            chain_id=chain_id,
            address=step.address,
            deployer=sender.address,
            nonce=step.nonce,
            block=block,
            transaction=transaction,
            code_hash=_hash(_code(w3, step.address)),
            init_code_hash=_hash(step.init_code),
            arguments=step.arguments,
            encoded_arguments="0x" + step.encoded.hex(),
            compiler=compiler,
            abi=step.artifact.abi,
        )
    return Deployment(chain_id, contracts)


def _mined(w3: Web3, step: Step, sent: Sequence[str]) -> tuple[str, int]:
    """Hash and height of the transaction that made a contract, among those that were sent for it."""
    for transaction in reversed(sent):
        try:
            receipt = w3.eth.get_transaction_receipt(HexBytes(transaction))
        except TransactionNotFound:
            continue
        if receipt["contractAddress"] == step.address:
            return transaction, receipt["blockNumber"]
    raise StaleDeployment(f"nobody knows which transaction made {step.name}", hint="`parley deploy --anew`")


def _hash(data: bytes) -> str:
    return "0x" + keccak(data).hex()


def _code(w3: Web3, address: str) -> bytes:
    return bytes(w3.eth.get_code(Web3.to_checksum_address(address)))
