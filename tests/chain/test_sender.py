"""Transactions on a real chain: refused, stuck, lost in a reorg, and confirmed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from hexbytes import HexBytes
from web3 import Web3

from parley.chain.errors import KeyInUse, NodeRefused, NonceTaken, OutOfGas, Reverted, Unconfirmed, Unreachable
from parley.chain.fees import FeePolicy
from parley.chain.rpc import connect
from parley.chain.sender import Sender, SendPolicy
from parley.chain.transactions import Attempt, Outgoing, outgoing
from parley.errors import ChainError
from tests.chain.hostile_rpc import Error, Status, hostile_node
from tests.chain.town import QUICK, Town

pytestmark = pytest.mark.integration

IMPATIENT = replace(QUICK, patience=0.3)


@pytest.fixture
def in_background() -> Iterator[Callable[..., Future[Any]]]:
    """Run something while the test plays the chain."""
    with ThreadPoolExecutor(2) as pool:
        yield pool.submit


@pytest.fixture
def manual(town: Town) -> Town:
    """A chain that mines only when told."""
    town.rpc("evm_setAutomine", False)
    return town


def made(town: Town, number: int, policy: SendPolicy) -> Sender:
    """A sender of one of Anvil's keys with its own lock folder."""
    return Sender(town.w3, town.account(number), town.contracts.errors, town.outbox / f"own-{number}", policy)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen in 10 s"
        time.sleep(0.01)


def pool(town: Town, number: int) -> dict[int, str]:
    """Hashes by nonce of a key's transactions that wait to be mined."""
    content = town.rpc("txpool_content")
    mine = {**content["pending"], **content["queued"]}.get(town.node.addresses[number], {})
    if not mine:
        lower = {address.lower(): value for address, value in {**content["pending"], **content["queued"]}.items()}
        mine = lower.get(town.node.addresses[number].lower(), {})
    return {int(nonce): value["hash"] for nonce, value in mine.items()}


def in_pool(town: Town, number: int, attempt: Attempt) -> bool:
    """Whether the node holds this attempt of a key."""
    return attempt.hash in pool(town, number).values()


def register(town: Town) -> Outgoing:
    """A call that works once per key."""
    return outgoing(town.contracts.registry.functions.register(bytes(32)))


def test_send__a_call__is_confirmed_with_what_it_cost(town: Town) -> None:
    sent = town.sender(1).send(town.contracts.registry.functions.register(bytes(32)))
    receipt = town.w3.eth.get_transaction_receipt(HexBytes(sent.hash))
    assert (sent.gas_used, sent.block, sent.gas_price) == (
        receipt["gasUsed"],
        receipt["blockNumber"],
        receipt["effectiveGasPrice"],
    )
    assert (sent.label, sent.nonce, sent.attempts, sent.block_hash) == ("register", 0, 1, bytes(receipt["blockHash"]))
    assert town.w3.eth.get_transaction(HexBytes(sent.hash))["type"] == 2
    assert town.contracts.registry.functions.isOperator(town.node.addresses[1]).call()


def test_send__contract_would_refuse__nothing_is_sent(town: Town) -> None:
    """Simulated first: what would fail costs nothing, and another contract's error is decoded as well."""
    token = town.deployment.address_of("ParleyToken")
    call = town.contracts.stake_vault.functions.withdraw(token, 7, town.node.addresses[1])
    with pytest.raises(
        Reverted, match=r"withdraw was refused: StakeVault_BalanceTooSmall\(balance=0, needed=7\)"
    ) as no:
        town.sender(1).send(call)
    assert no.value.hint == "deposit more stake tokens first, or withdraw less"
    assert no.value.transaction is None
    fund = town.contracts.reward_vault.functions.fund(town.create(), 5)
    with pytest.raises(Reverted, match="ERC20InsufficientAllowance"):
        town.sender(1).send(fund)
    assert town.w3.eth.get_transaction_count(Web3.to_checksum_address(town.node.addresses[1])) == 0


