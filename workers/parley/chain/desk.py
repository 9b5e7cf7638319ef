"""What all deliveries of a key share: a node, the key, its journal, and how patient they are."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from eth_account.signers.local import LocalAccount
from web3.types import TxReceipt

from parley.chain.fees import FeePolicy
from parley.chain.outbox import Outbox
from parley.chain.pool import Pool
from parley.chain.reverts import ContractError
from parley.chain.transactions import Outgoing


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """How patient and how careful the sender is.

    Attributes:
        confirmations: blocks to wait for, the one with the transaction included.
        patience: seconds before a transaction that is not mined is offered for more.
        timeout: seconds before giving up in all.
        poll: seconds between looks at the chain.
        gas_margin_percent: gas limit above the estimate.
        fees: bounds on fees.
    """

    confirmations: int = 1
    patience: float = 30.0
    timeout: float = 300.0
    poll: float = 0.2
    gas_margin_percent: int = 25
    fees: FeePolicy = field(default_factory=FeePolicy)


class Judge(Protocol):
    """Tries transactions out: see `parley.chain.simulation.Simulator`."""

    def check(self, message: Outgoing, sender: str) -> None:
        """Raise `Reverted` where the contract would refuse it."""
        ...

    def gas(self, message: Outgoing, sender: str) -> int:
        """Gas that it would take."""
        ...

    def why_reverted(self, message: Outgoing, sender: str, receipt: TxReceipt) -> ContractError:
        """Why a mined one was refused."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What all deliveries of a key share.

    Attributes:
        pool: the node.
        account: the key.
        chain_id: of the chain.
        outbox: the key's journal.
        judge: tries transactions out.
        policy: patience, depth and fees.
        stop: set when the process ends.
        restoring: held by whoever brings back what a reorg took away.
    """

    pool: Pool
    account: LocalAccount = field(repr=False)
    chain_id: int
    outbox: Outbox
    judge: Judge
    policy: SendPolicy
    stop: threading.Event
    restoring: threading.RLock = field(default_factory=threading.RLock, repr=False)
