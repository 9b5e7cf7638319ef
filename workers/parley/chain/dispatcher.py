"""Which nonce a deed gets, and when a deed is not sent again: the books of one key (P-18).

One rule gives the nonces: the lowest that is neither mined nor spoken for. What a timeout left under it gives way to
the new content, so that nothing queues behind what nobody waits for; the same deed goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count, takewhile

import structlog

from parley.chain.delivery import Delivery, nonce_taken
from parley.chain.desk import Desk
from parley.chain.errors import Contradiction, Displaced, OutOfGas, SendingStopped, TooLate
from parley.chain.outbox import Slot, SlotState
from parley.chain.pool import Head
from parley.chain.transactions import (
    TX_GAS_LIMIT,
    Intent,
    Outgoing,
    Recorder,
    Sent,
    check_gas,
    nothing,
    round_of,
)
from parley.errors import ParleyError

log = structlog.get_logger(__name__)

ROUNDS = 4
"""How often a deed is taken up again whose nonce another content took, or whose gas was too little."""

Outcome = Sent | ParleyError


@dataclass(frozen=True, slots=True)
class Order:
    """A deed that is wanted.

    Attributes:
        message: what to send.
        intent: what it means; `None`: a deed of its own.
        nonce: exactly this one, `None` for the next.
        record: told of every attempt before it leaves.
        least_gas: limit that was too low before, doubled; 0 at first.
    """

    message: Outgoing
    intent: Intent | None = None
    nonce: int | None = None
    record: Recorder = nothing
    least_gas: int = 0

    @property
    def key(self) -> str | None:
        """The intent's key."""
        return None if self.intent is None else self.intent.key


def order(message: Outgoing, intent: Intent | None, nonce: int | None, record: Recorder) -> Order:
    """A deed; one with a nonce of its own means the same whenever it is tried with that nonce."""
    if intent is None and nonce is not None:
        intent = Intent(f"nonce/{nonce}")
    return Order(message, intent, nonce, record)


def free_nonces(mined: int, spoken_for: Iterable[int]) -> Iterator[int]:
    """The nonces for new deeds, in order: neither mined nor spoken for; no gap is left.

    Args:
        mined: how many transactions of the key are mined.
        spoken_for: nonces of deeds that go on.
    """
    taken = frozenset(spoken_for)
    return (nonce for nonce in count(mined) if nonce not in taken)


