"""The books of a key under all that can happen to it: random crashes, reorgs, lost pools, fee spikes (P-18, P-19)."""

from __future__ import annotations

import itertools
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from parley.chain.desk import Desk, SendPolicy
from parley.chain.dispatcher import Dispatcher, Order, free_nonces
from parley.chain.errors import Displaced, Unconfirmed
from parley.chain.fees import FeePolicy
from parley.chain.outbox import Outbox
from parley.chain.transactions import Intent, Outgoing, Sent
from tests.chain.simulated_pool import MildJudge, PowerCut, SimulatedPool, paper_account

pytestmark = pytest.mark.unit

RICH = FeePolicy(max_fee=10**40, urgent_max_fee=10**40)
DEPTH = 2
KEYS = st.sampled_from(["ask/1", "ask/2", "ask/3"])
CONTENTS = st.integers(0, 1)


def deed(key: str, content: int) -> Order:
    """A deed whose data tell it."""
    return Order(Outgoing(key, "0x" + "22" * 20, f"{key}={content}".encode()), Intent(key))


@given(st.integers(0, 50), st.sets(st.integers(0, 60)))
def test_free_nonces__any_books__the_lowest_that_nobody_has(mined: int, spoken_for: set[int]) -> None:
    given_out = list(itertools.islice(free_nonces(mined, spoken_for), 5))
    assert not spoken_for & set(given_out)
    assert set(range(mined, given_out[-1] + 1)) <= spoken_for | set(given_out)
    assert given_out == sorted(given_out)
    assert given_out[0] >= mined


class Life(RuleBasedStateMachine):
    """A worker's key from one accident to the next."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.pool = SimulatedPool()
        self.wanted: dict[str, list[str]] = {}
        self.open(patient=True)

    def open(self, *, patient: bool) -> None:
        """Start a process on the journal."""
        self.outbox = Outbox(Path(self._folder.name) / "journal.sqlite")
        self.outbox._connection.execute("PRAGMA synchronous = OFF")  # these crashes cut no power: hundreds of them
        self.pool.journalled = lambda transaction: transaction in self.signed()
        policy = SendPolicy(DEPTH, 1000.0 if patient else 0.0, timeout=0.0, poll=0.0, fees=RICH)
        desk = Desk(self.pool, paper_account(), 1, self.outbox, MildJudge(), policy, threading.Event())
        self.dispatcher = Dispatcher(desk)

    def signed(self) -> set[str]:
        """All hashes in the journal that may still matter."""
        return {offer.hash for nonce in range(self.outbox.highest_nonce + 1) for offer in self.outbox.offers(nonce)}

    @rule(key=KEYS, content=CONTENTS)
    def send(self, key: str, content: int) -> None:
        """A deed is wanted."""
        self.dispatch(deed(key, content))

    @rule(contents=st.lists(CONTENTS, min_size=2, max_size=3))
    def send_several(self, contents: list[int]) -> None:
        """Several at once."""
        self.dispatch(*(deed(f"ask/{number}", content) for number, content in enumerate(contents, 1)))

    def dispatch(self, *orders: Order) -> None:
        """What is said to be sent is there, deep enough; everything else is on its way."""
        for order in orders:
            self.want(order.message.data)
        try:
            outcomes = self.dispatcher.dispatch(orders)
        except PowerCut:
            self.crash(patient=True)
            return
        for order, outcome in zip(orders, outcomes, strict=True):
            if isinstance(outcome, Sent):
                mined = self.pool.receipt(outcome.hash)
                assert mined is not None
                assert mined["blockNumber"] <= self.pool.head().number - DEPTH + 1
                landed = next(done for done in self.pool.landed() if done.hash == outcome.hash)
                assert bytes.fromhex(landed.data) == order.message.data
            else:
                assert isinstance(outcome, Unconfirmed | Displaced), outcome

    @rule(blocks=st.integers(1, 3))
    def mine(self, blocks: int) -> None:
        """Time passes."""
        for _ in range(blocks):
            self.pool.mine()

    @precondition(lambda self: self.pool.waiting)
    @rule(data=st.data())
    def forget_one(self, data: st.DataObject) -> None:
        """The pool is full, or the node was started anew."""
        del self.pool.waiting[data.draw(st.sampled_from(sorted(self.pool.waiting)))]

    @rule(depth=st.integers(1, 5), forget=st.booleans())
    def reorg(self, depth: int, forget: bool) -> None:
        """Another branch wins."""
        self.pool.reorg(depth, forget=forget)

    @rule(factor=st.sampled_from([3, 10]))
    def fee_spike(self, factor: int) -> None:
        """The market moves."""
        self.pool.base_fee = min(self.pool.base_fee * factor, 10**9)

    @rule(when=st.sampled_from(["before", "after"]))
    def power_cut(self, when: str) -> None:
        """The next broadcast is the process's last."""
        self.pool.dies = when

    @rule(patient=st.booleans())
    def crash(self, patient: bool) -> None:
        """The process is gone and comes back."""
        self.outbox.close()
        self.open(patient=patient)

    @rule()
    def recover(self) -> None:
        """A worker starts."""
        try:
            self.dispatcher.recover()
        except PowerCut:
            self.crash(patient=True)

    def want(self, data: bytes) -> None:
        """Note a deed; to want the same content again after another one is a deed of its own."""
        key, _, content = data.decode().partition("=")
        former = self.wanted.setdefault(key, [])
        if former[-1:] != [content]:
            former.append(content)

    @invariant()
    def no_deed_lands_twice(self) -> None:
        """A content stands on the chain at most as often as it was wanted after another one."""
        landed = Counter(bytes.fromhex(mined.data).decode() for mined in self.pool.landed())
        wanted = Counter(f"{key}={content}" for key, contents in self.wanted.items() for content in contents)
        assert landed <= wanted, landed - wanted

    @invariant()
    def nonces_have_no_gap(self) -> None:
        """Whatever is on its way can be mined: all nonces below it are on their way, too."""
        mined = self.pool.count()
        there = {slot.nonce for slot in (*self.outbox.open_slots(), *self.outbox.settled_from(mined))}
        above = sorted(nonce for nonce in there if nonce >= mined)
        assert above == list(range(mined, mined + len(above)))

    def teardown(self) -> None:
        """In the end all comes home: nothing is left on its way."""
        self.pool.dies = None
        self.crash(patient=False)
        for _ in range(60):
            self.dispatcher.recover()
            self.pool.mine()
            if not self.outbox.open_slots():
                break
        assert self.outbox.open_slots() == []
        assert self.pool.waiting == {}
        self.no_deed_lands_twice()
        self.outbox.close()
        self._folder.cleanup()


def test_books__random_accidents__no_deed_lands_twice_and_nonces_have_no_gap() -> None:
    """P-18, P-19, F-54, F-68, F-71: in any order of accidents; and nothing leaves that is not in the journal."""
    run_state_machine_as_test(Life, settings=settings(max_examples=20, stateful_step_count=25, deadline=None))
