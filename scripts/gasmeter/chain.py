"""Transactions on an Anvil chain, many to a block, each asked for its receipt.

Time is the caller's, not the clock's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from web3 import HTTPProvider, Web3

START = 4_000_000_000
"""Timestamp of the first block, so that a run does not depend on the day."""

GAS_LIMIT = 3_000_000
SINGLE_GAS_LIMIT = 16_000_000
"""For deployments, below the cap of EIP-7825."""

FEE = 10**9
TIMEOUT = 60.0


class TransactionFailed(Exception):
    """A transaction that had to succeed was reverted or refused."""


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction to send.

    Attributes:
        sender: address; Anvil signs for any.
        to: contract; `None` deploys `data`.
        data: calldata or creation code, 0x-prefixed.
        value: ether to send, wei.
    """

    sender: str
    to: str | None
    data: str
    value: int = 0

    @property
    def fields(self) -> dict[str, str]:
        """The transaction as JSON-RPC wants it."""
        fees = {"maxFeePerGas": hex(FEE), "maxPriorityFeePerGas": "0x1"}
        known = {"from": self.sender, "data": self.data, "value": hex(self.value), **fees}
        return {**known, "to": self.to} if self.to else known


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction: the gas that its sender paid for, and its logs."""

    gas: int
    logs: Sequence[dict[str, Any]]


class Chain:
    """An Anvil that mines when it is told to.

    Args:
        url: its JSON-RPC endpoint.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._next = START
        self.w3 = Web3(HTTPProvider(url))
        """For calls; what is sent goes through `send`."""
        self.ask("evm_setAutomine", False)
        self.ask("anvil_autoImpersonateAccount", True)

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - whatever the method answers
        """One JSON-RPC request; its result."""
        return self._batch([(method, params)])[0]

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    @property
    def time(self) -> int:
        """Timestamp that the next block will have, seconds."""
        return self._next

    def wait_until(self, time: int) -> None:
        """Let the next block have this timestamp, if that is later than it would be."""
        self._next = max(self._next, time)

    def mine(self, blocks: int = 1) -> None:
        """Mine blocks, one second apart."""
        self.ask("evm_setNextBlockTimestamp", hex(self._next))
        self.ask("anvil_mine", hex(blocks), "0x1")
        latest = self.ask("eth_getBlockByNumber", "latest", False)
        self._next = int(latest["timestamp"], 16) + 1

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Undo afterwards whatever happens to the chain meanwhile, its time included."""
        snapshot, following = self.ask("evm_snapshot"), self._next
        try:
            yield
        finally:
            self.ask("evm_revert", snapshot)
            self._next = following

    def endow(self, accounts: Iterable[str]) -> None:
        """Give each account ether for its fees."""
        self._batch([("anvil_setBalance", (account, hex(10**20))) for account in accounts])

    def send(self, calls: Sequence[Call]) -> list[Receipt]:
        """Mine transactions in one block, and a second block one second later if they do not fit, and so on.

        Raises:
            TransactionFailed: one of them was refused or reverted.
        """
        limit = hex(GAS_LIMIT if len(calls) > 1 else SINGLE_GAS_LIMIT)
        nonces = self._nonces(calls)
        hashes = self._batch(
            [
                ("eth_sendTransaction", ({**call.fields, "gas": limit, "nonce": hex(nonce)},))
                for call, nonce in zip(calls, nonces, strict=True)
            ]
        )
        found: list[Any] = [None] * len(hashes)
        while None in found:
            self.mine()
            found = self._batch([("eth_getTransactionReceipt", (tx,)) for tx in hashes])
        return [self._receipt(call, receipt) for call, receipt in zip(calls, found, strict=True)]

    def _nonces(self, calls: Sequence[Call]) -> list[int]:
        """A nonce for each call: Anvil takes a batch in any order, so that it cannot count them itself."""
        senders = list(dict.fromkeys(call.sender for call in calls))
        counts = self._batch([("eth_getTransactionCount", (sender, "pending")) for sender in senders])
        following = {sender: int(count, 16) for sender, count in zip(senders, counts, strict=True)}
        nonces = []
        for call in calls:
            nonces.append(following[call.sender])
            following[call.sender] += 1
        return nonces

    def _receipt(self, call: Call, receipt: dict[str, Any]) -> Receipt:
        if int(receipt["status"], 16) != 1:
            raise TransactionFailed(self._reason(call))
        return Receipt(int(receipt["gasUsed"], 16), receipt["logs"])

    def _reason(self, call: Call) -> str:
        """Why a call reverts."""
        try:
            self.ask("eth_call", {**call.fields, "gas": hex(SINGLE_GAS_LIMIT)}, "latest")
        except TransactionFailed as error:
            return f"{call.data[:10]} to {call.to}: {error}"
        return f"{call.data[:10]} to {call.to} reverted, and would not any more"

    def _batch(self, requests_: Sequence[tuple[str, tuple[object, ...]]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
            for place, (method, params) in enumerate(requests_)
        ]
        answer = self._session.post(self._url, json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        by_id = {item["id"]: item for item in answer.json()}
        for item in by_id.values():
            if "error" in item:
                raise TransactionFailed(f"{requests_[item['id']][0]}: {item['error']}")
        return [by_id[place]["result"] for place in range(len(body))]
