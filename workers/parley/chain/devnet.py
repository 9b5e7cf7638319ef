"""A local chain: Anvil as an L1, or as an OP Stack L2. Ended by its process id, never by a name.

Detached, it is found again by `.parley/devnet-l1.json`; as a child, it ends with the process that started it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from eth_utils.address import to_checksum_address

from parley.chain.compiler import project_root
from parley.chain.errors import CompilerError
from parley.children import die_with_parent, process_started
from parley.errors import ChainError, ConfigError, Conflict, NotFound
from parley.files import write_whole

HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0

_LISTENING = re.compile(r"^Listening on [\d.]+:(\d+)", re.MULTILINE)


class Flavour(StrEnum):
    """Which kind of chain Anvil plays."""

    L1 = "l1"
    L2 = "l2"

    @property
    def chain_id(self) -> int:
        """31337, or 31338 for the L2."""
        return 31337 if self is Flavour.L1 else 31338

    @property
    def port(self) -> int:
        """The usual port: 8545, or 9545 for the L2."""
        return 8545 if self is Flavour.L1 else 9545


@dataclass(frozen=True, slots=True)
class Devnet:
    """A running chain.

    Attributes:
        flavour: l1 or l2.
        chain_id: of the chain.
        url: JSON-RPC endpoint.
        pid: process id of Anvil.
        started: when the kernel started that process, in its clock ticks; tells it from a later one with the same id.
        log: what Anvil prints.
        block_time: seconds between blocks; `None` where every transaction is mined at once.
        accounts: addresses with 10,000 ether each.
        private_keys: theirs, 0x-prefixed; known to everybody, worth nothing.
    """

    flavour: Flavour
    chain_id: int
    url: str
    pid: int
    started: int
    log: Path
    block_time: float | None
    accounts: tuple[str, ...]
    private_keys: tuple[str, ...] = field(repr=False)

    def is_running(self) -> bool:
        """Whether the process is still there."""
        return process_started(self.pid) == self.started


class ChildDevnet:
    """A chain that ends with a `with` block, and at the latest with the thread that started it.

    Args:
        folder: for its log.
        flavour: l1 or l2.
        port: 0 for a free one.
        block_time: seconds between blocks; `None` mines every transaction at once.
        accounts: how many funded accounts.

    Raises:
        Conflict: the port is in use.
        ChainError: Anvil is not installed or does not start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        flavour: Flavour = Flavour.L1,
        port: int = 0,
        block_time: float | None = 1,
        accounts: int = 20,
    ) -> None:
        self.devnet = _start(folder, flavour, port, block_time, accounts, detached=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; twice does no harm."""
        _end(self.devnet)


def up(
    folder: Path,
    *,
    flavour: Flavour = Flavour.L1,
    port: int | None = None,
    block_time: float | None = 1,
    accounts: int = 20,
) -> Devnet:
    """Start a chain that outlives this process.

    Args:
        folder: for its state file and log.
        flavour: l1 or l2.
        port: 0 for a free one; by default the flavour's usual one.
        block_time: seconds between blocks; `None` mines every transaction at once.
        accounts: how many funded accounts.

    Raises:
        Conflict: one runs already, or the port is in use.
        ChainError: Anvil is not installed or does not start.
    """
    running = status(folder, flavour)
    if running is not None:
        raise Conflict(
            f"the {flavour} devnet runs already: process {running.pid}, {running.url}",
            hint=f"stop it with `parley devnet down --flavour {flavour}`",
        )
    chosen = flavour.port if port is None else port
    devnet = _start(folder, flavour, chosen, block_time, accounts, detached=True)
    try:
        write_whole(
            _state_file(folder, flavour), json.dumps(asdict(devnet), indent=2, default=str).encode(), mode=0o600
        )
    except OSError:
        _end(devnet)
        raise
    return devnet


def down(folder: Path, flavour: Flavour = Flavour.L1) -> Devnet:
    """Stop a chain that `up` started.

    Raises:
        NotFound: none runs.
    """
    devnet = status(folder, flavour)
    if devnet is None:
        raise NotFound(f"no {flavour} devnet of {folder} runs", hint="start one with `parley devnet up`")
    _end(devnet)
    _state_file(folder, flavour).unlink(missing_ok=True)
    return devnet


def status(folder: Path, flavour: Flavour = Flavour.L1) -> Devnet | None:
    """The chain that `up` started, `None` if it does not run any more."""
    try:
        values: Any = json.loads(_state_file(folder, flavour).read_bytes())
        if values.keys() != {item.name for item in fields(Devnet)}:
            return None
        devnet = Devnet(
            **{
                **values,
                "flavour": Flavour(values["flavour"]),
                "log": Path(values["log"]),
                "accounts": tuple(values["accounts"]),
                "private_keys": tuple(values["private_keys"]),
            }
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return devnet if devnet.is_running() else None


def find_anvil() -> Path:
    """Anvil: of the project's node packages, else on the PATH.

    Raises:
        ChainError: it is not installed.
    """
    with suppress(CompilerError):
        own = project_root() / "node_modules" / ".bin" / "anvil"
        if own.exists():
            return own.resolve()
    found = shutil.which("anvil")
    if found is None:
        raise ChainError("anvil is not installed", hint="run `make install`, or put Foundry on the PATH")
    return Path(found)


def command_line(
    anvil: Path, config: Path, *, flavour: Flavour, port: int, block_time: float | None, accounts: int
) -> list[str]:
    """How Anvil is called.

    Args:
        anvil: the program.
        config: where it writes its accounts.
        flavour: l1 or l2.
        port: 0 for a free one.
        block_time: seconds between blocks; `None` mines every transaction at once.
        accounts: how many funded accounts.
    """
    command = [str(anvil), "--host", HOST, "--port", str(port), "--chain-id", str(flavour.chain_id)]
    command += ["--accounts", str(accounts), "--slots-in-an-epoch", "1", "--enable-tx-gas-limit"]
    command += ["--config-out", str(config), "--color", "never"]
    command += [] if block_time is None else ["--block-time", f"{block_time:g}"]
    return [*command, "--optimism"] if flavour is Flavour.L2 else command


def _start(
    folder: Path, flavour: Flavour, port: int, block_time: float | None, accounts: int, *, detached: bool
) -> Devnet:
    """Start Anvil and wait until it serves."""
    if not 0 <= port < 1 << 16:
        raise ConfigError(f"{port} is no port", hint="ports go from 0 (any free one) to 65535")
    anvil = find_anvil()
    _require_free(port)
    folder.mkdir(parents=True, exist_ok=True)
    log, config = folder / f"devnet-{flavour}.log", folder / f".devnet-{flavour}-{os.getpid()}.config"
    arguments = command_line(
        anvil, config.absolute(), flavour=flavour, port=port, block_time=block_time, accounts=accounts
    )
    process = _spawn(arguments, log, detached=detached)
    try:
        served = _served_port(process, log)
        facts = json.loads(config.read_bytes())
        devnet = Devnet(
            flavour=flavour,
            chain_id=flavour.chain_id,
            url=f"http://{HOST}:{served}",
            pid=process.pid,
            started=process_started(process.pid) or 0,
            log=log.absolute(),
            block_time=block_time,
            accounts=tuple(to_checksum_address(address) for address in facts["available_accounts"]),
            private_keys=tuple(facts["private_keys"]),
        )
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        config.unlink(missing_ok=True)
    process.returncode = 0  # from here on it is ended and reaped by its id, and may outlive this object
    return devnet


def _spawn(arguments: Sequence[str], log: Path, *, detached: bool) -> subprocess.Popen[bytes]:
    """Start a process that prints to a file: a full pipe would stop it."""
    with log.open("wb") as output:
        # a session of its own keeps Ctrl-C of the terminal away from it: whoever started it ends it
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=None if detached else die_with_parent,  # noqa: PLW1509 - one call to prctl, no locks taken
        )


def _served_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that Anvil listens on, once it does."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        text = log.read_text(errors="replace")
        if match := _LISTENING.search(text):
            return int(match[1])
        if process.poll() is not None:
            last = text.strip().splitlines()[-1:] or ["it says nothing"]
            raise ChainError(f"anvil ended at once: {last[0]}", hint=f"see {log}")
        time.sleep(0.02)
    raise ChainError(f"anvil does not listen after {START_SECONDS:g} s", hint=f"see {log}")


def _require_free(port: int) -> None:
    """Refuse a port that somebody listens on."""
    if port == 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Conflict(
                f"port {port} of {HOST} cannot be used: {error.strerror}", hint="choose another, or 0 for any free one"
            ) from error


def _end(devnet: Devnet) -> None:
    """End exactly this process: politely first, then for good."""
    for signal_number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        if not devnet.is_running():
            return
        with suppress(ProcessLookupError):
            os.kill(devnet.pid, signal_number)
        until = time.monotonic() + seconds
        while devnet.is_running() and time.monotonic() < until:
            time.sleep(0.02)
        _reap(devnet.pid)
    if devnet.is_running():
        raise ChainError(f"the devnet, process {devnet.pid}, does not end", hint=f"kill -9 {devnet.pid}")


def _reap(pid: int) -> None:
    """Take a child's exit status, so that it vanishes; others' children are theirs."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _state_file(folder: Path, flavour: Flavour) -> Path:
    return folder / f"devnet-{flavour}.json"
