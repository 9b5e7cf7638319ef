"""Sends transactions of one key and waits until they are confirmed (EIP-1559; P-18, P-19).

A transaction is simulated on the pending block first, so that what a contract would refuse costs nothing and says why.
It is signed here, written to the key's journal, and goes out under one nonce; where it is not mined in time, the same
nonce is offered again for at least an eighth more. What a deed means, its intent, makes it idempotent: after a crash,
a timeout or a reorg the same deed goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction

from parley.chain.desk import Desk, SendPolicy
from parley.chain.dispatcher import Dispatcher, order
from parley.chain.errors import WrongChain
from parley.chain.key_lock import KeyLock
from parley.chain.outbox import Outbox
from parley.chain.pool import NodePool
from parley.chain.reverts import ErrorTable
from parley.chain.simulation import Simulator
from parley.chain.transactions import Intent, Outgoing, Recorder, Sent, nothing, outgoing
from parley.errors import ParleyError

__all__ = ["SendPolicy", "Sender"]

log = structlog.get_logger(__name__)

DEVELOPMENT_CHAINS = frozenset({31337, 31338})
"""Chains that are thrown away and begun anew under the same id."""


class Sender:
    """Sends with one key, one deed at a time; no other process may send with it meanwhile (P-18).

    Args:
        w3: connection to the chain.
        account: the key.
        errors: of the contracts that are called.
        folder: of the key's lock and its journal, `<chainId>-<address>.sqlite`.
        policy: patience, depth and fees.

    Raises:
        KeyInUse: another process sends with this key.
        JournalError: the journal cannot be written, is damaged, or of a newer version.
        WrongChain: the journal is of another chain with the same id.
    """

    def __init__(
        self, w3: Web3, account: LocalAccount, errors: ErrorTable, folder: Path, policy: SendPolicy | None = None
    ) -> None:
        policy = policy or SendPolicy()
        chain_id = w3.eth.chain_id
        pool = NodePool(w3, account.address, policy.fees)
        self._account = account
        self._simulator = Simulator(w3, errors)
        self._pool = pool
        self._turn = threading.RLock()
        self._stop = threading.Event()
        with ExitStack() as opened:
            opened.enter_context(KeyLock(folder, chain_id, account.address))
            self._outbox = Outbox(folder / f"{chain_id}-{account.address.lower()}.sqlite")
            opened.callback(self._outbox.close)
            _check_genesis(self._outbox, pool.genesis(), chain_id)
            self._opened = opened.pop_all()
        desk = Desk(pool, account, chain_id, self._outbox, self._simulator, policy, self._stop)
        self._dispatcher = Dispatcher(desk)

    @property
    def address(self) -> str:
        """Address of the key."""
        return str(self._account.address)

    def stop(self) -> None:
        """Send nothing more, and end all waiting with `SendingStopped`; what is on its way is in the journal (F-59)."""
        self._stop.set()

    def close(self) -> None:
        """Let other processes use the key."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def recover(self) -> list[Sent | ParleyError]:
        """Bring to an end what was on its way when the process died: confirm it, or cancel it where it is too late.

        Without a call it is done before the first deed is sent.

        Returns:
            what came of each, the lowest nonce first; errors as of `deliver`.

        Raises:
            Unreachable: the node does not answer.
            SendingStopped: `stop` was called.
        """
        with self._turn:
            return self._dispatcher.recover()

    def send(
        self, call: ContractFunction, *, value: int = 0, intent: Intent | None = None, record: Recorder = nothing
    ) -> Sent:
        """Send a contract call and wait until it is confirmed. Errors as of `deliver`."""
        return self.deliver(outgoing(call, value), intent=intent, record=record)

    def simulate(self, message: Outgoing) -> None:
        """Try it on the pending block; nothing is sent.

        Raises:
            Reverted: the contract refuses it.
        """
        self._simulator.check(message, self.address)

    def next_nonce(self) -> int:
        """The first nonce that no mined transaction has, with all that was on its way before brought to its end."""
        with self._turn:
            self._dispatcher.ready()
            return self._pool.count()

    def hashes(self, nonce: int) -> list[str]:
        """All transactions that this key signed under a nonce, as far as the journal remembers, the oldest first."""
        return [offer.hash for offer in self._outbox.offers(nonce)]

    def deliver(
        self,
        message: Outgoing,
        *,
        intent: Intent | None = None,
        nonce: int | None = None,
        record: Recorder = nothing,
    ) -> Sent:
        """Send and wait until it is confirmed.

        A deed whose intent and content were confirmed before, in a block that is still canonical, is not sent again;
        other content takes the place of what is on its way for the same intent.

        Args:
            message: what to send.
            intent: what it means; `None`: every call is a deed of its own.
            nonce: use exactly this one; by default the next.
            record: told of every attempt before it leaves.

        Raises:
            Reverted: the contract refuses it, now or when mined.
            TooLate: its deadline passed; it was cancelled, or never sent.
            TooBig: no node would take it.
            Contradiction: the key signed the like for a later round.
            NonceTaken: something else sends with this key.
            Unconfirmed: it was not confirmed in time; it may still be mined. `SendingStopped` after `stop`.
            JournalError: the journal cannot be written; nothing was sent.
            ChainError: the key has too little ether, or the node refuses.
            Unreachable: the node does not answer.
        """
        with self._turn:
            outcome = self._dispatcher.dispatch([order(message, intent, nonce, record)])[0]
        if isinstance(outcome, ParleyError):
            raise outcome
        return outcome

    def deliver_all(
        self, messages: Sequence[Outgoing], intents: Sequence[Intent | None] | None = None
    ) -> list[Sent | ParleyError]:
        """Send several at once, with nonces in a row, and wait until all are confirmed: many answers in one window.

        They must not depend on each other. One that the contract refuses beforehand takes no nonce.

        Args:
            messages: what to send.
            intents: what each means, with keys of its own.

        Returns:
            for each, in their order, what came of it: see `deliver`.

        Raises:
            ValueError: two bear the same key.
        """
        meant = intents if intents is not None else [None] * len(messages)
        with self._turn:
            return self._dispatcher.dispatch(
                [order(message, intent, None, nothing) for message, intent in zip(messages, meant, strict=True)]
            )


def _check_genesis(outbox: Outbox, genesis: str, chain_id: int) -> None:
    """Check that the journal is of this very chain; a development chain that began anew begins a new one.

    Raises:
        WrongChain: it is of another chain with the same id.
    """
    known = outbox.genesis
    if known == genesis:
        return
    if known is not None and chain_id not in DEVELOPMENT_CHAINS:
        raise WrongChain(
            f"the journal {outbox.path} is of another chain with the id {chain_id}: it began with block {known}",
            hint="is the RPC endpoint the right one? if the chain did begin anew, move the file away",
        )
    if known is not None:
        log.info("the development chain began anew: the journal does, too", path=str(outbox.path))
        outbox.forget_all()
    outbox.note_genesis(genesis)
