"""What happens to transactions between their journal and a final block: crashes, reorgs, lost pools, fee spikes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from eth_account import Account

from parley.chain.errors import (
    Contradiction,
    JournalError,
    KeyInUse,
    NodeRefused,
    NonceTaken,
    TooLate,
    Unconfirmed,
    WrongChain,
)
from parley.chain.fees import GWEI, FeePolicy
from parley.chain.outbox import Outbox
from parley.chain.transactions import TX_GAS_LIMIT, Attempt, Intent, Sent
from parley.failpoints import VARIABLE, Failpoint
from tests.chain.gifts import POLICY, Giver, until
from tests.support.anvil import AnvilNode, running_anvil

pytestmark = pytest.mark.integration

IMPATIENT = replace(POLICY, patience=0.3)
KEYS = 40
BRIEF = replace(POLICY, timeout=0.3)


@pytest.fixture(scope="module")
def node() -> Iterator[AnvilNode]:
    """A chain for all tests of this module; each uses a key of its own."""
    with running_anvil(accounts=KEYS) as node:
        yield node


@pytest.fixture
def giver(node: AnvilNode, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Giver]:
    """A key that no other test uses."""
    number = request.session.items.index(request.node) % len(node.private_keys)
    with ThreadPoolExecutor(4) as threads:
        giver = Giver(node.url, node.private_keys[number], tmp_path / "outbox", Account.create().address, threads)
        giver.rpc("anvil_setBlockTimestampInterval", 1)
        giver.rpc("evm_setAutomine", True)
        yield giver
        giver.rpc("evm_setAutomine", True)
        giver.rpc("anvil_dropAllTransactions")


# ------------------------------------------------------------------------------------------------------------ crashes


@pytest.mark.parametrize("point", [Failpoint.AFTER_JOURNAL, Failpoint.AFTER_SEND, Failpoint.AFTER_CONFIRMATION])
def test_send__killed_and_started_again__lands_exactly_once(giver: Giver, point: Failpoint) -> None:
    """F-54, P-18: `kill -9` between journal, node and confirmation; the next start ends what was begun."""
    before = giver.mined
    killed = subprocess.run(giver.program("gift/1"), env={**os.environ, VARIABLE: point}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert giver.given == (0 if point is Failpoint.AFTER_JOURNAL else 1)
    with giver.sender() as sender:
        (recovered,) = sender.recover()
        assert isinstance(recovered, Sent)
        again = sender.deliver(giver.gift(), intent=Intent("gift/1"))
        assert (again.hash, again.nonce, again.attempts) == (recovered.hash, before, 1)
        assert sender.recover() == []
    assert (giver.given, giver.mined) == (1, before + 1)


def test_send__sigterm_while_nothing_is_mined__ends_at_once_and_the_next_start_lands_it(giver: Giver) -> None:
    """F-59: the process ends in less than 5 s, says where the transaction is, and it lands exactly once."""
    before = giver.mined
    giver.stop_mining()
    with subprocess.Popen(giver.program("gift/1"), stderr=subprocess.PIPE, text=True) as process:
        until(lambda: before in giver.waiting())
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert time.monotonic() - asked < 5
    assert process.returncode == 3
    assert errors.splitlines()[-1] == (
        "SendingStopped: stopped before gift was confirmed:"
        " it is in the journal, and will be taken up at the next start"
    )
    with giver.sender() as sender:
        again = giver.give(sender, 1, Intent("gift/1"))
        time.sleep(0.2)
        giver.mine()
        assert again.result(30).nonce == before
    assert (giver.given, giver.mined) == (1, before + 1)


def test_sender__second_process_with_the_key__is_refused_by_name(giver: Giver) -> None:
    """F-57, P-18: one process a key; the lock goes with the process, the journal stays."""
    giver.stop_mining()
    with subprocess.Popen(giver.program("gift/1"), stderr=subprocess.DEVNULL) as holder:
        until(lambda: bool(giver.waiting()))
        with pytest.raises(KeyInUse, match=f"process {holder.pid} already sends with {giver.account.address}"):
            giver.sender()
        holder.kill()
        holder.wait()
    with giver.sender() as sender:
        giver.rpc("evm_setAutomine", True)
        giver.mine()
        assert [type(outcome) for outcome in sender.recover()] == [Sent]


def test_send__journal_is_full__nothing_is_sent(giver: Giver) -> None:
    """F-60: what cannot be written does not leave."""
    before = giver.mined
    with giver.sender() as sender:
        sender.deliver(giver.gift())
        pages = sender._outbox._connection.execute("PRAGMA page_count").fetchone()[0]
        sender._outbox._connection.execute(f"PRAGMA max_page_count = {pages}")
        big = replace(giver.gift(), data=bytes(50_000))
        with pytest.raises(JournalError, match=r"cannot write the journal .*full"):
            sender.deliver(big, intent=Intent("gift/big"))
        assert giver.waiting() == {}
        assert giver.mined == before + 1
        sender._outbox._connection.execute("PRAGMA max_page_count = 100000")
        assert sender.deliver(big, intent=Intent("gift/big")).nonce == before + 1


def test_send__older_journal_is_restored__waits_for_what_it_does_not_know(giver: Giver) -> None:
    """F-58: what was signed since the backup is neither repeated nor contradicted."""
    before = giver.mined
    with giver.sender() as sender:
        sender.deliver(giver.gift(1), intent=Intent("gift/1"))
    backup = shutil.copytree(giver.folder, giver.folder.with_name("backup"))
    with giver.sender(BRIEF) as sender:
        sender.deliver(giver.gift(2), intent=Intent("gift/2"))
        giver.stop_mining()
        with pytest.raises(Unconfirmed):
            sender.deliver(giver.gift(4), intent=Intent("gift/3"))
    assert set(giver.waiting()) == {before + 2}
    with structlog.testing.capture_logs() as logs, giver.sender(folder=backup) as sender:
        waiting = giver.give(sender, 8, Intent("gift/4"))
        until(lambda: any("journal does not know: waiting" in line["event"] for line in logs))
        assert set(giver.waiting()) == {before + 2}
        giver.mine()
        until(lambda: set(giver.waiting()) == {before + 3})
        giver.mine()
        assert waiting.result(30).nonce == before + 3
    warned = [line for line in logs if "an older copy of the journal was restored" in line["event"]]
    assert [(line["journal"], line["chain"]) for line in warned] == [(before, before + 1)]
    assert giver.given == 1 + 2 + 4 + 8


def test_send__earlier_round_than_was_signed__is_refused(giver: Giver) -> None:
    """F-58: nothing is signed for a round below the watermark, unless it is what was signed then."""
    before = giver.mined
    with giver.sender() as sender:
        first = sender.deliver(giver.gift(1), intent=Intent("commitUpdate/7/1"))
        sender.deliver(giver.gift(2), intent=Intent("commitUpdate/7/2"))
        message = "commitUpdate for round 1 of federation 7: this key signed it for round 2 already"
        with pytest.raises(Contradiction, match=message):
            sender.deliver(giver.gift(4), intent=Intent("commitUpdate/7/1"))
        assert sender.deliver(giver.gift(1), intent=Intent("commitUpdate/7/1")).hash == first.hash
        sender.deliver(giver.gift(8), intent=Intent("commitUpdate/8/1"))
    assert (giver.given, giver.mined) == (11, before + 3)


def test_sender__development_chain_began_anew__journal_does_too(giver: Giver) -> None:
    """A journal is of one chain, told by its first block; any other chain of the same id is refused."""
    with giver.sender() as sender:
        sender.deliver(giver.gift(), intent=Intent("gift/1"))
    with anew(31337, 1) as other, replace(giver, url=other.url).sender() as sender:
        assert sender.deliver(giver.gift(), intent=Intent("gift/1")).nonce == 0
    with anew(777, 1) as one, anew(777, 2) as other:
        replace(giver, url=one.url).sender().close()
        with pytest.raises(WrongChain, match="is of another chain with the id 777"):
            replace(giver, url=other.url).sender()


def anew(chain_id: int, started: int) -> AbstractContextManager[AnvilNode]:
    """A chain with the same keys whose first block is of another time."""
    return running_anvil(chain_id=chain_id, accounts=KEYS, extra_args=["--timestamp", str(10**9 + started)])


# ------------------------------------------------------------------------------------------------- reorgs, lost pools


@pytest.mark.parametrize("depth", [1, 8, 64])
def test_send__reorg_after_it_was_confirmed__same_bytes_land_again(giver: Giver, depth: int) -> None:
    """F-68, P-19: deeds that a reorg took away go out again under their nonces before anything new does."""
    before = giver.mined
    with giver.sender() as sender:
        gifts = (1,) if depth == 1 else (1, 2)
        lost = [sender.deliver(giver.gift(wei), intent=Intent(f"gift/{wei}")) for wei in gifts]
        if depth > len(lost):
            giver.mine(depth - len(lost))
        giver.rpc("anvil_reorg", depth, [])
        assert giver.mined == before
        third = sender.deliver(giver.gift(4), intent=Intent("gift/4"))
        assert third.nonce == before + len(lost)
        again = [sender.deliver(giver.gift(wei), intent=Intent(f"gift/{wei}")) for wei in gifts]
    assert [sent.hash for sent in again] == [sent.hash for sent in lost]
    assert all(sent.block_hash != old.block_hash for sent, old in zip(again, lost, strict=True))
    assert (giver.given, giver.mined) == (sum(gifts) + 4, before + len(lost) + 1)


def test_send__reorg_took_two_and_the_first_is_wanted_again__nothing_waits_behind_its_gap(giver: Giver) -> None:
    """F-68, F-71: what lay above it is not waited for before it has gone out."""
    with giver.sender(replace(POLICY, timeout=10)) as sender:
        first, second = [sender.deliver(giver.gift(wei), intent=Intent(f"gift/{wei}")) for wei in (1, 2)]
        giver.rpc("anvil_reorg", 2, [])
        began = time.monotonic()
        assert sender.deliver(giver.gift(1), intent=Intent("gift/1")).hash == first.hash
        assert time.monotonic() - began < 8
        assert sender.deliver(giver.gift(2), intent=Intent("gift/2")).hash == second.hash
    assert giver.given == 3


def test_send__reorg_took_it_and_there_is_more_time_now__new_deadline_counts(giver: Giver) -> None:
    """F-68, F-72: phases end later after a reorg that took early ends back; a deed is not cancelled at the old end."""
    now = giver.time
    with giver.sender() as sender:
        first = sender.deliver(giver.gift(1), intent=Intent("gift/1", deadline=now + 5))
        giver.rpc("anvil_reorg", 1, [])
        giver.mine(10)
        assert giver.time >= now + 5
        again = sender.deliver(giver.gift(1), intent=Intent("gift/1", deadline=now + 500))
    assert (again.hash, giver.given) == (first.hash, 1)


@pytest.mark.parametrize("waiting_on", [1, 3])
def test_send__reorg_takes_what_lies_below_while_it_waits__both_land(giver: Giver, waiting_on: int) -> None:
    """F-68, P-19: what a reorg takes from under deeds that wait goes out again, at once and by itself."""
    with giver.sender(replace(POLICY, timeout=10)) as sender:
        first = sender.deliver(giver.gift(1), intent=Intent("gift/1"))
        giver.stop_mining()
        above = [giver.gift(2 << number) for number in range(waiting_on)]
        intents = [Intent(f"above/{number}") for number in range(waiting_on)]
        waiting = giver.threads.submit(sender.deliver_all, above, intents)
        until(lambda: len(giver.waiting()) == waiting_on)
        giver.rpc("anvil_reorg", 1, [])
        assert giver.given == 0
        giver.rpc("evm_setIntervalMining", 1)
        ended = waiting.result(20)
        assert [sent.nonce for sent in ended if isinstance(sent, Sent)] == [
            first.nonce + 1 + n for n in range(waiting_on)
        ]
        assert sender.deliver(giver.gift(1), intent=Intent("gift/1")).hash == first.hash
    assert giver.given == 1 + sum(2 << number for number in range(waiting_on))


def test_send__reorg_before_it_is_deep__counts_only_what_is_canonical(giver: Giver) -> None:
    """F-68: a receipt is no confirmation until enough blocks lie on its block."""
    with giver.sender(replace(POLICY, confirmations=4)) as sender:
        giver.stop_mining()
        waiting = giver.give(sender, 1, Intent("gift/1"))
        until(lambda: bool(giver.waiting()))
        giver.mine(3)
        assert giver.given == 1
        giver.rpc("anvil_reorg", 3, [])
        assert giver.given == 0
        until(lambda: bool(giver.waiting()))
        giver.mine(3)
        time.sleep(0.3)
        assert not waiting.done()
        giver.mine()
        sent = waiting.result(30)
    assert giver.w3.eth.get_block(sent.block)["hash"] == sent.block_hash
    assert giver.given == 1


def test_send__node_lost_its_pool__same_bytes_go_out_again_the_lowest_first(giver: Giver) -> None:
    """F-71: a gap in the nonces is filled by what belongs there."""
    before = giver.mined
    giver.stop_mining()
    with giver.sender() as sender:
        intents = [Intent(f"gift/{number}") for number in range(3)]
        waiting = giver.threads.submit(sender.deliver_all, [giver.gift(1 << n) for n in range(3)], intents)
        until(lambda: len(giver.waiting()) == 3)
        sent = giver.waiting()
        giver.rpc("anvil_dropTransaction", sent[before])
        until(lambda: before in giver.waiting())
        giver.rpc("anvil_dropAllTransactions")
        until(lambda: len(giver.waiting()) == 3)
        assert giver.waiting() == sent
        giver.mine()
        outcomes = waiting.result(30)
    assert [outcome.nonce for outcome in outcomes if isinstance(outcome, Sent)] == [before, before + 1, before + 2]
    assert giver.given == 7


def test_send__same_deed_twice__is_sent_once(giver: Giver) -> None:
    """P-18: a deed is what it means, not how often it is asked for; other content is another deed."""
    before = giver.mined
    with giver.sender() as sender:
        first = sender.deliver(giver.gift(1), intent=Intent("gift/1"))
        assert sender.deliver(giver.gift(1), intent=Intent("gift/1")) == first
        assert sender.deliver(giver.gift(2), intent=Intent("gift/1")).nonce == before + 1
        sender.deliver(giver.gift(4))
        sender.deliver(giver.gift(4))
    assert giver.given == 1 + 2 + 4 + 4


def test_send__other_content_while_the_first_waits__takes_its_nonce(giver: Giver) -> None:
    """P-18: never two contents of one deed under two nonces; what nobody waits for gives way to any new deed."""
    before = giver.mined
    giver.stop_mining()
    with giver.sender(BRIEF) as sender:
        for wei, key in ((1, "gift/1"), (2, "gift/1"), (4, "gift/2")):
            with pytest.raises(Unconfirmed):
                sender.deliver(giver.gift(wei), intent=Intent(key))
            assert set(giver.waiting()) == {before}
        giver.mine()
        assert giver.given == 4
        giver.rpc("evm_setAutomine", True)
        sender.deliver(giver.gift(2), intent=Intent("gift/1"))
    assert (giver.given, giver.mined) == (6, before + 2)


def test_send__stranger_with_the_key__says_so(giver: Giver) -> None:
    """Somebody else's transaction takes the nonce: loudly, and the deed is not counted as done."""
    before = giver.mined
    giver.stop_mining()
    with giver.sender() as sender:
        waiting = giver.give(sender, 1, Intent("gift/1"))
        until(lambda: bool(giver.waiting()))
        fees = {"maxFeePerGas": 200 * GWEI, "maxPriorityFeePerGas": 100 * GWEI}
        theirs: dict[str, Any] = {
            "nonce": before,
            "to": giver.account.address,
            "value": 0,
            "gas": 21_000,
            "chainId": 31337,
        }
        signed = giver.account.sign_transaction({**theirs, **fees})
        giver.w3.eth.send_raw_transaction(signed.raw_transaction)
        giver.mine()
        with pytest.raises(NonceTaken, match=f"nonce {before} of {giver.account.address} was taken"):
            waiting.result(30)
        giver.rpc("evm_setAutomine", True)
        assert sender.deliver(giver.gift(1), intent=Intent("gift/1")).nonce == before + 1
    assert giver.given == 1


