"""The Solidity libraries behind their harnesses, callable from Python on a chain of a test's own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3
from web3.contract import Contract

from tests.support.anvil import running_anvil

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / os.environ.get("FOUNDRY_OUT", "out")
CALL_GAS = 10**11
NONE = 2**256 - 1
"""`Scoring.NONE`."""


@contextmanager
def deployed(*sources: str) -> Iterator[list[Contract]]:
    """The contracts of these sources, each named as its file, on a chain without a limit to the gas of a call."""
    subprocess.run([ROOT / "node_modules/.bin/forge", "build", "--quiet", *sources], cwd=ROOT, check=True)
    with running_anvil(extra_args=["--gas-limit", str(CALL_GAS)]) as node:
        web3 = Web3(HTTPProvider(node.url, request_kwargs={"timeout": 120}))
        yield [_deploy(web3, node.addresses[0], Path(source)) for source in sources]


def _deploy(web3: Web3, sender: str, source: Path) -> Contract:
    artifact = json.loads((OUT / source.name / f"{source.stem}.json").read_text())
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
    sent = factory.constructor().transact({"from": web3.to_checksum_address(sender), "gas": 2**24})
    return web3.eth.contract(
        address=web3.eth.wait_for_transaction_receipt(sent)["contractAddress"], abi=artifact["abi"]
    )


def ask(contract: Contract, function: str, *arguments: object) -> Any:  # noqa: ANN401
    """Call a function that changes nothing."""
    return contract.functions[function](*arguments).call({"gas": CALL_GAS})


def ask_all(
    batch: Contract, contract: Contract, calls: Sequence[tuple[str, tuple[object, ...]]], *, at_once: int = 500
) -> list[tuple[bool, bytes]]:
    """Make many calls of a function and its arguments, `at_once` to a request.

    Returns:
        For each whether it returned, and what it returned or reverted with.
    """
    encoded = [contract.encode_abi(name, args=list(arguments)) for name, arguments in calls]
    answers: list[tuple[bool, bytes]] = []
    for start in range(0, len(encoded), at_once):
        answers += ask(batch, "ask", contract.address, encoded[start : start + at_once])
    return [(ok, bytes(data)) for ok, data in answers]
