"""Follows a federation's events, of several contracts with one query.

Events are hints, state is truth: after a reorg the events of lost blocks are dropped and read again (P-19).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eth_utils.abi import event_abi_to_log_topic
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractEvent
from web3.types import EventData, LogReceipt

from parley.chain.errors import NodeRefused
from parley.chain.events import Event
from parley.chain.view import Block

MAX_RANGE = 2_000
"""Blocks asked for at a time; many nodes refuse more than some thousand."""

MAX_CHECKPOINTS = 512
"""Heads remembered; a reorg deeper than that starts the follower afresh."""


class Follower:
    """The events of one federation up to a block.

    Args:
        w3: connection.
        contracts: those that tell of federations, whose id is the first topic of their events.
        fid: federation id.
        start: height from which to read: that of the federation's creation or before.
    """

    def __init__(self, w3: Web3, contracts: Sequence[Contract], fid: int, start: int) -> None:
        self._w3 = w3
        self._addresses = [contract.address for contract in contracts]
        self._fid_topic = "0x" + fid.to_bytes(32, "big").hex()
        self._start = start
        self._decoders = _decoders(contracts)
        self._events: list[Event] = []
        self._checkpoints: list[tuple[int, bytes]] = []
        self._times: dict[bytes, int] = {}
        self.reorgs = 0
        """How often blocks that were read went away."""

    @property
    def events(self) -> tuple[Event, ...]:
        """All events read so far, in the order of the chain."""
        return tuple(self._events)

    def advance(self, head: Block) -> bool:
        """Read on up to `head`.

        Returns:
            True if events came or went.
        """
        before = len(self._events)
        dropped = self._rewind(head)
        first = self._checkpoints[-1][0] + 1 if self._checkpoints else self._start
        for low in range(first, head.number + 1, MAX_RANGE):
            self._read(low, min(low + MAX_RANGE - 1, head.number))
        self._checkpoints.append((head.number, head.hash))
        del self._checkpoints[:-MAX_CHECKPOINTS]
        return dropped or len(self._events) != before

    def _rewind(self, head: Block) -> bool:
        """Drop what is not on the chain of `head` any more."""
        lost = False
        while self._checkpoints and not self._is_canonical(*self._checkpoints[-1], head):
            self._checkpoints.pop()
            lost = True
        self.reorgs += lost
        last = self._checkpoints[-1][0] if self._checkpoints else self._start - 1
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

    def _read(self, low: int, high: int) -> None:
        try:
            logs = self._w3.eth.get_logs(
                {"address": self._addresses, "fromBlock": low, "toBlock": high, "topics": [None, self._fid_topic]}
            )
        except NodeRefused:
            if low == high:
                raise
            # nodes bound the range or the answer, each in its own way
            middle = (low + high) // 2
            self._read(low, middle)
            self._read(middle + 1, high)
            return
        self._events += [event for log in logs if (event := self._decode(log)) is not None]

    def _decode(self, log: LogReceipt) -> Event | None:
        decoder = self._decoders.get(bytes(log["topics"][0]))
        if decoder is None:
            return None
        data: EventData = decoder.process_log(log)
        block_hash = bytes(log["blockHash"])
        return Event(
            data["event"],
            data["args"],
            log["blockNumber"],
            block_hash,
            self._time_of(block_hash),
            bytes(log["transactionHash"]),
            log["logIndex"],
        )

    def _time_of(self, block_hash: bytes) -> int:
        if block_hash not in self._times:
            self._times[block_hash] = self._w3.eth.get_block(HexBytes(block_hash))["timestamp"]
        return self._times[block_hash]


def _decoders(contracts: Iterable[Contract]) -> dict[bytes, ContractEvent]:
    """The contracts' events by their first topic."""
    events: list[ContractEvent] = [
        getattr(contract.events, abi["name"])()
        for contract in contracts
        for abi in contract.abi
        if abi["type"] == "event"
    ]
    return {bytes(event_abi_to_log_topic(event.abi)): event for event in events}
