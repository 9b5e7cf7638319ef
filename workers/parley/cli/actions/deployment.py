"""Deploying the contracts, and what is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eth_account.signers.local import LocalAccount
from web3 import Web3

from parley.chain.compiler import compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN, error_table
from parley.chain.deploy_plan import FEE_FLOOR, Options
from parley.chain.deployer import deploy
from parley.chain.deployments import Deployment
from parley.chain.sender import Sender, SendPolicy
from parley.cli.actions.plan import DEVELOPMENT_CHAINS
from parley.cli.progress import Say, silent
from parley.errors import ConfigError

DEVELOPMENT_MIN_WINDOW = 5
"""Seconds; the demo's windows are six seconds and more."""

MIN_WINDOW = 60
"""Seconds; block timestamps elsewhere may be off by some."""

MAX_FEE_FLOOR = 10**18
"""Wei; a demand that costs more than an ether protects nobody."""


@dataclass(frozen=True)
class DeploymentFacts:
    """What is deployed.

    Attributes:
        chain_id: of the chain.
        folder: where the files are.
        block: height of the first contract's block.
        contracts: address by name.
    """

    chain_id: int
    folder: str
    block: int
    contracts: dict[str, str]


def deployment_facts(deployment: Deployment, folder: Path) -> DeploymentFacts:
    """What is told of a deployment."""
    return DeploymentFacts(
        chain_id=deployment.chain_id,
        folder=str(folder / str(deployment.chain_id)),
        block=min(item.block for item in deployment.contracts.values()),
        contracts={name: item.address for name, item in deployment.contracts.items()},
    )


def options_for(
    chain_id: int,
    deployer: str,
    *,
    token: bool | None = None,
    supply: int = 0,
    min_window: int | None = None,
    fee_floor: int | None = None,
) -> Options:
    """What a deployment consists of.

    Args:
        chain_id: of the chain; decides the defaults.
        deployer: gets the initial supply.
        token: deploy ParleyToken; by default on development chains, where anybody may mint it.
        supply: its initial supply, wei.
        min_window: shortest window that a policy may have, seconds.
        fee_floor: least fee of a data demand, wei (P-22).

    Raises:
        ConfigError: a token that nobody could ever have, a window of no length, or a fee that nobody could pay.
    """
    development = chain_id in DEVELOPMENT_CHAINS
    wanted = development if token is None else token
    if wanted and not development and supply == 0:
        raise ConfigError(
            f"on chain {chain_id} nobody can mint ParleyToken: without a supply there would be none",
            hint="add --supply TOKENS, or use --no-token and name another token in the federation's plan",
        )
    shortest = (DEVELOPMENT_MIN_WINDOW if development else MIN_WINDOW) if min_window is None else min_window
    if shortest < 1:
        raise ConfigError(f"a shortest window of {shortest} seconds is none", hint="choose --min-window 5 or more")
    floor = FEE_FLOOR if fee_floor is None else fee_floor
    if not 0 <= floor < MAX_FEE_FLOOR:
        raise ConfigError(f"a least fee of {floor} wei is out of range", hint="choose --fee-floor below 1 ether")
    return Options(
        min_window=shortest,
        token_holder=deployer if wanted else None,
        token_supply=supply if wanted else 0,
        fee_floor=floor,
    )


def deploy_contracts(
    w3: Web3,
    account: LocalAccount,
    options: Options,
    folder: Path,
    outbox: Path,
    *,
    anew: bool = False,
    policy: SendPolicy | None = None,
    say: Say = silent,
) -> Deployment:
    """Compile and deploy all contracts; finds a former deployment again, and finishes one that was interrupted.

    Args:
        w3: connection.
        account: the deployer's key.
        options: what the deployment may choose.
        folder: of all deployments.
        outbox: folder of the key's lock and journal.
        anew: deploy again even if the same contracts are there.
        policy: patience, depth and fees.
        say: told of each step.

    Raises:
        ChainError: a transaction failed, or the compiler cannot be run.
        OSError: the files cannot be written.
    """
    say("compiling the contracts (some ten seconds the first time)")
    names = (*CORE, *([TOKEN] if options.token_holder is not None else []))
    compilation = compile_contracts(project_root(), (*CORE, TOKEN))  # all: so that it is compiled once, with or without
    errors = error_table({name: artifact.abi for name, artifact in compilation.artifacts.items()})
    say(f"deploying {len(names)} contracts")
    with Sender(w3, account, errors, outbox, policy) as sender:
        return deploy(w3, sender, compilation, options, folder, anew=anew)
