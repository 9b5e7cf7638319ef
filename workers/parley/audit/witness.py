"""Lets blocks prove the logs that a node tells, and says when they do not (P-19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256

from web3 import Web3
from web3.types import LogReceipt

from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.kept import KeptBlocks
from parley.chain.endpoint_answers import number_of
from parley.chain.errors import NodeRefused
from parley.chain.follower import Times
from parley.chain.proven import Disproven, Header, Json, Unproven, header_of, logs_in
from parley.chain.rpc import ask_many

Logs = Mapping[bytes, Sequence[LogReceipt]]
"""Logs by their block's hash."""


class Witness:
    """Asks a node for what proves its logs.

    Args:
        w3: connection.
        kept: what was proven before.
        sheet: on which everything is noted.
    """

    def __init__(self, w3: Web3, kept: KeptBlocks, sheet: Sheet) -> None:
        self._w3 = w3
        self._kept = kept
        self._sheet = sheet
        self.seen: set[tuple[int, bytes]] = set()
        """Blocks whose logs about something were looked at: height, and topic."""
        self.hashes: dict[int, bytes] = {}
        """Hashes by height: of these blocks, and of others that something follows from."""

    def times(self, addresses: Collection[str], topic: bytes) -> Times:
        """For a follower of these contracts' logs about a topic: proves each block, and tells its time."""
        return partial(self._times, frozenset(address.lower() for address in addresses), topic)

    def note_hash(self, height: int, block_hash: bytes) -> None:
        """Take in which block is at a height: whoever asks about it, it must always be the same."""
        place = Place(f"the hash of block {height}", Party.NODE, by_hand=look_at(height))
        self._sheet.same(Check.BLOCKS, self.hashes.setdefault(height, block_hash), block_hash, place)

    def headers_at(self, heights: Sequence[int]) -> list[Header]:
        """The headers of blocks by their heights, each checked for being what its hash says.

        Raises:
            Unproven, Disproven: one is not.
        """
        blocks = ask_many(self._w3, [("eth_getBlockByNumber", [hex(height), False]) for height in heights])
        headers = [header_of(block or {}) for block in blocks]
        for header, height in zip(headers, heights, strict=True):
            if header.number != height:
                raise Disproven(f"asked for block {height}, the node tells block {header.number}")
        return headers

    def compare(self, headers: Iterable[Header], told: Logs, addresses: Collection[str], topic: bytes) -> None:
        """Compare what a node tells of blocks' logs with their receipts."""
        wanted = list(headers)
        for header, receipts in zip(wanted, self._receipts(wanted), strict=True):
            if receipts is not None:
                self._compare(header, receipts, told.get(header.hash, ()), (addresses, topic))

    # ------------------------------------------------------------------------------------------------ internal

    def _times(self, addresses: Collection[str], topic: bytes, logs: Sequence[LogReceipt]) -> Mapping[bytes, int]:
        by_block: dict[bytes, list[LogReceipt]] = defaultdict(list)
        for log in logs:
            by_block[bytes(log["blockHash"])].append(log)
        heights = {block: found[0]["blockNumber"] for block, found in by_block.items()}
        for block, height in heights.items():
            self.seen.add((height, topic))
            self.note_hash(height, block)
        headers, times = self._headers(heights)
        about = sha256(b"".join(sorted(address.encode() for address in addresses)) + topic).digest()
        fresh = [
            header for header in headers if self._kept.digest(header.hash, about) != _digest(by_block[header.hash])
        ]
        changed = {h.hash for h in fresh if self._kept.digest(h.hash, about) is not None}
        self._sheet.compared[Check.LOGS] += len(headers) - len(fresh)
        wrong = self._sheet.counts.total()
        self.compare(fresh, by_block, addresses, topic)
        if self._sheet.counts.total() == wrong and Check.LOGS not in self._sheet.skipped:
            for header in fresh:
                self._doubt_kept(header, changed)
            self._kept.keep(headers, [(h.hash, about, _digest(by_block[h.hash])) for h in fresh])
        return times

    def _doubt_kept(self, header: Header, changed: Collection[bytes]) -> None:
        place = Place(f"the events kept of block {header.number}", Party.AUDITOR, by_hand=look_at(header.number))
        self._sheet.holds(Check.CACHE, header.hash not in changed, place, actual="other events than its receipts hold")

    def _headers(self, blocks: Mapping[bytes, int]) -> tuple[list[Header], dict[bytes, int]]:
        """The headers of blocks, as far as they can be proven, and the times of all of them."""
        known = {block: header for block in blocks if (header := self._kept.header(block)) is not None}
        missing = [block for block in blocks if block not in known]
        asked = ask_many(self._w3, [("eth_getBlockByHash", ["0x" + block.hex(), False]) for block in missing])
        times = {block: header.timestamp for block, header in known.items()}
        for block, told in zip(missing, asked, strict=True):
            header = self._proven(told or {}, block)
            if header is not None:
                known[block] = header
            times[block] = header.timestamp if header is not None else _time(told)
        for block, header in known.items():
            place = Place(f"a log of block {blocks[block]}", Party.NODE, by_hand=look_at(blocks[block]))
            self._sheet.same(Check.BLOCKS, header.number, blocks[block], place)
        return list(known.values()), times

    def _proven(self, told: Json, block: bytes) -> Header | None:
        place = Place(f"the header of block 0x{block.hex()}", Party.NODE, by_hand=(f"cast block 0x{block.hex()}",))
        try:
            header = header_of(told)
        except Unproven as error:
            self._sheet.refused(Check.BLOCKS, error.message)
            self._sheet.refused(Check.LOGS, error.message)
            return None
        except Disproven as error:
            self._sheet.holds(Check.BLOCKS, False, place, actual=error.message)
            return None
        if header.hash != block:
            self._sheet.holds(Check.BLOCKS, False, place, actual=f"the node tells 0x{header.hash.hex()}")
            return None
        return header

    def _receipts(self, headers: Sequence[Header]) -> list[Sequence[Json] | None]:
        """All receipts of each block; nothing where the node does not tell them."""
        if Check.LOGS in self._sheet.skipped:
            return [None for _ in headers]
        try:
            told = ask_many(self._w3, [("eth_getBlockReceipts", [hex(header.number)]) for header in headers])
            return [receipts or () for receipts in told]  # none at all are none that the block holds
        except NodeRefused as error:
            self._sheet.refused(Check.LOGS, f"the node does not tell the receipts of a block: {error.reason}")
            return [None for _ in headers]

    def _compare(
        self, header: Header, receipts: Sequence[Json], told: Sequence[LogReceipt], about: tuple[Collection[str], bytes]
    ) -> None:
        place = Place(f"the events of block {header.number}", Party.NODE, by_hand=look_at(header.number))
        try:
            proven = logs_in(header, receipts, *about)
        except Disproven as error:
            self._sheet.holds(Check.LOGS, False, place, actual=error.message)
            return
        self._sheet.holds(
            Check.LOGS,
            list(map(_content, proven)) == list(map(_content, told)),
            place,
            expected=f"{len(proven)} logs, as its receipts hold them",
            actual=f"{len(told)} logs, others",
        )


def _digest(logs: Sequence[LogReceipt]) -> bytes:
    return sha256(repr([_content(log) for log in logs]).encode()).digest()


def _content(log: LogReceipt) -> tuple[object, ...]:
    """What of a log counts."""
    topics = tuple(bytes(topic) for topic in log["topics"])
    where = log["blockNumber"], bytes(log["transactionHash"]), log["logIndex"]
    return log["address"].lower(), topics, bytes(log["data"]), *where


def _time(block: object) -> int:
    """A block's time as the node tells it; 0 if it does not."""
    told = block.get("timestamp") if isinstance(block, dict) else None
    return number_of(told) or 0


def look_at(height: int) -> tuple[str, ...]:
    """How anybody looks at a block."""
    return (f"cast block {height}", f"cast rpc eth_getBlockReceipts {hex(height)}")
