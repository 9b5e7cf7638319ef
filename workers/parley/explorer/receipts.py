"""What transactions cost, who sent them and what they called: asked one by one, the newest first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from eth_utils.abi import function_abi_to_4byte_selector
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import TransactionNotFound
from web3.types import TxData, TxReceipt

from parley.explorer.index.database import Database

AT_ONCE = 25
"""Transactions asked for before the chain's head is looked at again."""

PATIENCE = 60.0
"""Seconds before one that the node does not know is asked for again."""

MAX_PUT_OFF = 10_000


class Receipts:
    """Fills in what the index does not know of its transactions.

    Args:
        w3: connection, used by one thread.
        contracts: whose functions are named.
        database: the index.
    """

    def __init__(self, w3: Web3, contracts: Mapping[str, Contract], database: Database) -> None:
        self._w3 = w3
        self._database = database
        self._functions = {contract.address: _functions(contract) for contract in contracts.values()}
        self._put_off: dict[str, float] = {}

    def fill(self) -> bool:
        """Ask for some; return whether there may be more to ask for now.

        Raises:
            ChainError: the node does not answer.
        """
        now = time.monotonic()
        self._put_off = {tx: due for tx, due in self._put_off.items() if due > now}
        wanted = self._wanted()
        found = [values for tx, block in wanted if (values := self._ask(tx, block, now)) is not None]
        if found:
            with self._database.write() as connection:
                connection.executemany(
                    "UPDATE transactions SET sender = ?, recipient = ?, function = ?, gas = ? "
                    "WHERE hash = ? AND block = ?",
                    found,
                )
        return bool(found)

    def _wanted(self) -> list[tuple[str, int]]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT hash, block FROM transactions WHERE gas IS NULL ORDER BY block DESC LIMIT ?",
                (AT_ONCE + len(self._put_off),),
            )
            return [(row["hash"], row["block"]) for row in rows if row["hash"] not in self._put_off][:AT_ONCE]

    def _ask(self, tx: str, block: int, now: float) -> tuple[object, ...] | None:
        """One row of what is to be filled in; `None` if the node does not tell, or tells of another transaction."""
        try:
            sent = self._w3.eth.get_transaction(HexBytes(tx))
            receipt = self._w3.eth.get_transaction_receipt(HexBytes(tx))
        except TransactionNotFound:
            sent, receipt = None, None
        if sent is None or receipt is None or not _fits(tx, block, sent, receipt):
            if len(self._put_off) < MAX_PUT_OFF:
                self._put_off[tx] = now + PATIENCE
            return None
        recipient = receipt.get("to")
        functions = self._functions.get(recipient, {}) if recipient else {}
        name = functions.get(bytes(sent["input"])[:4])
        return (receipt["from"], recipient, name, receipt["gasUsed"], tx, block)


def _functions(contract: Contract) -> dict[bytes, str]:
    """The functions of a contract by the first four bytes of their calldata."""
    functions: list[Any] = [abi for abi in contract.abi if abi["type"] == "function"]
    return {bytes(function_abi_to_4byte_selector(abi)): abi["name"] for abi in functions}


def _fits(tx: str, block: int, sent: TxData, receipt: TxReceipt) -> bool:
    """Whether both tell of this transaction, in this block, within what an index can hold."""
    named = {HexBytes(sent["hash"]), HexBytes(receipt["transactionHash"])} == {HexBytes(tx)}
    return named and receipt["blockNumber"] == block and 0 <= receipt["gasUsed"] < 2**53
