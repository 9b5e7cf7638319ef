"""Follows a federation's events, of several contracts with one query.

Events are hints, state is truth: after a reorg the events of lost blocks are dropped and read again, the last blocks
are always read once more, and who finds that events contradict the state lets all of a round be read anew (P-19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.types import LogReceipt

from parley.chain.errors import IncompleteLogs
from parley.chain.events import Event
from parley.chain.follower_checks import checked
from parley.chain.follower_ranges import MAX_RANGE, RangeReader
from parley.chain.log_decoder import LogDecoder
from parley.chain.view import Block
from parley.metrics import REORGS

OVERLAP = 8
"""Blocks that are read once more: a node may know a block before it has indexed its logs."""

MAX_CHECKPOINTS = 512
"""Heads remembered; a reorg deeper than that starts the follower afresh."""

_MAX_TIMES = 64
"""Times of blocks remembered; only the events of one block, or of neighbours, need the same."""

Times = Callable[[Sequence[LogReceipt]], Mapping[bytes, int]]
"""From new logs to the times of their blocks by the blocks' hashes, seconds."""


class Follower:
    """The events of one federation up to a block.

    Args:
        w3: connection.
        contracts: those that tell of federations, whose id is the first topic of their events.
        fid: federation id.
        start: height from which to read: that of the federation's creation or before.
        times: tells the times of the blocks of new logs, which it may look at; by default the node is asked.
    """

    def __init__(
        self, w3: Web3, contracts: Sequence[Contract], fid: int, start: int, times: Times | None = None
    ) -> None:
        self._w3 = w3
        self._times_of = times or self._asked_times
        self._addresses = [contract.address for contract in contracts]
        self._topic = fid.to_bytes(32, "big")
        self._start = start
        self._decoder = LogDecoder(contracts)
        self._ranges = RangeReader(MAX_RANGE)
        self._events: list[Event] = []
        self._checkpoints: list[tuple[int, bytes]] = []
        self._times: dict[bytes, int] = {}
        self._changed = False  # since an advance that came to its end
        self.reorgs = 0
        """How often blocks that were read went away, or lie above the newest one now."""

    @property
    def events(self) -> tuple[Event, ...]:
        """All events read so far, in the order of the chain."""
        return tuple(self._events)

    def advance(self, head: Block) -> bool:
        """Read on up to `head`.

        Returns:
            True if events came or went, or were doubted.

        Raises:
            IncompleteLogs: the node's answer is not what was asked for.
            NodeRefused: it refuses.
            Unreachable: it does not answer.
        """
        self._changed |= self._rewind(head)
        first = max(self._start, self._last + 1 - OVERLAP)
        self._changed |= self._take(first, self._ranges.read(first, head.number, self._logs))
        changed, self._changed = self._changed, False
        self._checkpoints.append((head.number, head.hash))
        del self._checkpoints[:-MAX_CHECKPOINTS]
        return changed

    def doubt(self, block: int | None = None) -> None:
        """Forget what was read from a block on, all of it by default: it contradicts the state."""
        first = self._start if block is None else max(block, self._start)
        self._checkpoints = [(number, known) for number, known in self._checkpoints if number < first]
        self._forget_after(self._last)
        self._changed = True

    @property
    def _last(self) -> int:
        """The newest block that was read."""
        return self._checkpoints[-1][0] if self._checkpoints else self._start - 1

    # ------------------------------------------------------------------------------------------------ rewinding

    def _rewind(self, head: Block) -> bool:
        """Drop what is not on the chain of `head` any more."""
        lost = replaced = False
        while self._checkpoints and not self._is_canonical(*self._checkpoints[-1], head):
            replaced |= self._checkpoints.pop()[0] <= head.number
            lost = True
        self.reorgs += lost
        REORGS.inc(replaced)
        return self._forget_after(self._last)

    def _forget_after(self, last: int) -> bool:
        """Drop the events of later blocks; say whether there were any."""
        kept = [event for event in self._events if event.block <= last]
        dropped = len(kept) != len(self._events)
        self._events = kept
        return dropped

    def _is_canonical(self, number: int, block_hash: bytes, head: Block) -> bool:
        if number > head.number:
            return False
        return block_hash == (head.hash if number == head.number else self._hash_of(number))

    def _hash_of(self, number: int) -> bytes:
        return bytes(self._w3.eth.get_block(number)["hash"])

    # -------------------------------------------------------------------------------------------------- reading

    def _logs(self, low: int, high: int) -> list[LogReceipt]:
        """One question."""
        logs = self._w3.eth.get_logs(
            {
                "address": self._addresses,
                "fromBlock": low,
                "toBlock": high,
                "topics": [None, HexBytes(self._topic).to_0x_hex()],
            }
        )
        return checked(logs, low, high, self._decoder.addresses, self._topic)

    def _take(self, first: int, logs: Iterable[LogReceipt]) -> bool:
        """Keep the events that are new, in their places; say whether there are any."""
        known = {(event.block_hash, event.log_index) for event in self._events if event.block >= first}
        fresh = [log for log in logs if (bytes(log["blockHash"]), log["logIndex"]) not in known]
        times = self._times_of(fresh)
        events = [event for log in fresh if (event := self._decode(log, times)) is not None]
        if events:
            self._events = sorted([*self._events, *events], key=lambda event: (event.block, event.log_index))
        return bool(events)

    def _decode(self, log: LogReceipt, times: Mapping[bytes, int]) -> Event | None:
        decoded = self._decoder.decode(log)
        if decoded is None:
            return None
        return Event(
            *decoded,
            log["blockNumber"],
            bytes(log["blockHash"]),
            times[bytes(log["blockHash"])],
            bytes(log["transactionHash"]),
            log["logIndex"],
        )

    def _asked_times(self, logs: Sequence[LogReceipt]) -> Mapping[bytes, int]:
        """Times of the logs' blocks, which must be at the heights that the logs say."""
        times: dict[bytes, int] = {}
        for log in logs:
            block_hash = bytes(log["blockHash"])
            if block_hash in times:
                continue
            if block_hash not in self._times:
                self._times[block_hash] = self._asked_time(log)
            times[block_hash] = self._times[block_hash]
        for block_hash in list(self._times)[:-_MAX_TIMES]:
            del self._times[block_hash]
        return times

    def _asked_time(self, log: LogReceipt) -> int:
        block = self._w3.eth.get_block(log["blockHash"])
        if block["number"] != log["blockNumber"]:
            raise IncompleteLogs(f"a log says block {log['blockNumber']}, its block {block['number']}")
        return int(block["timestamp"])
