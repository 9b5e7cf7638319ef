"""One slot of the outbox, from its first offer until it is confirmed or cancelled (P-19).

Each look at the chain is followed by at most one deed: the same bytes again where the node lost them, a higher bid for
the same nonce where it waits too long, a cancellation where its deadline passed. Nothing leaves that is not in the
journal. A receipt counts at the confirmation depth, and only while its block is canonical.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NoReturn

import structlog
from hexbytes import HexBytes
from web3.types import TxReceipt

from parley.chain import bids
from parley.chain.desk import Desk
from parley.chain.errors import (
    Displaced,
    JournalError,
    NodeRefused,
    NonceTaken,
    OutOfGas,
    Reverted,
    SendingStopped,
    TooLate,
    Unconfirmed,
    Unreachable,
)
from parley.chain.fees import Fees
from parley.chain.outbox import Offer, Slot, SlotState
from parley.chain.pool import Head
from parley.chain.refusals import Refusal, refusal_of
from parley.chain.reverts import ContractError
from parley.chain.simulation import ran_out_of_gas
from parley.chain.transactions import Attempt, Outgoing, Recorder, Sent, nothing
from parley.errors import ChainError, ParleyError
from parley.failpoints import Failpoint, failpoint
from parley.heartbeat import BEAT
from parley.metrics import ATTEMPTS, CONFIRMATION_SECONDS, GAS_SPENT, TRANSACTIONS

log = structlog.get_logger(__name__)

CANCEL_GAS = 21_000
"""What a transfer to oneself takes."""

STRANGE_LOOKS = 3
"""How often in a row a nonce must look taken by a stranger: one node of several may lag behind."""


class Delivery:
    """Brings one slot to its end.

    Args:
        desk: node, key and journal.
        slot: what is to be sent; from the journal, or new.
        record: told of every attempt before it leaves.
    """

    def __init__(self, desk: Desk, slot: Slot, record: Recorder = nothing) -> None:
        self._desk = desk
        self._slot = slot
        self._record = record
        self._offers = desk.outbox.offers(slot.nonce)
        self._began = time.monotonic()
        self._raise_at = self._began + desk.policy.patience
        self._strange: list[int] = []  # heights at which the nonce looked taken by a stranger
        self._rejection: ChainError | None = None
        self._late = False
        self._log = log.bind(label=slot.message.label, nonce=slot.nonce)

    @property
    def nonce(self) -> int:
        """Of the slot."""
        return self._slot.nonce

    def run(self) -> Sent:
        """Look and act until it is confirmed.

        Raises:
            Reverted: the contract refused it; `OutOfGas` where its limit was too low.
            TooLate: its deadline passed.
            Displaced: an earlier content of its nonce was mined.
            NonceTaken: a stranger's transaction was.
            Unconfirmed: not confirmed in time; it stays in the journal. `SendingStopped` where the process ends.
            JournalError: the journal cannot be written; nothing was sent.
            ChainError: no node takes it.
        """
        while True:
            receipt = self.step()
            if receipt is not None:
                return self._ended(receipt)
            if time.monotonic() >= self._began + self._desk.policy.timeout:
                raise self._gave_up()
            if self._desk.stop.wait(self._desk.policy.poll):
                raise SendingStopped(
                    f"stopped before {self._slot.message.label} was confirmed",
                    hint="it is in the journal, and will be taken up at the next start",
                )

    def step(self) -> TxReceipt | None:
        """Look at the chain once and do what follows; the receipt if it is final."""
        BEAT.beat()
        try:
            head, mined = self._desk.pool.head(), self._desk.pool.count()
            if mined > self._slot.nonce:
                return self._final(head)
            self._strange.clear()
            if not self._restored(mined):
                self._act(head)
        except (Unreachable, NodeRefused) as error:
            if error is self._rejection:
                raise
            self._log.warning("the node does not answer; trying on", reason=error.message)
        return None

    def _restored(self, mined: int) -> bool:
        """Whether a reorg took something away from under this nonce; it lands again first, or this one never could."""
        with self._desk.restoring:
            fallen = [slot for slot in self._desk.outbox.settled_from(mined) if slot.nonce < self._slot.nonce]
            for slot in fallen:
                self._log.warning("a reorg took what lies below: it goes out again", below=slot.nonce)
                try:
                    Delivery(self._desk, self._desk.outbox.reopen(slot)).run()
                except (SendingStopped, JournalError):
                    raise
                except ParleyError as error:
                    self._log.warning("what a reorg took away did not end well", below=slot.nonce, reason=error.message)
        return bool(fallen)

    # ---------------------------------------------------------------------------------------------- offering

    def _act(self, head: Head) -> None:
        """It is not mined: cancel it, bid, bid higher, send the same bytes again, or leave it alone."""
        deadline = self._slot.intent.deadline if self._slot.intent is not None else None
        self._late = deadline is not None and head.time >= deadline
        if self._late and not self._slot.id:
            raise TooLate(
                f"{self._slot.message.label} is too late by {head.time - (deadline or 0)} s: nothing was sent"
            )
        mine = [offer for offer in self._offers if offer.slot == self._slot.id and not offer.refused]
        wanted = [offer for offer in mine if offer.cancels == self._late]
        if not wanted or time.monotonic() >= self._raise_at:
            self._bid(head, wanted[-1] if wanted else None)
        elif not any(self._desk.pool.knows(offer.hash) for offer in reversed(wanted)):
            self._push(wanted[-1], self._ceiling(head))

    def _bid(self, head: Head, last: Offer | None) -> None:
        """Offer it for the first time, or for more; where more is not allowed, what stands goes out again."""
        most, market, standing = self._ceiling(head), self._desk.pool.market(), self._standing()
        self._raise_at = time.monotonic() + self._desk.policy.patience
        fees = bids.opening(market, most) if standing is None else bids.raised(standing, market, most)
        if fees.max_fee < market.max_fee:
            self._log.warning("the market asks for more than may be offered", allowed=most, market=market.max_fee)
        if fees != standing:
            self._push(self._signed(fees), most)
        elif last is not None:
            self._push(last, most)

    def _push(self, offer: Offer, most: int) -> None:
        """Send it, and bid higher as long as the node says that it is too little."""
        while True:
            refusal = self._broadcast(offer)
            if refusal is None:
                return
            if refusal is Refusal.UNDERPRICED:
                fees = bids.doubled(offer.fees, most)
            else:
                fees = bids.raised(offer.fees, self._desk.pool.market(), most)
            if fees == offer.fees:
                return  # the most that is allowed is not enough: wait until the market comes down
            offer = self._signed(fees)

    def _signed(self, fees: Fees) -> Offer:
        """Sign an attempt and write it to the journal; only then it may leave."""
        slot, cancels = self._slot, self._late
        message = Outgoing("cancel", self._desk.account.address, b"") if cancels else slot.message
        signed = self._desk.account.sign_transaction(
            {
                **message.unsigned(),  # type: ignore[dict-item] # of the right types, in a plain dict
                "type": 2,
                "chainId": self._desk.chain_id,
                "nonce": slot.nonce,
                "gas": self._gas,
                "maxFeePerGas": fees.max_fee,
                "maxPriorityFeePerGas": fees.tip,
            }
        )
        raw, digest = bytes(signed.raw_transaction), HexBytes(signed.hash).to_0x_hex()
        attempt = Attempt(slot.message.label, slot.nonce, fees, digest, raw, cancels)
        self._slot = self._desk.outbox.enter(slot, attempt)
        self._offers = self._desk.outbox.offers(slot.nonce)
        ATTEMPTS.labels("cancel" if cancels else "raised" if len(self._offers) > 1 else "first").inc()
        failpoint(Failpoint.AFTER_JOURNAL)
        self._record(attempt)
        return self._offers[-1]

    def _broadcast(self, offer: Offer) -> Refusal | None:
        """Hand it to the node; why it is too cheap, or `None` if it is taken or nobody knows."""
        try:
            self._desk.pool.broadcast(offer.raw)
        except Unreachable as error:
            self._log.warning("the node does not say whether it took the transaction", reason=error.message)
        except NodeRefused as error:
            kind = refusal_of(error.reason)
            if kind in (Refusal.UNDERPRICED, Refusal.BASE_FEE):
                return kind
            if kind in (Refusal.POOR, Refusal.OTHER):
                self._rejected(offer, kind, error)
        else:
            failpoint(Failpoint.AFTER_SEND)
            self._log.debug("sent", hash=offer.hash, tip=offer.fees.tip, max_fee=offer.fees.max_fee)
        return None

    def _rejected(self, offer: Offer, kind: Refusal, error: NodeRefused) -> None:
        """No node takes an attempt: with nothing else out under this nonce, the deed ends here."""
        self._desk.outbox.refused(offer.hash)
        self._offers = [replace(other, refused=other.refused or other == offer) for other in self._offers]
        if not all(other.refused for other in self._offers):
            self._log.warning("the node refuses a new offer; the former one stands", reason=error.message)
            return
        self._desk.outbox.settle(self._slot, SlotState.CANCELLED)
        self._rejection = error
        if kind is Refusal.POOR:
            raise ChainError(
                f"{self._desk.account.address} has too little ether for gas",
                hint="send it some; on a devnet every key of Anvil has plenty",
            ) from error
        raise error

    @property
    def _gas(self) -> int:
        return CANCEL_GAS if self._late else self._slot.gas

    def _ceiling(self, head: Head) -> int:
        """The most that may be offered now."""
        intent = self._slot.intent
        deadline, at_stake = (None, None) if intent is None else (intent.deadline, intent.at_stake)
        worth = bids.Worth(self._gas, self._slot.opened, deadline, at_stake)
        return bids.ceiling(self._desk.policy.fees, worth, head.time)

    def _standing(self) -> Fees | None:
        """What any content of this nonce was offered for at most; `None` if nothing is out."""
        out = [offer.fees for offer in self._offers if not offer.refused]
        return Fees(max(fees.max_fee for fees in out), max(fees.tip for fees in out)) if out else None

    # ---------------------------------------------------------------------------------------------- ending

    def _final(self, head: Head) -> TxReceipt | None:
        """The nonce is used up: the receipt of the attempt that did, once it is deep enough."""
        receipts = (self._desk.pool.receipt(offer.hash) for offer in reversed(self._offers))
        receipt = next((found for found in receipts if found is not None), None)
        if receipt is None:
            self._suspect(head)
            return None
        self._strange.clear()
        deep = head.number >= receipt["blockNumber"] + self._desk.policy.confirmations - 1
        return receipt if deep and self._desk.pool.is_canonical(receipt) else None

    def _suspect(self, head: Head) -> None:
        """None of ours is mined: a stranger's is, if it looks so often enough and deep enough."""
        self._strange.append(head.number)
        deep = head.number >= self._strange[0] + self._desk.policy.confirmations - 1
        if len(self._strange) < STRANGE_LOOKS or not deep:
            return
        if self._slot.id:
            self._settle(self._slot, SlotState.LOST)
        TRANSACTIONS.labels("lost").inc()
        self._log.error("a stranger's transaction took the nonce: something else sends with this key")
        raise nonce_taken(self._slot.nonce, self._desk.account.address)

    def _ended(self, receipt: TxReceipt) -> Sent:
        """Close the books of this nonce and say what came of it."""
        failpoint(Failpoint.AFTER_CONFIRMATION)
        mined = HexBytes(receipt["transactionHash"]).to_0x_hex()
        offer = next(offer for offer in self._offers if offer.hash == mined)
        ok = receipt["status"] == 1
        state = SlotState.CANCELLED if offer.cancels else SlotState.MINED
        if self._slot.state is SlotState.MINED:
            return self._sent(receipt, mined)  # done before, and still canonical
        GAS_SPENT.inc(receipt["gasUsed"] * receipt["effectiveGasPrice"])
        if offer.slot != self._slot.id:
            self._displaced(offer, state, ok=ok)
        self._settle(self._slot, state, mined, ok=ok)
        if offer.cancels:
            TRANSACTIONS.labels("cancelled").inc()
            raise TooLate(f"the deadline of {self._slot.message.label} passed: it was cancelled in {mined}")
        if not ok:
            TRANSACTIONS.labels("reverted").inc()
            raise self._refused(receipt, mined)
        sent = self._sent(receipt, mined)
        TRANSACTIONS.labels("confirmed").inc()
        CONFIRMATION_SECONDS.observe(time.monotonic() - self._began)
        self._log.info("confirmed", hash=sent.hash, block=sent.block, gas=sent.gas_used, attempts=sent.attempts)
        return sent

    def _displaced(self, offer: Offer, state: SlotState, *, ok: bool) -> NoReturn:
        """An earlier content of the nonce was mined."""
        if self._slot.id:
            self._settle(self._slot, SlotState.REPLACED)
        self._settle(self._desk.outbox.slot(offer.slot), state, offer.hash, ok=ok)
        TRANSACTIONS.labels("replaced").inc()
        raise Displaced(f"nonce {self._slot.nonce} carries what was sent before {self._slot.message.label}")

    def _settle(self, slot: Slot, state: SlotState, mined: str | None = None, *, ok: bool | None = None) -> None:
        """Note the end; where the disk is full the next start finds it on the chain."""
        try:
            self._desk.outbox.settle(slot, state, mined, ok=ok)
        except JournalError as error:
            self._log.error("the journal does not take the outcome", reason=error.message, hash=mined)

    def _refused(self, receipt: TxReceipt, mined: str) -> Reverted:
        """Why a mined transaction did nothing."""
        label, gas = self._slot.message.label, self._slot.gas
        if ran_out_of_gas(gas, receipt["gasUsed"]):
            reason = ContractError("Error", {"message": f"out of gas: {gas} units were not enough"})
            return OutOfGas(label, reason, mined, gas)
        reason = self._desk.judge.why_reverted(self._slot.message, self._desk.account.address, receipt)
        return Reverted(label, reason, mined)

    def _sent(self, receipt: TxReceipt, mined: str) -> Sent:
        return Sent(
            label=self._slot.message.label,
            hash=mined,
            block=receipt["blockNumber"],
            block_hash=bytes(receipt["blockHash"]),
            nonce=self._slot.nonce,
            gas_used=receipt["gasUsed"],
            gas_price=receipt["effectiveGasPrice"],
            attempts=sum(offer.slot == self._slot.id for offer in self._offers),
            receipt=receipt,
        )

    def _gave_up(self) -> TooLate | Unconfirmed:
        label, seconds = self._slot.message.label, self._desk.policy.timeout
        if self._late:
            return TooLate(f"the deadline of {label} passed, and its cancellation is not confirmed in {seconds:g} s")
        hashes = ", ".join(offer.hash for offer in self._offers) or "nothing was sent"
        return Unconfirmed(
            f"{label} was not confirmed in {seconds:g} s: {hashes}",
            hint="it may still be mined; is the chain making blocks, and is the largest fee allowed high enough?",
        )


def nonce_taken(nonce: int, address: str) -> NonceTaken:
    """A nonce that somebody else used."""
    return NonceTaken(
        f"nonce {nonce} of {address} was taken by another transaction",
        hint="nothing else may send with this key: look who has it, and rotate it if nobody should",
    )
