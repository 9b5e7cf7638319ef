"""An Anvil chain of a test's own: started on a free port of 127.0.0.1, stopped by process id.

    with running_anvil(block_time=1) as node:
        web3 = Web3(Web3.HTTPProvider(node.url))

Mines a block per transaction unless `block_time` is given; the gas limit of a transaction (EIP-7825) is enforced as on
mainnet.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from eth_utils.address import to_checksum_address

ANVIL = Path(__file__).resolve().parents[2] / "node_modules" / ".bin" / "anvil"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
DEFAULT_CHAIN_ID = 31337
OPTIMISM_CHAIN_ID = 31338

_LISTENING = re.compile(r"^Listening on (127\.0\.0\.1:\d+)", re.MULTILINE)


class AnvilError(RuntimeError):
    """Anvil did not start; the message ends with its output."""


@dataclass(frozen=True)
class AnvilNode:
    """A running chain."""

    url: str
    """RPC endpoint, http; the same address serves web sockets."""
    chain_id: int
    addresses: tuple[str, ...]
    """Checksummed addresses, each with 10,000 ether."""
    private_keys: tuple[str, ...]
    """0x-prefixed keys of `addresses`; publicly known, worth nothing."""
    pid: int
    log: Path
    """What Anvil prints: one line per call, transaction and block."""
    before_end: ExitStack
    """What is left before Anvil ends: keys and journals that its users hold open."""


def start_command(config: Path, *, chain_id: int, block_time: float | None, optimism: bool, accounts: int) -> list[str]:
    """Return the command line; `config` is where Anvil writes its accounts."""
    command = [str(ANVIL), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)]
    command += ["--accounts", str(accounts), "--slots-in-an-epoch", "1", "--enable-tx-gas-limit"]
    command += ["--config-out", str(config), "--color", "never"]
    if block_time is not None:
        command += ["--block-time", str(block_time)] if block_time > 0 else ["--no-mining"]
    return [*command, "--optimism"] if optimism else command


def wait_until_listening(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return "host:port" once Anvil serves; raise AnvilError if it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        match = _LISTENING.search(log.read_text())
        if match:
            return match[1]
        if process.poll() is not None:
            raise AnvilError(f"anvil ended with exit code {process.returncode}: {log.read_text()}")
        time.sleep(0.02)
    raise AnvilError(f"anvil does not listen after {START_SECONDS} s: {log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End exactly this process: politely first, then for good."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running_anvil(
    *,
    chain_id: int | None = None,
    block_time: float | None = None,
    optimism: bool = False,
    accounts: int = 20,
    extra_args: Sequence[str] = (),
) -> Iterator[AnvilNode]:
    """Run an Anvil chain for the length of a `with` block.

    Args:
        chain_id: 31337 (31338 with `optimism`) unless given.
        block_time: seconds between blocks; `None` mines each transaction at once, 0 mines only on `evm_mine`.
        optimism: behave like an OP Stack chain (L1 fees, deposit transactions).
        accounts: how many funded accounts.
        extra_args: further arguments for Anvil.

    Raises:
        AnvilError: Anvil is not installed or did not start.
    """
    if not ANVIL.exists():
        raise AnvilError(f"{ANVIL} is missing: run `make install`")
    if chain_id is None:
        chain_id = OPTIMISM_CHAIN_ID if optimism else DEFAULT_CHAIN_ID
    with tempfile.TemporaryDirectory(prefix="parley-anvil-") as folder:
        config, log = Path(folder) / "config.json", Path(folder) / "anvil.log"
        command = start_command(config, chain_id=chain_id, block_time=block_time, optimism=optimism, accounts=accounts)
        # A file, not a pipe: Anvil prints every call, and a full pipe would stop it.
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *extra_args], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            address = wait_until_listening(process, log)
            facts = json.loads(config.read_text())
            with ExitStack() as before_end:
                yield AnvilNode(
                    url=f"http://{address}",
                    chain_id=chain_id,
                    addresses=tuple(to_checksum_address(address) for address in facts["available_accounts"]),
                    private_keys=tuple(facts["private_keys"]),
                    pid=process.pid,
                    log=log,
                    before_end=before_end,
                )
        finally:
            stop(process)