class Dispatcher:
    """Sends deeds of one key, and brings to an end what a former process left. Not safe for threads.

    Args:
        desk: node, key and journal.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._recovered = False

    def recover(self) -> list[Outcome]:
        """Bring to an end what is on its way by the journal; wait for what the journal does not know (F-58).

        Returns:
            what came of each open slot, the lowest nonce first.
        """
        for slot in self._desk.outbox.settled_from(self._desk.pool.count()):
            self._desk.outbox.reopen(slot)
        self._compare_with_chain()
        self._recovered = True
        slots = self._desk.outbox.open_slots()
        if slots:
            log.info("taking up what a former process left", nonces=[slot.nonce for slot in slots])
        return self._drive([Delivery(self._desk, slot) for slot in slots])

    def dispatch(self, orders: Sequence[Order]) -> list[Outcome]:
        """Send deeds that do not depend on each other, and wait until all are confirmed.

        Returns:
            for each, in their order, what came of it.
        """
        keys = [order.key for order in orders if order.key is not None]
        if len(set(keys)) < len(keys):
            raise ValueError("two deeds of one call bear the same intent key")
        outcomes = self._round(orders)
        for _ in range(ROUNDS):
            again = {number: anew for number, outcome in enumerate(outcomes)
                     if (anew := _anew(orders[number], outcome)) is not None}  # fmt: skip
            if not again:
                break
            orders = [again.get(number, order) for number, order in enumerate(orders)]
            for number, outcome in zip(again, self._round(list(again.values())), strict=True):
                outcomes[number] = outcome
        return outcomes

    def ready(self, keys: Sequence[str] = ()) -> None:
        """Have what was sent before on the chain, but for what the deeds with these keys decide anew."""
        if self._desk.stop.is_set():
            raise SendingStopped("stopped: nothing was sent")
        if not self._recovered:
            self._report(self.recover())
        mined, outbox = self._desk.pool.count(), self._desk.outbox
        # what a reorg took away is not stale: it goes out again before anything new does; but what lies above a deed
        # that is decided anew cannot be mined before it, and has its turn afterwards
        below = takewhile(lambda slot: slot.key is None or slot.key not in keys, outbox.settled_from(mined))
        back = [outbox.reopen(slot) for slot in below]
        past = [slot for slot in outbox.open_slots() if slot.nonce < mined]
        self._report(self._drive([Delivery(self._desk, slot) for slot in (*past, *back)]))

    # ---------------------------------------------------------------------------------------------- planning

    def _round(self, orders: Sequence[Order]) -> list[Outcome]:
        """Give each a slot and bring all to their end, with whatever lies below them."""
        self.ready([order.key for order in orders if order.key is not None])
        plan = self._plan(orders)
        slots = {number: slot for number, slot in enumerate(plan) if isinstance(slot, Slot)}
        below = self._below({slot.nonce for slot in slots.values()})
        deliveries = [Delivery(self._desk, slot, orders[number].record) for number, slot in slots.items()]
        ended = self._drive([*deliveries, *(Delivery(self._desk, slot) for slot in below)])
        outcomes = dict(zip(slots, ended, strict=False))
        return [outcomes[number] if isinstance(slot, Slot) else slot for number, slot in enumerate(plan)]

    def _below(self, nonces: set[int]) -> list[Slot]:
        """What must be mined before deeds with these nonces can be."""
        outbox, highest = self._desk.outbox, max(nonces, default=0)
        for slot in outbox.settled_from(self._desk.pool.count()):
            if slot.nonce < highest and slot.nonce not in nonces:
                outbox.reopen(slot)
        return [slot for slot in outbox.open_slots() if slot.nonce < highest and slot.nonce not in nonces]

    def _plan(self, orders: Sequence[Order]) -> list[Slot | ParleyError]:
        """For each a slot, or why it is not sent; one that is not sent takes no nonce."""
        head, mined, outbox = self._desk.pool.head(), self._desk.pool.count(), self._desk.outbox
        homes = [None if order.key is None else outbox.home(order.key, mined) for order in orders]
        free = free_nonces(mined, (home.nonce for home in homes if home is not None))
        residents = {home.nonce: home.id for home in homes if home is not None and home.state is SlotState.OPEN}
        plan: list[Slot | ParleyError] = []
        for order, home in zip(orders, homes, strict=True):
            if home is not None and residents.setdefault(home.nonce, home.id) != home.id:
                plan.append(Displaced(f"{order.message.label} waits for the nonce that it was once offered under"))
            else:
                plan.append(self._slot(order, home, free, head, mined))
        return plan

    def _slot(self, order: Order, home: Slot | None, free: Iterator[int], head: Head, mined: int) -> Slot | ParleyError:
        """Where a deed goes on, or a new slot for it."""
        known = self._same(order, home)
        if known is not None:
            return known
        try:
            self._check(order, head)
            gas = self._gas(order)
            nonce = self._nonce(order, mined) if home is None else home.nonce
        except ParleyError as error:
            return error
        return Slot(next(free) if nonce is None else nonce, order.message, gas, head.time, order.intent)

    def _same(self, order: Order, home: Slot | None) -> Slot | None:
        """The slot of the same deed with the same content: on its way, or done and still canonical."""
        if home is not None:
            if home.message != order.message or home.state is SlotState.REPLACED:
                return None
            # a reorg that took early ends back leaves more time for it than it had
            home = self._desk.outbox.bound(home, order.intent)
            return home if home.state is SlotState.OPEN else self._desk.outbox.reopen(home)
        done = None if order.key is None else self._desk.outbox.done(order.key)
        return done if done is not None and done.message == order.message else None

    def _nonce(self, order: Order, mined: int) -> int | None:
        """The nonce that is asked for; `None` for any."""
        if order.nonce is not None and order.nonce < mined:
            raise nonce_taken(order.nonce, self._desk.account.address)
        return order.nonce

    def _check(self, order: Order, head: Head) -> None:
        """Refuse what must not be signed.

        Raises:
            TooBig: no node would take it.
            TooLate: its deadline passed.
            Contradiction: the key signed for a later round already.
        """
        order.message.check_size()
        intent = order.intent
        if intent is not None and intent.deadline is not None and head.time >= intent.deadline:
            raise TooLate(f"{order.message.label} is too late by {head.time - intent.deadline} s: nothing was sent")
        place = None if intent is None else round_of(intent.key)
        if place is None:
            return
        deed, federation, number = place
        highest = self._desk.outbox.watermark(deed, federation)
        if number < highest:
            raise Contradiction(
                f"{deed} for round {number} of federation {federation}: this key signed it for round {highest} already",
                hint="nothing was signed; was an older copy of the worker's state restored?",
            )

    def _gas(self, order: Order) -> int:
        """Try it, and give it a limit: the estimate on the pending block and a margin (F-73)."""
        self._desk.judge.check(order.message, self._desk.account.address)
        estimate = self._desk.judge.gas(order.message, self._desk.account.address)
        check_gas(order.message.label, estimate)
        wanted = estimate + estimate * self._desk.policy.gas_margin_percent // 100
        return min(max(wanted, order.least_gas), TX_GAS_LIMIT)

    # ---------------------------------------------------------------------------------------------- recovering

    def _compare_with_chain(self) -> None:
        """Say so where the chain knows more of this key than the journal; wait, for a while, for what is pending."""
        highest, mined = self._desk.outbox.highest_nonce, self._desk.pool.count()
        if 0 <= highest < mined - 1:
            log.warning(
                "the chain has transactions of this key that its journal does not know: an older copy of the journal"
                " was restored, or a stranger has the key; what was signed meanwhile stands",
                journal=highest,
                chain=mined - 1,
            )
        if not self._unknown_pending():
            return
        log.warning("transactions of this key are pending that its journal does not know: waiting for them")
        until = time.monotonic() + self._desk.policy.patience
        while self._unknown_pending() and time.monotonic() < until:
            if self._desk.stop.wait(self._desk.policy.poll):
                raise SendingStopped("stopped while waiting for pending transactions: nothing was sent")
        if self._unknown_pending():
            log.warning("they are still pending: their nonces are used again")

    def _unknown_pending(self) -> bool:
        """Whether the node holds transactions of this key that the journal does not."""
        known = {slot.nonce for slot in self._desk.outbox.open_slots()}
        return any(nonce not in known for nonce in range(self._desk.pool.count(), self._desk.pool.count(pending=True)))

    # ---------------------------------------------------------------------------------------------- driving

    def _drive(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Bring all to their end at once; the lowest nonces leave first (F-71)."""
        if not deliveries:
            return []
        began: dict[Delivery, ParleyError | None] = {}
        for delivery in sorted(deliveries, key=lambda delivery: delivery.nonce):
            began[delivery] = _error_of(delivery.step)

        def end(delivery: Delivery) -> Outcome:
            error = began[delivery]
            return _outcome_of(delivery.run) if error is None else error

        if len(deliveries) == 1:
            return [end(deliveries[0])]
        with ThreadPoolExecutor(len(deliveries)) as pool:
            return list(pool.map(end, deliveries))

    def _report(self, outcomes: Sequence[Outcome]) -> None:
        """Say what came of what nobody waits for any more."""
        for outcome in outcomes:
            if isinstance(outcome, SendingStopped):
                raise outcome
            if isinstance(outcome, ParleyError):
                log.warning("what was sent before did not end well", reason=outcome.message)


def _anew(order: Order, outcome: Outcome) -> Order | None:
    """The deed as it is to be tried once more; `None` if it is not."""
    if order.nonce is not None:
        return None
    if isinstance(outcome, Displaced):
        return order
    if isinstance(outcome, OutOfGas) and not order.least_gas and outcome.gas < TX_GAS_LIMIT:
        log.warning("out of gas: trying once more with twice as much", label=order.message.label, gas=outcome.gas)
        return replace(order, least_gas=min(2 * outcome.gas, TX_GAS_LIMIT))
    return None


def _error_of(work: Callable[[], object]) -> ParleyError | None:
    try:
        work()
    except ParleyError as error:
        return error
    return None


def _outcome_of(work: Callable[[], Sent]) -> Outcome:
    try:
        return work()
    except ParleyError as error:
        return error
