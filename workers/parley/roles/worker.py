"""What every role's worker has: a key, a connection, a store, and what it keeps between cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from eth_account import Account
from web3.contract.contract import ContractFunction

from parley.chain.reader import Contracts, Reader
from parley.chain.transactions import Intent, Outgoing
from parley.chain.view import View
from parley.errors import ParleyError
from parley.numerics.fixed_point import Quantised
from parley.roles.books import Books
from parley.roles.drafts import Drafts
from parley.roles.library import Library
from parley.roles.models import Models
from parley.storage import ContentStore

Log = structlog.stdlib.BoundLogger

LOST = (
    "the round is lost; does another worker of this operator run, with another key? else keep the home folder between"
    " restarts"
)
"""What to do about a commitment that this worker cannot open."""


class Sender(Protocol):
    """Sends a transaction and waits until it is confirmed."""

    def send(self, call: ContractFunction, *, intent: Intent | None = None) -> object:
        """Send a contract call, for what it is worth and while it is.

        Raises:
            ContractRevert: the contract refuses it.
            ChainError: it could not be sent or confirmed.
            DeadlineExceeded: not in time.
        """
        ...

    def deliver(self, message: Outgoing, *, intent: Intent | None = None) -> object:
        """Send what was made ready; as `send`."""
        ...

    def deliver_all(
        self, messages: Sequence[Outgoing], intents: Sequence[Intent | None] | None = None
    ) -> Sequence[object]:
        """Send several at once; what went wrong with one is returned in its place."""
        ...

    def recover(self) -> object:
        """Bring to its end what is in the journal and was in flight when a process died."""
        ...

    def stop(self) -> None:
        """Send nothing more, and end all waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Worker:
    """One operator's worker in one federation, whatever its role.

    Attributes:
        key: 32-byte private key of the worker; salts are derived from it (P-14).
        operator: address that it acts for.
        contracts: the deployment.
        reader: of the federation.
        sender: of transactions with that key.
        store: where content comes from and goes to.
        library: vectors of this federation.
        drafts: what was committed and not yet published.
        books: reward accounts of this federation.
        log: of this worker.
        token_price: wei of ether that a whole token is worth to its operator: bounds what gas may cost (P-19).
    """

    key: bytes = field(repr=False)
    operator: str
    contracts: Contracts
    reader: Reader
    sender: Sender
    store: ContentStore
    library: Library
    drafts: Drafts
    books: Books
    log: Log
    token_price: int = 10**15

    def send(self, function: str, *args: object, intent: Intent | None = None) -> None:
        """Call a function of the round coordinator and wait until it is confirmed."""
        self.sender.send(self.contracts.coordinator.functions[function](*args), intent=intent)

    def dispute(self, function: str, *args: object, intent: Intent | None = None) -> None:
        """Call a function of the disputes contract and wait until it is confirmed."""
        self.sender.send(self.contracts.disputes.functions[function](*args), intent=intent)

    def deliver(self, messages: Sequence[Outgoing], intents: Sequence[Intent | None] | None = None) -> None:
        """Send several calls at once and wait until all are confirmed.

        Raises:
            ParleyError: what went wrong first; all others were sent.
        """
        for outcome in self.sender.deliver_all(messages, intents):
            if isinstance(outcome, ParleyError):
                raise outcome

    def recover(self) -> None:
        """Bring to its end what was in flight when an earlier process with this key died (P-18).

        Raises:
            ParleyError: the chain cannot be asked, or the journal not be read.
        """
        self.sender.recover()

    def stop(self) -> None:
        """Send nothing more: what is on its way is in the journal (F-59)."""
        self.sender.stop()

    def head_time(self) -> int:
        """Time of the newest block, seconds; asked anew each time."""
        return int(self.contracts.coordinator.w3.eth.get_block("latest")["timestamp"])

    @property
    def address(self) -> str:
        """Checksum address of the worker's key."""
        return str(Account.from_key(self.key).address)

    def models(self, view: View) -> tuple[Quantised, Quantised]:
        """The last final model and the one before it, checked against their roots on chain (P-6).

        One that its CID does not lead to is rebuilt (P-23).

        Raises:
            ContentError: a model is neither to be fetched nor to be rebuilt.
        """
        return Models(self.library, self.reader.policy).last(view)
