"""A node in memory: a pool, blocks, reorgs, and a process that dies while it sends. Its key signs in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3.types import TxReceipt

from parley.chain.errors import NodeRefused
from parley.chain.fees import Fees
from parley.chain.pool import Head
from parley.chain.reverts import ContractError
from parley.chain.transactions import Outgoing

SECONDS_A_BLOCK = 12


class PowerCut(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Waiting:
    """A transaction of the key."""

    hash: str
    nonce: int
    fees: Fees
    data: str
    gas: int


def decoded(raw: bytes) -> Waiting:
    """What was signed."""
    fields = json.loads(raw)
    fees = Fees(fields["maxFeePerGas"], fields["maxPriorityFeePerGas"])
    return Waiting("0x" + keccak(raw).hex(), fields["nonce"], fees, fields["data"], fields["gas"])


class PaperAccount:
    """Signs nothing, in JSON."""

    address = "0x" + "11" * 20

    def sign_transaction(self, transaction: dict[str, Any]) -> SimpleNamespace:
        """The transaction as it would go out."""
        raw = json.dumps({**transaction, "data": transaction["data"].hex()}, sort_keys=True).encode()
        return SimpleNamespace(raw_transaction=raw, hash=HexBytes(keccak(raw)))


def paper_account() -> LocalAccount:
    """A key for the simulated node."""
    return cast(LocalAccount, PaperAccount())


class MildJudge:
    """Contracts that take everything."""

    def check(self, message: Outgoing, sender: str) -> None:
        """It would be done."""

    def gas(self, message: Outgoing, sender: str) -> int:
        """The same for all."""
        return 50_000

    def why_reverted(self, message: Outgoing, sender: str, receipt: TxReceipt) -> ContractError:
        """Nothing is ever refused."""
        raise AssertionError((message, sender, receipt))


@dataclass
class SimulatedPool:
    """A node with one key's transactions.

    Attributes:
        journalled: whether a hash is in the journal; asked of everything that arrives.
        blocks: of transactions, the oldest first.
        waiting: by nonce.
        base_fee: below it nothing is mined.
        dies: before or after the node has it, at the next broadcast.
    """

    journalled: Callable[[str], bool] = lambda _: True
    blocks: list[tuple[Waiting, ...]] = field(default_factory=lambda: [()])
    waiting: dict[int, Waiting] = field(default_factory=dict)
    base_fee: int = 100
    dies: str | None = None
    arrived: list[Waiting] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------ as the sender sees it

    def head(self) -> Head:
        """The newest block."""
        return Head(len(self.blocks) - 1, SECONDS_A_BLOCK * (len(self.blocks) - 1))

    def count(self, *, pending: bool = False) -> int:
        """Mined transactions, or also those that wait in a row."""
        nonce = sum(map(len, self.blocks))
        while pending and nonce in self.waiting:
            nonce += 1
        return nonce

    def receipt(self, transaction: str) -> TxReceipt | None:
        """Of a mined transaction."""
        for number, block in enumerate(self.blocks):
            for mined in block:
                if mined.hash == transaction:
                    return cast(TxReceipt, {
                        "transactionHash": HexBytes(transaction), "blockNumber": number, "status": 1,
                        "blockHash": bytes(32), "gasUsed": 40_000, "effectiveGasPrice": 1,
                    })  # fmt: skip
        return None

    def is_canonical(self, receipt: TxReceipt) -> bool:
        """There is one chain."""
        return True

    def knows(self, transaction: str) -> bool:
        """Whether it waits or is mined."""
        waits = any(waiting.hash == transaction for waiting in self.waiting.values())
        return waits or self.receipt(transaction) is not None

    def broadcast(self, raw: bytes) -> None:
        """Take a transaction, as a node does; or die."""
        dies, self.dies = self.dies, None
        new = decoded(raw)
        assert self.journalled(new.hash), "it left before it was in the journal"
        if dies == "before":
            raise PowerCut
        self._take(new)
        if dies == "after":
            raise PowerCut

    def market(self) -> Fees:
        """Twice the base fee."""
        return Fees(2 * self.base_fee + 1, 1)

    def _take(self, new: Waiting) -> None:
        if new.nonce < self.count():
            raise refused("nonce too low")
        rival = self.waiting.get(new.nonce)
        if rival is not None:
            if rival.hash == new.hash:
                raise refused("already known")
            old, fees = rival.fees, new.fees
            if fees.max_fee * 10 < old.max_fee * 11 or fees.tip * 10 < old.tip * 11:
                raise refused("replacement transaction underpriced")
        self.waiting[new.nonce] = new
        self.arrived.append(new)

    # -------------------------------------------------------------------------------------------- as the world plays

    def mine(self) -> None:
        """A block with all that can be in it."""
        nonce, block = self.count(), []
        while nonce in self.waiting and self.waiting[nonce].fees.max_fee >= self.base_fee:
            block.append(self.waiting.pop(nonce))
            nonce += 1
        self.blocks.append(tuple(block))

    def reorg(self, depth: int, *, forget: bool) -> None:
        """Put empty blocks in the place of the last ones; their transactions wait again, or are forgotten."""
        depth = min(depth, len(self.blocks) - 1)
        gone = self.blocks[len(self.blocks) - depth :]
        self.blocks[len(self.blocks) - depth :] = [()] * depth
        if not forget:
            self.waiting = {waiting.nonce: waiting for block in gone for waiting in block} | self.waiting

    def landed(self) -> list[Waiting]:
        """All mined transactions in order."""
        return [mined for block in self.blocks for mined in block]


def refused(reason: str) -> NodeRefused:
    """A node's refusal to take a transaction."""
    return NodeRefused("eth_sendRawTransaction", -32000, reason)
