"""One key that gives wei away, on a chain with accidents: every deed and every repetition shows in a balance.

As a program it gives once, as a worker would, and dies where `PARLEY_FAILPOINT` says; SIGTERM stops it:

    python -m tests.chain.gifts URL PRIVATE_KEY FOLDER SINK INTENT
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from parley.chain.reverts import ErrorTable
from parley.chain.rpc import connect
from parley.chain.sender import Sender, SendPolicy
from parley.chain.transactions import Attempt, Intent, Outgoing, Sent
from parley.errors import ParleyError

POLICY = SendPolicy(poll=0.05, patience=5.0, timeout=30.0)


def gift(sink: str, wei: int = 1) -> Outgoing:
    """So many wei for somebody."""
    return Outgoing("gift", sink, b"", wei)


@dataclass
class Giver:
    """A key and whom it gives to; each test has its own of both.

    Attributes:
        url: of the node.
        key: 0x-prefixed.
        folder: of lock and journal.
        sink: nobody else gives to it.
    """

    url: str
    key: str
    folder: Path
    sink: str
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def __post_init__(self) -> None:
        self.w3 = connect(self.url)
        self.account: LocalAccount = Account.from_key(self.key)

    def sender(self, policy: SendPolicy = POLICY, folder: Path | None = None) -> Sender:
        """A process that sends with the key."""
        return Sender(self.w3, self.account, ErrorTable({}), folder or self.folder, policy)

    def gift(self, wei: int = 1) -> Outgoing:
        """So many wei."""
        return gift(self.sink, wei)

    def give(
        self, sender: Sender, wei: int, intent: Intent, record: Callable[[Attempt], None] = lambda _: None
    ) -> Future[Sent]:
        """Give in the background."""
        return self.threads.submit(sender.deliver, self.gift(wei), intent=intent, record=record)

    @property
    def given(self) -> int:
        """Wei that arrived."""
        return int(self.w3.eth.get_balance(Web3.to_checksum_address(self.sink)))

    @property
    def mined(self) -> int:
        """Transactions of the key on the chain."""
        return int(self.w3.eth.get_transaction_count(self.account.address))

    @property
    def time(self) -> int:
        """Of the newest block, seconds."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def rpc(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask Anvil for something that web3 has no name for."""
        response = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in response, response
        return response["result"]

    def mine(self, blocks: int = 1) -> None:
        """Blocks, a second each."""
        self.rpc("anvil_mine", hex(blocks), "0x1")

    def stop_mining(self) -> None:
        """Blocks come only from `mine`."""
        self.rpc("evm_setAutomine", False)

    def waiting(self) -> dict[int, str]:
        """Hashes in the pool by nonce."""
        content = self.rpc("txpool_content")
        return {
            int(nonce): str(transaction["hash"])
            for part in content.values()
            for address, transactions in part.items()
            if address.lower() == self.account.address.lower()
            for nonce, transaction in transactions.items()
        }

    def program(self, intent: str) -> list[str]:
        """This module as a program."""
        place = (self.url, self.key, str(self.folder), self.sink, intent)
        return [sys.executable, "-m", "tests.chain.gifts", *place]


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not happen in {seconds:g} s"
        time.sleep(0.02)


def main() -> int:
    """Give one wei; 0 if it arrived, 3 if not."""
    url, key, folder, sink, intent = sys.argv[1:]
    with Sender(connect(url), Account.from_key(key), ErrorTable({}), Path(folder), POLICY) as sender:
        signal.signal(signal.SIGTERM, lambda *_: sender.stop())
        try:
            sender.deliver(gift(sink), intent=Intent(intent))
        except ParleyError as error:
            sys.stderr.write(f"{type(error).__name__}: {error.message}: {error.hint}\n")
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