def test_send__refused_when_mined__says_why_and_in_which_transaction(
    manual: Town, in_background: Callable[..., Future[Any]]
) -> None:
    """A rival's transaction comes first in the block; the refusal is found by replaying it."""
    fid = manual_federation(manual)
    slow, rival = made(manual, 1, QUICK), made(manual, 2, replace(QUICK, fees=FeePolicy(min_tip=5 * 10**9)))
    with slow, rival:
        header = (bytes(32), 0, 0, bytes(32), bytes(32), bytes(32), bytes(32), 0, "0x" + "00" * 20, 0)
        call = manual.contracts.coordinator.functions.advance(fid, header)
        late = in_background(slow.send, call)
        until(lambda: bool(pool(manual, 1)))
        # the rival's own simulation would see the pending one: send it as it is
        rival._simulator.check = lambda *_: None  # type: ignore[method-assign]
        rival._simulator.gas = lambda *_: 500_000  # type: ignore[method-assign]
        early = in_background(rival.send, call)
        until(lambda: bool(pool(manual, 2)))
        manual.rpc("evm_mine")
        assert early.result(10).block == manual.w3.eth.block_number
        with pytest.raises(Reverted, match=r"advance was refused in transaction 0x\w{64}: RoundCoordinator_WrongPhase"):
            late.result(10)


def manual_federation(town: Town) -> int:
    """A federation that anybody may open, made while the chain mines by itself."""
    town.rpc("evm_setAutomine", True)
    fid = town.populated()
    town.rpc("evm_setAutomine", False)
    return fid


def test_send__stuck__is_offered_again_for_an_eighth_more(
    manual: Town, in_background: Callable[..., Future[Any]]
) -> None:
    """F-70, P-19: the same nonce is re-priced by an eighth until it is mined."""
    attempts: list[Attempt] = []
    with made(manual, 1, IMPATIENT) as sender:
        waiting = in_background(sender.deliver, register(manual), record=attempts.append)
        until(lambda: len(attempts) >= 3)
        assert set(pool(manual, 1)) == {0}
        manual.rpc("evm_mine")
        sent = waiting.result(10)
    assert sent.attempts == len(attempts) >= 3
    assert {attempt.nonce for attempt in attempts} == {0}
    for before, after in pairwise(attempts):
        assert after.fees.tip * 8 >= before.fees.tip * 9
        assert after.fees.max_fee * 8 >= before.fees.max_fee * 9
    assert sent.hash in {attempt.hash for attempt in attempts}


def test_send__base_fee_rises_above_the_offer__follows_the_market(
    manual: Town, in_background: Callable[..., Future[Any]]
) -> None:
    """P-19: a fee spike; what was offered first is never mined."""
    attempts: list[Attempt] = []
    with made(manual, 1, IMPATIENT) as sender:
        waiting = in_background(sender.deliver, register(manual), record=attempts.append)
        until(lambda: bool(pool(manual, 1)))
        manual.rpc("anvil_setNextBlockBaseFeePerGas", hex(attempts[0].fees.max_fee * 20))
        manual.rpc("evm_mine")
        assert not waiting.done()
        # an attempt is recorded before it leaves: mine only when the pool has the one that pays enough
        until(lambda: attempts[-1].fees.max_fee > attempts[0].fees.max_fee * 20 and in_pool(manual, 1, attempts[-1]))
        manual.rpc("evm_mine")
        assert waiting.result(10).hash == attempts[-1].hash


def test_send__price_limit_reached__waits_and_gives_up_in_time(manual: Town) -> None:
    """A fee spike beyond the limit is waited out, not paid."""
    attempts: list[Attempt] = []
    low = replace(IMPATIENT, timeout=1.0, fees=FeePolicy(max_fee=10**9, urgent_max_fee=10**9))
    with (
        made(manual, 1, low) as sender,
        pytest.raises(Unconfirmed, match=r"register was not confirmed in 1 s: 0x\w{64}"),
    ):
        sender.deliver(register(manual), record=attempts.append)
    assert all(attempt.fees.max_fee <= 10**9 for attempt in attempts)


def test_send__former_process_left_one_pending__takes_its_place(
    manual: Town, in_background: Callable[..., Future[Any]]
) -> None:
    """P-18: what a dead process sent is not sent a second time; its nonce is used again, for more."""
    account = manual.account(1)
    left = account.sign_transaction(
        {
            "nonce": 0,
            "to": account.address,
            "value": 1,
            "gas": 21000,
            "maxFeePerGas": 3 * 10**9,
            "maxPriorityFeePerGas": 2 * 10**9,
            "chainId": 31337,
        }
    )
    manual.w3.eth.send_raw_transaction(left.raw_transaction)
    attempts: list[Attempt] = []
    with made(manual, 1, IMPATIENT) as sender:
        waiting = in_background(sender.deliver, register(manual), record=attempts.append)
        until(lambda: pool(manual, 1).get(0) not in (None, left.hash.to_0x_hex()))
        manual.rpc("evm_mine")
        assert waiting.result(10).nonce == 0
    # doubled until the pool takes it, and Anvil takes any more
    assert attempts[-1].fees.max_fee > 3 * 10**9
    assert manual.contracts.registry.functions.isOperator(account.address).call()