# -------------------------------------------------------------------------------------------------- fees and deadlines


def spike(giver: Giver, gwei: int) -> None:
    """The next block asks for so much, and comes."""
    giver.rpc("anvil_setNextBlockBaseFeePerGas", hex(gwei * GWEI))
    giver.mine()


def test_send__fee_spike_near_a_deadline__bids_up_to_the_urgent_maximum(giver: Giver) -> None:
    """F-72, P-19: what the ordinary maximum does not pay for is paid as the deadline comes near."""
    giver.stop_mining()
    now = giver.time
    attempts: list[Attempt] = []
    fees = FeePolicy(max_fee=10 * GWEI, urgent_max_fee=100 * GWEI)
    with giver.sender(replace(IMPATIENT, fees=fees)) as sender:
        waiting = giver.give(sender, 1, Intent("gift/1", deadline=now + 100), attempts.append)
        until(lambda: bool(attempts))
        assert all(attempt.fees.max_fee <= 11 * GWEI for attempt in attempts)
        while not waiting.done():
            giver.rpc("evm_setNextBlockTimestamp", giver.w3.eth.get_block("latest")["timestamp"] + 9)
            spike(giver, 40)
            time.sleep(0.5)
        sent = waiting.result()
    assert giver.w3.eth.get_block(sent.block)["timestamp"] < now + 100
    assert 40 * GWEI <= attempts[-1].fees.max_fee <= 100 * GWEI
    giver.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))


