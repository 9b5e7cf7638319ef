"""Local chains for development: starting, stopping, and ether for gas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from web3 import Web3
from web3.types import RPCEndpoint

from parley.chain import devnet
from parley.chain.devnet import Devnet, Flavour
from parley.chain.errors import NodeRefused
from parley.cli.actions.plan import DEVELOPMENT_CHAINS
from parley.errors import ChainError


@dataclass(frozen=True)
class DevnetFacts:
    """A local chain.

    Attributes:
        flavour: l1 or l2.
        running: whether it runs.
        chain_id: of the chain; the rest is `None` if it does not run.
        url: JSON-RPC endpoint.
        pid: process id.
        block_time: seconds between blocks, `None` if it mines each transaction at once.
        log: what it prints.
    """

    flavour: str
    running: bool
    chain_id: int
    url: str | None = None
    pid: int | None = None
    block_time: float | None = None
    log: str | None = None


def facts_of(running: Devnet) -> DevnetFacts:
    """What is told of a running chain; its keys are not."""
    return DevnetFacts(
        flavour=str(running.flavour),
        running=running.is_running(),
        chain_id=running.chain_id,
        url=running.url,
        pid=running.pid,
        block_time=running.block_time,
        log=str(running.log),
    )


def status(home: Path) -> list[DevnetFacts]:
    """Both kinds of chain, running or not."""
    found = {flavour: devnet.status(home, flavour) for flavour in Flavour}
    return [
        facts_of(running) if running else DevnetFacts(str(flavour), False, flavour.chain_id)
        for flavour, running in found.items()
    ]


def key_of_devnet(home: Path, chain_id: int) -> str | None:
    """The first key of the running local chain with this id, known to everybody; `None` if there is none."""
    for flavour in Flavour:
        running = devnet.status(home, flavour)
        if running is not None and running.chain_id == chain_id:
            return running.private_keys[0]
    return None


def give_ether(w3: Web3, addresses: Iterable[str], wei: int) -> dict[str, int]:
    """Set the ether of addresses on a local chain, which costs nobody anything.

    Returns:
        the balances, wei, by address.

    Raises:
        ChainError: the chain is no development chain, or its node is not Anvil.
    """
    chain_id = w3.eth.chain_id
    if chain_id not in DEVELOPMENT_CHAINS:
        raise ChainError(
            f"chain {chain_id} is no development chain: ether cannot be made there",
            hint="send ether to the address from another account",
        )
    balances: dict[str, int] = {}
    for address in addresses:
        try:
            w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [address, hex(wei)])
        except NodeRefused as error:
            raise ChainError(
                "the node is not Anvil: it cannot set balances", hint="`parley devnet up` starts one"
            ) from error
        balances[address] = w3.eth.get_balance(Web3.to_checksum_address(address))
    return balances
