"""What block explorers need of a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from web3 import Web3

from parley.chain.compiler import compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN
from parley.chain.deployments import load_deployment
from parley.cli.progress import Say, silent
from parley.explorer.export.folder import publish
from parley.explorer.export.layout import files_of
from parley.explorer.export.verified import verified
from parley.redaction import shown_url


@dataclass(frozen=True)
class ExportFacts:
    """What was exported.

    Attributes:
        chain_id: of the chain.
        folder: where the files are.
        files: how many.
        contracts: address by name.
    """

    chain_id: int
    folder: str
    files: int
    contracts: dict[str, str]


def export(w3: Web3, deployments: Path, node: str, folder: Path, *, say: Say = silent) -> ExportFacts:
    """Verify a deployment against the sources of this clone and write what explorers read.

    Args:
        w3: connection to the chain.
        deployments: folder of all deployments.
        node: JSON-RPC endpoint for a browser on this machine; its credentials are left out (P-21).
        folder: where to; an earlier export of the same chain is replaced.
        say: told of each step.

    Raises:
        NotDeployed: there is no deployment on this chain.
        StaleDeployment: its files are damaged, or the chain carries no or other code.
        CompilerError: the sources are not here, or do not compile.
        NotFromSources: what the chain carries does not come from them.
        Conflict: the folder holds something else.
        OSError: it cannot be written.
    """
    deployment = load_deployment(w3.eth.chain_id, deployments, w3)
    say("compiling the contracts (some ten seconds the first time)")
    compilation = compile_contracts(project_root(), (*CORE, TOKEN))
    say("comparing them with the chain")
    contracts = verified(w3, deployment, compilation)
    files = files_of(deployment.chain_id, contracts, compilation.standard_input, shown_url(node))
    say(f"writing {len(files)} files")
    publish(folder, deployment.chain_id, files)
    addresses = {contract.artifact.name: contract.address for contract in contracts}
    return ExportFacts(deployment.chain_id, str(folder), len(files), addresses)
