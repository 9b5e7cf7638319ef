"""What a sender sees of a node: the head, its key's nonces, receipts, and the pool of waiting transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import BlockNotFound, TransactionNotFound
from web3.types import TxReceipt

from parley.chain.fees import FeePolicy, Fees, suggest


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block.

    Attributes:
        number: height.
        time: seconds of the chain.
    """

    number: int
    time: int


class Pool(Protocol):
    """What a sender needs of a node. Each raises `ChainError` where it does not answer."""

    def head(self) -> Head:
        """The newest block."""
        ...

    def count(self, *, pending: bool = False) -> int:
        """Transactions of the key that are mined, or also those that wait."""
        ...

    def receipt(self, transaction: str) -> TxReceipt | None:
        """The receipt of a mined transaction."""
        ...

    def is_canonical(self, receipt: TxReceipt) -> bool:
        """Whether the block of a receipt is the one of its height."""
        ...

    def knows(self, transaction: str) -> bool:
        """Whether it waits or is mined."""
        ...

    def broadcast(self, raw: bytes) -> None:
        """Hand over a signed transaction."""
        ...

    def market(self) -> Fees:
        """Fees that the next blocks will take."""
        ...


class NodePool:
    """The pool of a real node.

    Args:
        w3: connection.
        address: of the key.
        fees: bounds on tips.
    """

    def __init__(self, w3: Web3, address: str, fees: FeePolicy) -> None:
        self._w3 = w3
        self._address = Web3.to_checksum_address(address)
        self._fees = fees

    def genesis(self) -> str:
        """Hash of the first block, 0x-prefixed."""
        return HexBytes(self._w3.eth.get_block(0)["hash"]).to_0x_hex()

    def head(self) -> Head:
        """The newest block."""
        block = self._w3.eth.get_block("latest")
        return Head(block["number"], block["timestamp"])

    def count(self, *, pending: bool = False) -> int:
        """Transactions of the key that are mined, or also those that wait."""
        return int(self._w3.eth.get_transaction_count(self._address, "pending" if pending else "latest"))

    def receipt(self, transaction: str) -> TxReceipt | None:
        """The receipt of a mined transaction."""
        try:
            receipt = self._w3.eth.get_transaction_receipt(HexBytes(transaction))
        except TransactionNotFound:
            return None
        return None if receipt.get("blockNumber") is None else receipt

    def is_canonical(self, receipt: TxReceipt) -> bool:
        """Whether the block of a receipt is the one of its height."""
        try:
            return bool(self._w3.eth.get_block(receipt["blockNumber"])["hash"] == receipt["blockHash"])
        except BlockNotFound:
            return False

    def knows(self, transaction: str) -> bool:
        """Whether it waits or is mined."""
        try:
            self._w3.eth.get_transaction(HexBytes(transaction))
        except TransactionNotFound:
            return False
        return True

    def broadcast(self, raw: bytes) -> None:
        """Hand over a signed transaction; the same bytes may be sent again at any time."""
        self._w3.eth.send_raw_transaction(HexBytes(raw))

    def market(self) -> Fees:
        """Fees that the next blocks will take."""
        return suggest(self._w3, self._fees)
