"""What can be done to an Anvil chain, by its own calls."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint

GWEI = 10**9


class ChainFaults:
    """Breaks the chain, on a connection of its own.

    Args:
        w3: connection to Anvil, past all proxies.
        block_time: seconds between blocks, to go on with after a stop.
    """

    def __init__(self, w3: Web3, block_time: int = 1) -> None:
        self._w3 = w3
        self._block_time = block_time
        self._floor = int(w3.eth.block_number)

    @property
    def now(self) -> int:
        """Chain time of the newest block, seconds."""
        return int(self._w3.eth.get_block("latest")["timestamp"])

    @property
    def head(self) -> int:
        """Height of the newest block."""
        return int(self._w3.eth.block_number)

    def reorg(self, depth: int) -> int:
        """Replace the newest blocks by empty ones; never those from before this object was made.

        The chain's clock goes on as if nothing had happened: Anvil alone would let it stay behind by the depth.

        Returns:
            How many blocks were replaced.
        """
        now, depth = self.now, min(depth, self.head - self._floor)
        if depth > 0:
            self._ask("anvil_reorg", depth, [])
            self._ask("evm_setTime", now + 1)
        return max(0, depth)

    def spike(self, gwei: int) -> None:
        """Give the next block this base fee."""
        self._ask("anvil_setNextBlockBaseFeePerGas", hex(gwei * GWEI))

    def stop_mining(self) -> None:
        """Mine no more blocks."""
        self._ask("evm_setIntervalMining", 0)

    def resume_mining(self) -> None:
        """Mine blocks again."""
        self._ask("evm_setIntervalMining", self._block_time)

    def drop_transactions(self) -> int:
        """Let the pool forget all that is not mined; how many transactions that were."""
        waiting = self.waiting()
        self._ask("anvil_dropAllTransactions")
        return len(waiting)

    def waiting(self) -> dict[str, str]:
        """Transactions in the pool: sender by hash."""
        pool = self._ask("txpool_content")
        return {
            transaction["hash"]: Web3.to_checksum_address(sender)
            for part in ("pending", "queued")
            for sender, by_nonce in pool[part].items()
            for transaction in by_nonce.values()
        }

    def _ask(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        return self._w3.manager.request_blocking(RPCEndpoint(method), list(arguments))
