"""Follows the chain into the index: all events of all contracts, and back again where blocks were replaced.

Events are hints, state is truth (P-19): what is read is checked against what was asked for, every block against its
height, and the books that follow from the events against those that the contracts show.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from web3 import Web3
from web3.contract import Contract
from web3.exceptions import BlockNotFound
from web3.types import BlockIdentifier, LogReceipt

from parley.chain.contracts import Contracts
from parley.chain.deployments import HINT
from parley.chain.errors import IncompleteLogs, StaleDeployment
from parley.chain.events import Event
from parley.chain.follower import OVERLAP
from parley.chain.follower_checks import checked
from parley.chain.follower_ranges import MAX_RANGE, RangeReader
from parley.chain.log_decoder import LogDecoder
from parley.chain.reader import Tag
from parley.chain.view import Block
from parley.errors import ChainError
from parley.explorer.index.database import Database
from parley.explorer.index.rows import Told
from parley.explorer.index.writing import Change, Writer
from parley.history.sentences.words import hexed

Heard = Callable[[Change, Block], None]


def watched(contracts: Contracts) -> dict[str, Contract]:
    """The contracts whose events are kept, by name."""
    return {
        "ParticipantRegistry": contracts.registry,
        "StakeVault": contracts.stake_vault,
        "RewardVault": contracts.reward_vault,
        "FederationRegistry": contracts.federations,
        "RoundCoordinator": contracts.coordinator,
        "Disputes": contracts.disputes,
    }


def identity_of(w3: Web3, contracts: Contracts) -> dict[str, str]:
    """What tells the index of this deployment on this chain from any other."""
    return {
        "chain": str(w3.eth.chain_id),
        "coordinator": contracts.coordinator.address,
        "start": str(contracts.start_block),
        "genesis": hexed(bytes(w3.eth.get_block(0)["hash"])),
    }


class Sync:
    """Brings the index up to the head of the chain.

    Args:
        w3: connection, used by one thread.
        contracts: the deployment.
        database: the index.
        tag: how sure the chain must be of a block.
        stopping: set when it is to end; between two ranges of blocks it does.
        took: told of each range that was taken in.
        replaced: told from which height on blocks were replaced.
    """

    def __init__(
        self,
        w3: Web3,
        contracts: Contracts,
        database: Database,
        *,
        tag: Tag = "latest",
        stopping: threading.Event | None = None,
        took: Heard = lambda _change, _block: None,
        replaced: Callable[[int], None] = lambda _block: None,
    ) -> None:
        self._w3 = w3
        self._contracts = contracts
        self._database = database
        self._tag = tag
        self._stopping = stopping or threading.Event()
        self._took = took
        self._replaced = replaced
        self._names = {contract.address.lower(): name for name, contract in watched(contracts).items()}
        self._decoder = LogDecoder(watched(contracts).values())
        self._ranges = RangeReader(MAX_RANGE)
        self._writer = Writer(database, w3.eth.chain_id, contracts.coordinator.address)

    @property
    def last(self) -> int:
        """The newest block that was read; the one before the deployment if none was."""
        newest = self._newest()
        return self._contracts.start_block - 1 if newest is None else newest[0]

    def head(self) -> Block:
        """The newest block to read.

        Raises:
            ChainError: the node does not answer.
        """
        return self._block(self._tag)

    def has(self, block: Block) -> bool:
        """Whether a block is still on the chain."""
        return self._block(block.number).hash == block.hash

    def advance(self, head: Block) -> None:
        """Read on up to `head`.

        Raises:
            IncompleteLogs: the node's logs are not what was asked for, or do not fit together.
            StaleDeployment: the chain was started anew, and the contracts are not on it.
            ChainError: the node does not answer, or replaces blocks while they are read.
        """
        self._rewind(head)
        while (low := self.last + 1) <= head.number and not self._stopping.is_set():
            high = min(low + MAX_RANGE - 1, head.number)
            self._take(max(self._contracts.start_block, low - OVERLAP), high, head)

    def doubt(self, block: int | None = None) -> None:
        """Forget what was read from a block on, all of it by default, so that it is read again."""
        first = self._contracts.start_block if block is None else block
        self._writer.rewind(first - 1)
        self._replaced(first)

    # ------------------------------------------------------------------------------------------------ rewinding

    def _rewind(self, head: Block) -> None:
        """Take back what is not on the chain of `head` any more."""
        newest = self._newest()
        if newest is None or self._is_canonical(*newest, head):
            return
        fork = self._fork(head)
        if fork is None and self._was_replaced():
            self._database.throw_away(identity_of(self._w3, self._contracts))
            self._writer = Writer(self._database, self._w3.eth.chain_id, self._contracts.coordinator.address)
        last = self._contracts.start_block - 1 if fork is None else fork
        self._writer.rewind(last)
        self._replaced(last + 1)

    def _fork(self, head: Block) -> int | None:
        """The newest known block that is still on the chain: all below it are, too."""
        with self._database.read() as connection:
            known = connection.execute(
                "SELECT number, hash FROM blocks UNION SELECT number, hash FROM checkpoints ORDER BY number"
            ).fetchall()
        place = bisect_left(known, True, key=lambda row: not self._is_canonical(row["number"], row["hash"], head))
        return known[place - 1]["number"] if place else None

    def _was_replaced(self) -> bool:
        """Whether this is another chain than before.

        Raises:
            StaleDeployment: the contracts are not on it.
        """
        if not bytes(self._w3.eth.get_code(self._contracts.coordinator.address)):
            raise StaleDeployment("the chain was started anew, and the contracts are not on it", hint=HINT)
        return not self._database.belongs_to(identity_of(self._w3, self._contracts))

    def _newest(self) -> tuple[int, str] | None:
        with self._database.read() as connection:
            newest = [
                connection.execute(f"SELECT number, hash FROM {table} ORDER BY number DESC LIMIT 1").fetchone()
                for table in ("blocks", "checkpoints")
            ]
        return max(((row["number"], row["hash"]) for row in newest if row is not None), default=None)

    def _is_canonical(self, number: int, block_hash: str, head: Block) -> bool:
        if number > head.number:
            return False
        known = head.hash if number == head.number else self._block(number).hash
        return block_hash == hexed(known)

    # -------------------------------------------------------------------------------------------------- reading

    def _take(self, low: int, high: int, head: Block) -> None:
        """Read a range of blocks into the index, if none of them was replaced meanwhile."""
        before = self._newest()
        end = head if high == head.number else self._block(high)
        logs = self._ranges.read(low, high, self._logs)
        ordered = sorted(logs, key=lambda log: (log["blockNumber"], log["logIndex"]))
        told = self._told(ordered, self._known(low, high))
        moved = self._block(high).hash != end.hash or (before is not None and not self._is_canonical(*before, end))
        if moved:
            raise ChainError("blocks were replaced while they were read", hint="they are read again at once")
        self._took(self._writer.extend(told, end), end)

    def _logs(self, low: int, high: int) -> list[LogReceipt]:
        """One question."""
        addresses = [contract.address for contract in watched(self._contracts).values()]
        logs = self._w3.eth.get_logs({"address": addresses, "fromBlock": low, "toBlock": high})
        return checked(logs, low, high, self._names.keys())

    def _known(self, low: int, high: int) -> dict[int, Block]:
        """The blocks of a range that the index holds: they are on the chain, for a later one that it holds is."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM blocks WHERE number BETWEEN ? AND ?", (low, high)).fetchall()
        return {row["number"]: Block(row["number"], bytes.fromhex(row["hash"][2:]), row["time"]) for row in rows}

    def _told(self, logs: Sequence[LogReceipt], blocks: dict[int, Block]) -> list[Told]:
        """Logs as events, each in a block that is on the chain."""
        told = []
        for log in logs:
            decoded = self._decoder.decode(log)
            if decoded is not None:
                block = self._checked_block(log, blocks)
                told.append(Told(self._names[log["address"].lower()], _event(decoded, log, block)))
        return told

    def _checked_block(self, log: LogReceipt, known: dict[int, Block]) -> Block:
        """The block of a log, which must be the one of its height."""
        number = log["blockNumber"]
        if number not in known:
            known[number] = self._block(number)
        if known[number].hash != bytes(log["blockHash"]):
            raise IncompleteLogs(f"a log says block {bytes(log['blockHash']).hex()}, which is not block {number}")
        return known[number]

    def _block(self, which: BlockIdentifier) -> Block:
        try:
            block = self._w3.eth.get_block(which)
        except BlockNotFound as error:
            raise ChainError(f"the node has no block {which!r}", hint="it may lag behind; trying again") from error
        return Block(block["number"], bytes(block["hash"]), block["timestamp"])


def _event(decoded: tuple[str, Mapping[str, object]], log: LogReceipt, block: Block) -> Event:
    name, args = decoded
    return Event(name, args, block.number, block.hash, block.timestamp, bytes(log["transactionHash"]), log["logIndex"])
