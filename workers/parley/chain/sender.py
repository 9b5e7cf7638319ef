"""Sends transactions of one key and waits until they are confirmed (EIP-1559; P-19).

A transaction is simulated on the pending block first, so that what a contract would refuse costs nothing and says why.
It is signed here and goes out under one nonce; where it is not mined in time, the same nonce is offered again for at
least an eighth more. A receipt counts once enough blocks lie on top of it, and only while its block is canonical.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import TransactionNotFound
from web3.types import TxReceipt

from parley.chain.errors import NodeRefused, NonceTaken, Reverted, Unconfirmed, Unreachable
from parley.chain.fees import FeePolicy, Fees, suggest
from parley.chain.key_lock import KeyLock
from parley.chain.reverts import ErrorTable
from parley.chain.simulation import Simulator
from parley.chain.transactions import Attempt, Intent, Outgoing, Recorder, Sent, nothing, outgoing
from parley.errors import ChainError, ParleyError

log = structlog.get_logger(__name__)

TX_GAS_LIMIT = 1 << 24
"""No transaction may ask for more gas (EIP-7825)."""


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


class Sender:
    """Sends with one key, one transaction at a time; no other process may send with it meanwhile (P-18).

    Args:
        w3: connection to the chain.
        account: the key.
        errors: of the contracts that are called.
        locks: folder of lock files.
        policy: patience, depth and fees.

    Raises:
        KeyInUse: another process sends with this key.
    """

    def __init__(
        self, w3: Web3, account: LocalAccount, errors: ErrorTable, locks: Path, policy: SendPolicy | None = None
    ) -> None:
        self._w3 = w3
        self._account = account
        self._simulator = Simulator(w3, errors)
        self._policy = policy or SendPolicy()
        self._chain_id = w3.eth.chain_id
        self._turn = threading.Lock()
        self._lock = KeyLock(locks, self._chain_id, account.address)

    @property
    def address(self) -> str:
        """Address of the key."""
        return str(self._account.address)

    def close(self) -> None:
        """Let other processes use the key."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(
        self, call: ContractFunction, *, value: int = 0, record: Recorder = nothing, intent: Intent | None = None
    ) -> Sent:
        """Send a contract call and wait until it is confirmed. Errors as of `deliver`."""
        return self.deliver(outgoing(call, value), record=record, intent=intent)

    def simulate(self, message: Outgoing) -> None:
        """Try it on the pending block; nothing is sent.

        Raises:
            Reverted: the contract refuses it.
        """
        self._simulator.check(message, self.address)

    def recover(self) -> list[Sent | ParleyError]:
        """Bring to its end what was in flight: nothing, as long as there is no journal."""
        return []

    def next_nonce(self) -> int:
        """The first nonce that no mined transaction has: one that is still pending is replaced, not queued behind."""
        return int(self._w3.eth.get_transaction_count(self._account.address, "latest"))

    def deliver(
        self,
        message: Outgoing,
        *,
        nonce: int | None = None,
        record: Recorder = nothing,
        intent: Intent | None = None,
    ) -> Sent:
        """Send and wait until it is confirmed.

        Args:
            message: what to send.
            nonce: use exactly this one; by default the next.
            record: told of every attempt before it leaves.
            intent: what it means, until when, and what it is worth.

        Raises:
            Reverted: the contract refuses it, now or when mined.
            NonceTaken: something else sends with this key.
            Unconfirmed: it was not confirmed in time; it may still be mined.
            ChainError: the key has too little ether, or the node refuses.
            Unreachable: the node does not answer.
        """
        with self._turn:
            self.simulate(message)
            ticket = _Ticket(
                message,
                chain_id=self._chain_id,
                nonce=self.next_nonce() if nonce is None else nonce,
                gas=self._gas(message),
                record=record,
            )
            return _Delivery(self._w3, self._account, self._simulator, self._policy, ticket).run()

    def deliver_all(
        self, messages: Sequence[Outgoing], intents: Sequence[Intent | None] | None = None
    ) -> list[Sent | ParleyError]:
        """Send several at once, with nonces in a row, and wait until all are confirmed: many answers in one window.

        They must not depend on each other. One that the contract refuses beforehand takes no nonce.

        Args:
            messages: what to send.
            intents: what each means; `None` if nothing is known of any.

        Returns:
            for each, in their order, what came of it: see `deliver`.
        """
        with self._turn:
            outcomes: list[Sent | ParleyError | _Ticket] = []
            nonce = self.next_nonce()
            for message in messages:
                outcome = self._ticket(message, nonce)
                nonce += isinstance(outcome, _Ticket)
                outcomes.append(outcome)
            with ThreadPoolExecutor(max_workers=max(1, len(messages))) as pool:
                return list(pool.map(self._run, outcomes))

    def _ticket(self, message: Outgoing, nonce: int) -> _Ticket | ParleyError:
        """What is to be sent with this nonce, or why not."""
        try:
            self.simulate(message)
            gas = self._gas(message)
        except ParleyError as error:
            return error
        return _Ticket(message, chain_id=self._chain_id, nonce=nonce, gas=gas, record=nothing)

    def _run(self, outcome: Sent | ParleyError | _Ticket) -> Sent | ParleyError:
        """Deliver what is still to be delivered."""
        if not isinstance(outcome, _Ticket):
            return outcome
        try:
            return _Delivery(self._w3, self._account, self._simulator, self._policy, outcome).run()
        except ParleyError as error:
            return error

    def _gas(self, message: Outgoing) -> int:
        """Gas limit: the estimate on the pending block and a margin."""
        estimate = self._simulator.gas(message, self.address)
        return min(estimate + estimate * self._policy.gas_margin_percent // 100, TX_GAS_LIMIT)


@dataclass(frozen=True, slots=True)
class _Ticket:
    """What all attempts at one transaction have in common."""

    message: Outgoing
    chain_id: int
    nonce: int
    gas: int
    record: Recorder


class _Delivery:
    """One transaction, from its first attempt until one of them is confirmed."""

    def __init__(
        self, w3: Web3, account: LocalAccount, simulator: Simulator, policy: SendPolicy, ticket: _Ticket
    ) -> None:
        self._w3 = w3
        self._account = account
        self._simulator = simulator
        self._policy = policy
        self._ticket = ticket
        self._attempts: list[Attempt] = []
        self._until = time.monotonic() + policy.timeout
        self._log = log.bind(label=ticket.message.label, nonce=ticket.nonce)

    def run(self) -> Sent:
        """Offer, wait, offer for more, until it is confirmed."""
        fees = suggest(self._w3, self._policy.fees)
        while True:
            fees = self._offer(fees)
            receipt = self._wait(min(time.monotonic() + self._policy.patience, self._until))
            if receipt is not None:
                return self._outcome(receipt)
            if time.monotonic() >= self._until:
                raise self._gave_up()
            fees = fees.bumped(suggest(self._w3, self._policy.fees), self._policy.fees)

    # ---------------------------------------------------------------------------------------------- offering

    def _offer(self, fees: Fees) -> Fees:
        """Sign and send; return what was offered in the end, more where the pool holds a rival."""
        while True:
            last = self._attempts[-1] if self._attempts else None
            attempt = last if last is not None and last.fees == fees else self._sign(fees)
            try:
                self._broadcast(attempt)
            except NodeRefused as error:
                raised = self._raised(fees, error)
                if raised == fees:
                    return fees  # the largest fee allowed is not enough: wait until the market comes down
                fees = raised
            else:
                return fees

    def _raised(self, fees: Fees, error: NodeRefused) -> Fees:
        """What to offer instead where the node wants more; any other refusal is raised again."""
        reason = error.reason.lower()
        if "underpriced" in reason:
            return fees.doubled(self._policy.fees)
        if "base fee" in reason:
            return fees.bumped(suggest(self._w3, self._policy.fees), self._policy.fees)
        raise error

    def _sign(self, fees: Fees) -> Attempt:
        ticket = self._ticket
        signed = self._account.sign_transaction(
            {
                **ticket.message.unsigned(),  # type: ignore[dict-item] # of the right types, in a plain dict
                "type": 2,
                "chainId": ticket.chain_id,
                "nonce": ticket.nonce,
                "gas": ticket.gas,
                "maxFeePerGas": fees.max_fee,
                "maxPriorityFeePerGas": fees.tip,
            }
        )
        raw, digest = bytes(signed.raw_transaction), signed.hash.to_0x_hex()
        attempt = Attempt(ticket.message.label, ticket.nonce, fees, digest, raw)
        ticket.record(attempt)
        self._attempts.append(attempt)
        return attempt

    def _broadcast(self, attempt: Attempt) -> None:
        """Hand it to the node. The same bytes may be sent again at any time: they are the same transaction."""
        try:
            self._w3.eth.send_raw_transaction(HexBytes(attempt.raw))
        except Unreachable as error:
            self._log.warning("the node does not say whether it took the transaction", reason=error.message)
        except NodeRefused as error:
            self._excuse(error)
        self._log.debug("sent", hash=attempt.hash, tip=attempt.fees.tip, max_fee=attempt.fees.max_fee)

    def _excuse(self, error: NodeRefused) -> None:
        """Pass over a refusal that means the node has it already; raise all others with what to do."""
        reason = error.reason.lower()
        if "already" in reason or "known" in reason:
            return
        if "nonce too low" in reason:
            if self._mined() is not None:
                return
            raise NonceTaken(
                f"nonce {self._ticket.nonce} of {self._account.address} was taken by another transaction",
                hint="a former transaction was mined just now: try again; nothing else may send with this key",
            ) from error
        if "insufficient funds" in reason:
            raise ChainError(
                f"{self._account.address} has too little ether for gas",
                hint="send it some; on a devnet every key of Anvil has plenty",
            ) from error
        raise error

    # ---------------------------------------------------------------------------------------------- waiting

    def _wait(self, until: float) -> TxReceipt | None:
        """The confirmed receipt of any attempt, `None` if there is none in time.

        Waiting for depth is not cut short: a mined transaction needs no better price.
        """
        while True:
            receipt = self._mined()
            if receipt is not None and self._is_deep(receipt):
                return receipt
            if time.monotonic() >= (until if receipt is None else self._until):
                return None
            time.sleep(self._policy.poll)

    def _mined(self) -> TxReceipt | None:
        """The receipt of the attempt that is in a canonical block now."""
        for attempt in reversed(self._attempts):
            try:
                receipt = self._w3.eth.get_transaction_receipt(HexBytes(attempt.hash))
            except TransactionNotFound:
                continue
            if receipt.get("blockNumber") is not None:
                return receipt
        return None

    def _is_deep(self, receipt: TxReceipt) -> bool:
        return self._w3.eth.block_number >= receipt["blockNumber"] + self._policy.confirmations - 1

    # ---------------------------------------------------------------------------------------------- ending

    def _outcome(self, receipt: TxReceipt) -> Sent:
        transaction = HexBytes(receipt["transactionHash"]).to_0x_hex()
        if receipt["status"] != 1:
            reason = self._simulator.why_reverted(
                self._ticket.message, self._account.address, self._ticket.gas, receipt
            )
            raise Reverted(self._ticket.message.label, reason, transaction)
        sent = Sent(
            label=self._ticket.message.label,
            hash=transaction,
            block=receipt["blockNumber"],
            block_hash=bytes(receipt["blockHash"]),
            nonce=self._ticket.nonce,
            gas_used=receipt["gasUsed"],
            gas_price=receipt["effectiveGasPrice"],
            attempts=len(self._attempts),
            receipt=receipt,
        )
        self._log.info("confirmed", hash=sent.hash, block=sent.block, gas=sent.gas_used, attempts=sent.attempts)
        return sent

    def _gave_up(self) -> Unconfirmed:
        return Unconfirmed(
            f"{self._ticket.message.label} was not confirmed in {self._policy.timeout:g} s: {_listed(self._attempts)}",
            hint="it may still be mined; is the chain making blocks, and is the largest fee allowed high enough?",
        )


def _listed(attempts: Sequence[Attempt]) -> str:
    return ", ".join(attempt.hash for attempt in attempts)
