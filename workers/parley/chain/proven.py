"""Blocks that prove themselves: a header is what its hash says, its receipts what the header says. Pure.

Whoever knows one block's hash need not believe what a node tells of that block: the header hashes to it, and names the
root of the receipts, in which all logs are. So an altered, invented or withheld log of that block is found out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from rlp.exceptions import RLPException
from web3.types import LogReceipt

from parley.chain.errors import IncompleteLogs
from parley.chain.ordered_trie import ordered_root

Json = Mapping[str, Any]
"""An object of JSON-RPC."""

_DATA = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom")
_NUMBERS = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
_SEAL = ("extraData", "mixHash", "nonce")
_FORKS = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
"""Fields that forks added at the end, each after the one before it, and whether it is a number."""

_OTHER = frozenset({"hash", "size", "totalDifficulty", "uncles", "transactions", "withdrawals"})
"""What nodes tell of a block beside its header."""

_DEPOSIT = 0x7E
"""Type of the transactions by which rollups of the OP Stack take in what was sent on the chain below."""


class Unproven(IncompleteLogs):
    """A header of a form that is not known here, so that nothing can be said of it."""


class Disproven(IncompleteLogs):
    """A node's block is not the one that its hash names, or its receipts are not those of the block."""


@dataclass(frozen=True, slots=True)
class Header:
    """What of a block's header is used.

    Attributes:
        encoded: all of it, RLP, which hashes to the block's hash.
        number: height.
        timestamp: seconds since the epoch.
        parent: hash of the block before it.
        receipts_root: root of its receipts.
        bloom: 256 bytes; a block whose bloom lacks an address or topic has no log with it.
    """

    encoded: bytes
    number: int
    timestamp: int
    parent: bytes
    receipts_root: bytes
    bloom: bytes

    @property
    def hash(self) -> bytes:
        """The block's hash, 32 bytes."""
        return keccak(self.encoded)

    def may_hold(self, *values: bytes) -> bool:
        """Whether its bloom holds all of these addresses and topics."""
        bits = int.from_bytes(self.bloom, "big")
        return all(bits & mask == mask for mask in map(_bloom_of, values))


def header_of(block: Json) -> Header:
    """The header in a block as a node tells it, which hashes to the hash that it tells.

    Raises:
        Unproven: the header has fields that are not known here, and another hash.
        Disproven: it is no header, or not that of the block.
    """
    try:
        fields = [_data(block[name]) for name in _DATA] + [_number(block[name]) for name in _NUMBERS]
        fields += [_data(block[name]) for name in _SEAL]
        for name, is_number in _FORKS:
            if block.get(name) is None:
                break
            fields.append(_number(block[name]) if is_number else _data(block[name]))
        header, told = read_header(rlp.encode(fields)), _data(block["hash"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Disproven(f"the node tells a block that is none: {error!r:.120}") from error
    if header.hash == told:
        return header
    unknown = set(block) - {*_DATA, *_NUMBERS, *_SEAL, *(name for name, _ in _FORKS), *_OTHER}
    if unknown:
        raise Unproven(f"the headers of this chain have fields that are not known here: {', '.join(sorted(unknown))}")
    raise Disproven(f"the node's header of block {header.number} hashes to 0x{header.hash.hex()}, not 0x{told.hex()}")


def read_header(encoded: bytes) -> Header:
    """A header from its RLP.

    Raises:
        ValueError: it is none.
    """
    try:
        fields = rlp.decode(encoded)
    except RLPException as error:
        raise ValueError(f"no RLP: {error}") from error
    if not isinstance(fields, list) or len(fields) < len(_DATA) + len(_NUMBERS) + len(_SEAL):
        raise ValueError("no header")
    number, timestamp = (int.from_bytes(fields[place], "big") for place in (8, 11))
    return Header(encoded, number, timestamp, fields[0], fields[5], fields[6])


def logs_in(header: Header, receipts: Sequence[Json], addresses: Collection[str], topic: bytes) -> list[LogReceipt]:
    """The logs of a block that some contracts emitted about one thing, out of all its receipts.

    Args:
        header: of the block.
        receipts: all of it, as a node tells them.
        addresses: of the contracts, in lower case.
        topic: the logs' second topic, 32 bytes.

    Raises:
        Disproven: they are not the block's receipts.
    """
    try:
        root = ordered_root([_encoded(receipt) for receipt in receipts])
        logs = [log for receipt in receipts for log in receipt["logs"]]
        found = [_log(place, log, header) for place, log in enumerate(logs) if log["address"].lower() in addresses]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Disproven(f"the node tells receipts that are none: {error!r:.120}") from error
    if root != header.receipts_root:
        raise Disproven(
            f"the node's receipts of block {header.number} have the root 0x{root.hex()}, "
            f"the header says 0x{header.receipts_root.hex()}"
        )
    return [log for log in found if len(log["topics"]) > 1 and bytes(log["topics"][1]) == topic]


def _log(place: int, log: Json, header: Header) -> LogReceipt:
    """A log in web3's form; its place in the block is counted, not believed."""
    found: Any = {
        "address": log["address"],
        "topics": [HexBytes(topic) for topic in log["topics"]],
        "data": HexBytes(log["data"]),
        "blockNumber": header.number,
        "blockHash": HexBytes(header.hash),
        "transactionHash": HexBytes(log["transactionHash"]),
        "transactionIndex": int(log["transactionIndex"], 16),
        "logIndex": place,
        "removed": False,
    }
    receipt: LogReceipt = found
    return receipt


def _encoded(receipt: Json) -> bytes:
    """A receipt as the trie holds it (EIP-2718)."""
    first = _data(receipt["root"]) if receipt.get("root") else _number(receipt["status"])
    logs = [
        [_data(log["address"]), [_data(topic) for topic in log["topics"]], _data(log["data"])]
        for log in receipt["logs"]
    ]
    fields: list[object] = [first, _number(receipt["cumulativeGasUsed"]), _data(receipt["logsBloom"]), logs]
    kind = int(receipt.get("type", "0x0"), 16)
    if kind == _DEPOSIT:
        later = (receipt.get("depositNonce"), receipt.get("depositReceiptVersion"))
        fields += [_number(value) for value in later if value is not None]
    encoded: bytes = rlp.encode(fields)
    return encoded if kind == 0 else bytes([kind]) + encoded


def _bloom_of(value: bytes) -> int:
    """The three bits of an address or topic."""
    digest = keccak(value)
    return sum({1 << (int.from_bytes(digest[place : place + 2], "big") & 2047) for place in (0, 2, 4)})


def _data(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def _number(value: str) -> bytes:
    """A quantity as RLP has it: without leading zeros."""
    number = int(value, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