def test_send__depth__waits_for_blocks_on_top(manual: Town, in_background: Callable[..., Future[Any]]) -> None:
    """P-19: receipts are awaited to a confirmation depth."""
    with made(manual, 1, replace(QUICK, confirmations=3)) as sender:
        waiting = in_background(sender.deliver, register(manual))
        until(lambda: bool(pool(manual, 1)))
        for _ in range(2):
            manual.rpc("evm_mine")
            time.sleep(0.2)
            assert not waiting.done()
        manual.rpc("evm_mine")
        sent = waiting.result(10)
        assert manual.w3.eth.block_number == sent.block + 2


def test_send__reorg_before_it_is_deep__is_sent_again(manual: Town, in_background: Callable[..., Future[Any]]) -> None:
    """P-19: a receipt counts only while its block is canonical."""
    with made(manual, 1, replace(IMPATIENT, confirmations=2)) as sender:
        waiting = in_background(sender.deliver, register(manual))
        until(lambda: bool(pool(manual, 1)))
        manual.rpc("evm_mine")
        lost = manual.w3.eth.get_block("latest")
        assert len(lost["transactions"]) == 1
        time.sleep(0.1)
        manual.rpc("anvil_rollback", 1)
        until(lambda: bool(pool(manual, 1)))
        manual.rpc("evm_mine")
        manual.rpc("evm_mine")
        sent = waiting.result(10)
    assert sent.block_hash != bytes(lost["hash"])
    assert manual.contracts.registry.functions.isOperator(manual.node.addresses[1]).call()


def test_sender__second_one_with_the_same_key__is_refused(town: Town) -> None:
    """P-18: two processes with one key, the second refuses to start."""
    first = town.sender(1)
    with pytest.raises(KeyInUse, match=f"already sends with {first.address} on chain 31337"):
        Sender(town.w3, town.account(1), town.contracts.errors, town.outbox)
    first.close()
    Sender(town.w3, town.account(1), town.contracts.errors, town.outbox).close()


def test_send__two_threads__take_turns(town: Town, in_background: Callable[..., Future[Any]]) -> None:
    token = town.contracts.token
    assert token is not None
    call = token.functions.mint(town.node.addresses[1], 1)
    both = [in_background(town.sender(1).send, call) for _ in range(2)]
    assert sorted(waiting.result(10).nonce for waiting in both) == [0, 1]


def test_deliver__nonce_is_taken__says_that_something_else_sends(town: Town) -> None:
    town.sender(1).deliver(register(town))
    with pytest.raises(NonceTaken, match=f"nonce 0 of {town.node.addresses[1]} was taken"):
        town.sender(1).deliver(Outgoing("a gift", town.node.addresses[2], b"", 1), nonce=0)


def test_send__no_ether__says_what_to_do(town: Town, tmp_path: Path) -> None:
    poor = Account.create()
    message = f"{poor.address} has too little ether for gas"
    sender = Sender(town.w3, poor, town.contracts.errors, tmp_path, QUICK)
    with sender, pytest.raises(ChainError, match=message) as refused:
        sender.deliver(register(town))
    assert "send it some" in str(refused.value.hint)


def test_send__attempts__are_recorded_before_they_leave(town: Town) -> None:
    """P-18: what must survive a crash is written before it is sent."""

    def crash(attempt: Attempt) -> None:
        raise RuntimeError(attempt.hash)

    with pytest.raises(RuntimeError, match="0x"):
        town.sender(1).deliver(register(town), record=crash)
    assert pool(town, 1) == {}
    assert town.w3.eth.get_transaction_count(Web3.to_checksum_address(town.node.addresses[1])) == 0
    assert town.sender(1).deliver(register(town)).nonce == 0


def test_send__out_of_gas__is_sent_once_more_with_more(town: Town) -> None:
    """F-73: the estimate was too low as the state moved on: no refusal, so it is tried once more with twice as much."""
    sender = town.sender(1)
    sender._simulator.gas = lambda *_: 30_000  # type: ignore[method-assign]
    sent = sender.deliver(register(town))
    assert sent.nonce == 1
    assert town.w3.eth.get_transaction(HexBytes(sent.hash))["gas"] == 75_000


def test_send__out_of_gas_twice__says_so(town: Town) -> None:
    """F-73: the second time it is not the moment's fault."""
    sender = town.sender(1)
    sender._simulator.gas = lambda *_: 17_400  # type: ignore[method-assign]
    with pytest.raises(OutOfGas, match="out of gas: 43500 units were not enough"):
        sender.deliver(register(town))
    assert sender.next_nonce() == 2