def test_send__not_worth_the_fee__is_cancelled_after_its_deadline(giver: Giver) -> None:
    """F-72, F-70: gas never costs more than what is at stake; what is too late is cancelled."""
    before = giver.mined
    giver.stop_mining()
    spike(giver, 50)
    now = giver.time
    attempts: list[Attempt] = []
    stake = 30_000 * 30 * GWEI
    with giver.sender(IMPATIENT) as sender:
        waiting = giver.give(sender, 1, Intent("gift/1", now + 50, stake), attempts.append)
        until(lambda: bool(attempts))
        giver.rpc("evm_setNextBlockTimestamp", now + 60)
        spike(giver, 50)
        giver.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        until(lambda: attempts[-1].cancels)
        until(lambda: attempts[-1].hash in giver.waiting().values())
        giver.mine()
        with pytest.raises(TooLate, match="the deadline of gift passed: it was cancelled in 0x"):
            waiting.result(30)
        with pytest.raises(TooLate, match=r"gift is too late by \d+ s: nothing was sent"):
            sender.deliver(giver.gift(), intent=Intent("gift/2", now + 50))
    assert all(attempt.fees.max_fee * 21_000 <= stake for attempt in attempts)
    assert (giver.given, giver.mined) == (0, before + 1)


def test_recover__deadline_passed_while_the_process_was_down__is_cancelled(giver: Giver) -> None:
    """F-70: what a dead process left is not done when it is worth nothing any more."""
    before = giver.mined
    giver.stop_mining()
    now = giver.time
    with giver.sender(BRIEF) as sender, pytest.raises(Unconfirmed):
        sender.deliver(giver.gift(), intent=Intent("gift/1", now + 50))
    giver.rpc("anvil_dropAllTransactions")
    giver.rpc("evm_setNextBlockTimestamp", now + 60)
    giver.rpc("evm_setAutomine", True)
    giver.mine()
    with giver.sender() as sender:
        (outcome,) = sender.recover()
    assert isinstance(outcome, TooLate)
    with Outbox(next(giver.folder.glob("*.sqlite"))) as outbox:
        assert outbox.open_slots() == []
    assert (giver.given, giver.mined) == (0, before + 1)


def test_anvil__transaction_above_the_gas_limit__is_refused(giver: Giver) -> None:
    """F-76: the chains of the tests enforce EIP-7825 as mainnet does."""
    fields: dict[str, Any] = {"nonce": giver.mined, "to": giver.sink, "value": 1, "chainId": 31337}
    fees = {"maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": GWEI}
    beyond = giver.account.sign_transaction({**fields, **fees, "gas": TX_GAS_LIMIT + 1})
    with pytest.raises(NodeRefused, match="gas"):
        giver.w3.eth.send_raw_transaction(beyond.raw_transaction)
    within = giver.account.sign_transaction({**fields, **fees, "gas": TX_GAS_LIMIT})
    giver.w3.eth.send_raw_transaction(within.raw_transaction)
    until(lambda: giver.given == 1)