def test_send__key_never_shows__in_what_is_logged_or_raised(town: Town) -> None:
    """P-21: neither key nor raw transaction."""
    sender = town.sender(1)
    attempts: list[Attempt] = []
    sender.deliver(register(town), record=attempts.append)
    secret = bytes(town.account(1).key).hex()
    assert secret not in repr(sender) + repr(attempts) + repr(sender.__dict__)
    assert attempts[0].raw.hex() not in repr(attempts)


TAKEN = "0x" + "ab" * 32
"""What a node answers when it takes a transaction."""


USED = Error(-32000, "nonce too low: next nonce 5, tx nonce 0")


def answers(fault: object, *, later: object = None) -> Callable[[str, int], Any]:
    """A node that is fine but for how it takes raw transactions: the first time, and later on."""

    def answer(method: str, times: int) -> Any:  # noqa: ANN401 - JSON
        fine = {
            "eth_chainId": "0x1",
            "eth_call": "0x",
            "eth_estimateGas": "0x5208",
            "eth_getTransactionCount": "0x0",
            "eth_feeHistory": {
                "oldestBlock": "0x1",
                "baseFeePerGas": ["0x1", "0x1"],
                "gasUsedRatio": [0.5],
                "reward": [],
            },
            "eth_getTransactionReceipt": None,
            "eth_getTransactionByHash": None,
            "eth_getBlockByNumber": {"number": "0x1", "timestamp": "0x1", "hash": "0x" + "01" * 32},
        }
        if fault is USED and method == "eth_getTransactionCount" and times > 6:
            return "0x5"
        if method == "eth_sendRawTransaction":
            return fault if times == 1 else later
        return fine[method]

    return answer


@pytest.mark.parametrize(
    ("fault", "later", "error", "again"),
    [
        (USED, None, NonceTaken, False),
        (Error(-32000, "transaction type not supported"), None, NodeRefused, False),
        (Error(-32000, "max fee per gas less than block base fee"), TAKEN, Unconfirmed, True),
        (Error(-32000, "replacement transaction underpriced"), TAKEN, Unconfirmed, True),
        (Error(-32000, "already known"), Error(-32000, "already known"), Unconfirmed, True),
        (Status(503), Error(-32000, "already known"), Unconfirmed, True),
    ],
)
def test_broadcast__node_answers_oddly__does_the_right_thing(
    tmp_path: Path, fault: object, later: object, error: type[Exception], again: bool
) -> None:
    """P-18, P-19: a node that has it already, lost it, or does not say."""
    policy = replace(QUICK, patience=0.05, timeout=1.0, fees=FeePolicy(max_fee=10**6))
    with hostile_node(answers(fault, later=later)) as node:
        sender = Sender(connect(node.url), Account.create(), Town.errors(), tmp_path, policy)
        with sender, pytest.raises(error):
            sender.deliver(Outgoing("a gift", "0x" + "11" * 20, b"", 0))
        assert (node.asked["eth_sendRawTransaction"] > 1) is again


def test_send__node_is_gone__is_unreachable(tmp_path: Path, town: Town) -> None:
    fine = answers(None)
    alive = ("eth_chainId", "eth_getBlockByNumber")
    with hostile_node(lambda method, times: fine(method, times) if method in alive else Status(503)) as node:
        sender = Sender(connect(node.url), Account.create(), Town.errors(), tmp_path, QUICK)
        with sender, pytest.raises(Unreachable):
            sender.deliver(register(town))


def test_deliver_all__several_calls__share_a_block_and_a_refused_one_takes_no_nonce(
    manual: Town, in_background: Callable[..., Future[Any]]
) -> None:
    """P-22: many answers fit one supply window; what the contract refuses holds nothing up."""
    refused = outgoing(manual.contracts.registry.functions.removeWorker(manual.node.addresses[5]))
    gifts = [Outgoing(f"gift {value}", manual.node.addresses[2], b"", value) for value in (1, 2)]
    sender = manual.sender(1)
    delivery = in_background(sender.deliver_all, [gifts[0], refused, gifts[1]])
    until(lambda: len(pool(manual, 1)) == 2)
    manual.rpc("evm_mine")
    first, error, second = delivery.result(timeout=20)
    assert (first.nonce, second.nonce) == (0, 1)
    assert first.block == second.block
    assert isinstance(error, Reverted)
