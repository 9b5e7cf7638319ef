"""Several endpoints behind one connection: real Anvils behind proxies that commit faults, and nodes that lie."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from hexbytes import HexBytes
from structlog.testing import capture_logs
from web3 import Web3

from parley.chain import endpoint_breaker, endpoint_health
from parley.chain.endpoint_http import NoAnswer, Transport
from parley.chain.endpoints import Provider
from parley.chain.errors import EndpointsDisagree, NodeRefused, Overlong, Unreachable, WrongChain
from parley.chain.rpc import connect
from tests.chain.lying_node import lying_node
from tests.chain.town import key, rpc
from tests.faults.kinds import Fault
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.faults.schedule import seeded
from tests.support.anvil import AnvilNode, running_anvil

pytestmark = pytest.mark.integration

HOST = "127.0.0.1"


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoints are compared before every request, and have time to answer on a busy machine."""
    monkeypatch.setattr(endpoint_health, "ANSWER_SECONDS", 10.0)
    monkeypatch.setattr(endpoint_health, "CHECK_SECONDS", 0.0)


@pytest.fixture
def short_last_hope(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back-off of a second at most, so that tests are short."""
    monkeypatch.setattr(endpoint_breaker, "LAST_HOPE", 1.0)


@pytest.fixture
def pair(module_anvil: AnvilNode) -> Iterator[tuple[FaultProxy, FaultProxy]]:
    """Two ways to one chain."""
    with fault_proxy(module_anvil.url) as first, fault_proxy(module_anvil.url) as second:
        yield first, second


def both(pair: tuple[FaultProxy, FaultProxy], **options: Any) -> Web3:  # noqa: ANN401 - as of `connect`
    """A connection over both ways."""
    return connect([proxy.url for proxy in pair], 31337, **options)


def transfer(node: AnvilNode, nonce: int, number: int = 1) -> HexBytes:
    """A signed transaction."""
    fields = {"to": node.addresses[0], "value": 1, "gas": 21_000, "nonce": nonce, "chainId": node.chain_id}
    signed = key(node, number).sign_transaction(
        {**fields, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1, "type": 2}
    )
    return HexBytes(signed.raw_transaction)


# ------------------------------------------------------------------------------------------------------ F-66: down


def test_provider__endpoints_flap_by_a_schedule__every_read_is_answered(pair: tuple[FaultProxy, FaultProxy]) -> None:
    """F-66: with a quarter of all requests lost in every way there is, reads go on, and do not multiply."""
    w3 = both(pair)
    bad = (Fault.DROP, Fault.REFUSE, Fault.TRUNCATE, Fault.CORRUPT, Fault.GARBAGE, Fault.STATUS_500)
    for number, proxy in enumerate(pair):
        proxy.set(seeded(number, {None: 3.0 * len(bad), **dict.fromkeys(bad, 1.0)}))
    before = sum(proxy.requests for proxy in pair)
    assert [w3.eth.get_balance("0x" + "00" * 20) for _ in range(60)] == [0] * 60
    faults = sum(proxy.counts[fault] for proxy in pair for fault in bad)
    assert faults > 5
    # each fault costs one more attempt and one more look at the chain id; the rest is comparing
    assert sum(proxy.requests for proxy in pair) - before <= 60 + 3 * faults + 20


def test_provider__all_are_down__names_each_and_asks_ever_more_rarely(
    pair: tuple[FaultProxy, FaultProxy], short_last_hope: None
) -> None:
    """F-66: an outage is no request storm, and ends when the endpoints are back."""
    w3 = both(pair)
    for proxy, fault in zip(pair, (Fault.REFUSE, Fault.STATUS_500), strict=True):
        proxy.set(fault)
    told = _outage(w3, 2.5)
    assert "no RPC endpoint answers eth_blockNumber" in told
    assert f"{pair[0].url}: no connection" in told
    assert f"{pair[1].url}: status 500" in told
    assert all(3 <= count <= 9 for count in (pair[0].counts[Fault.REFUSE], pair[1].counts[Fault.STATUS_500]))
    for proxy in pair:
        proxy.set(None)
    assert _eventually(lambda: w3.eth.block_number >= 0)


def test_provider__only_one_is_down__backs_off_and_comes_back(module_anvil: AnvilNode, short_last_hope: None) -> None:
    """F-66: a single endpoint is retried, then spared, then used again."""
    with fault_proxy(module_anvil.url) as proxy:
        w3 = connect(proxy.url)
        proxy.set(Fault.STATUS_500)
        assert _outage(w3, 1.5) == f"the node at {proxy.url} does not answer eth_blockNumber: status 500"
        assert 4 <= proxy.counts[Fault.STATUS_500] <= 8
        proxy.set(None)
        assert _eventually(lambda: w3.eth.block_number >= 0)


def _outage(w3: Web3, seconds: float) -> str:
    """Read again and again for a while in which nothing answers; return what was said last."""
    until, told = time.monotonic() + seconds, ""
    while time.monotonic() < until:
        with pytest.raises(Unreachable) as refused:
            _ = w3.eth.block_number
        told = refused.value.message
    return told


def test_provider__asked_to_wait__leaves_that_endpoint_alone(module_anvil: AnvilNode) -> None:
    """F-66: 429 with Retry-After; the other endpoint serves meanwhile."""
    with fault_proxy(module_anvil.url, retry_after=30) as first, fault_proxy(module_anvil.url) as second:
        w3 = both((first, second))
        first.set(Fault.STATUS_429)
        for _ in range(25):
            assert w3.eth.block_number >= 0
        assert first.counts[Fault.STATUS_429] == 1


def test_provider__serving_endpoint_fails__another_serves_on_and_stays(pair: tuple[FaultProxy, FaultProxy]) -> None:
    """F-66: what is read comes from one endpoint as long as it answers, so that it fits together."""
    w3 = both(pair)
    pair[0].set(Fault.DROP)
    assert w3.eth.block_number >= 0
    pair[0].set(None)
    served = pair[1].requests
    for _ in range(10):
        w3.eth.get_balance("0x" + "00" * 20)
    assert pair[1].requests >= served + 10


def _eventually(check: Any, seconds: float = 8.0) -> bool:  # noqa: ANN401 - a function
    """Whether something comes true in time; an endpoint that does not answer is asked again."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(Unreachable):
            if check():
                return True
        time.sleep(0.02)
    return False


# -------------------------------------------------------------------------------------------------- F-63: deadlines


@pytest.mark.parametrize("fault", [Fault.BLACK_HOLE, Fault.SLOWLORIS, Fault.ENDLESS])
def test_provider__answer_never_ends__is_over_at_the_deadline(module_anvil: AnvilNode, fault: Fault) -> None:
    """F-63: the deadline is for all of an answer, not from byte to byte."""
    with fault_proxy(module_anvil.url) as proxy:
        w3 = connect(proxy.url, timeout=0.4)
        proxy.set(fault)
        started = time.monotonic()
        with pytest.raises(Overlong, match=r"it took too long|it sends more than"):
            _ = w3.eth.block_number
        assert time.monotonic() - started < 2.5


def test_provider__black_hole_among_two__costs_one_deadline(pair: tuple[FaultProxy, FaultProxy]) -> None:
    """F-63, F-66: the next read does not wait for it again."""
    w3 = both(pair, timeout=2.0)
    pair[0].set(Fault.BLACK_HOLE)
    started = time.monotonic()
    assert w3.eth.block_number >= 0
    assert 1.9 < time.monotonic() - started < 3.9
    started = time.monotonic()
    assert w3.eth.block_number >= 0
    assert time.monotonic() - started < 1.9


def test_transport__endless_answer__is_cut_at_the_limit(module_anvil: AnvilNode) -> None:
    """F-63: no answer fills the memory."""
    with fault_proxy(module_anvil.url, Fault.ENDLESS) as proxy:
        transport = Transport(proxy.url, limit=1 << 20)
        with pytest.raises(NoAnswer, match="it sends more than 1048576 bytes") as told:
            transport.post(b"{}", 30)
        assert not told.value.temporary
        transport.close()


# --------------------------------------------------------------------------------------------- F-67: disagreement


def test_provider__one_of_three_forks__is_put_aside(module_anvil: AnvilNode, quick_checks: None) -> None:
    """F-67: block hashes are compared a little below the head; the minority does not serve, whatever its place."""
    rpc(connect(module_anvil.url), "anvil_mine", 5)
    with running_anvil() as fork, ExitStack() as stack:
        rpc(connect(fork.url), "anvil_mine", 7, 3)
        proxies = [stack.enter_context(fault_proxy(url)) for url in (fork.url, module_anvil.url, module_anvil.url)]
        with capture_logs() as logs:
            w3 = connect([proxy.url for proxy in proxies], 31337)
        true_head = connect(module_anvil.url).eth.get_block("latest")
        assert w3.eth.get_block("latest")["hash"] == true_head["hash"]
        assert [line["endpoint"] for line in logs if "put aside" in line["event"]] == [proxies[0].url]
        proxies[0].retarget(module_anvil.url)
        with capture_logs() as logs:
            assert w3.eth.block_number == true_head["number"]
        assert [line["endpoint"] for line in logs if "taken back" in line["event"]] == [proxies[0].url]


def test_provider__endpoint_stands_still__is_put_aside_until_it_caught_up(anvil: AnvilNode, quick_checks: None) -> None:
    """F-67: a stale node."""
    rpc(connect(anvil.url), "anvil_mine", 4)
    with lying_node(anvil.url) as stale, fault_proxy(anvil.url) as fresh:
        w3 = connect([stale.url, fresh.url], 31337, max_lag=3)
        stale.lie = lambda method, _, result: "0x4" if method == "eth_blockNumber" else result
        rpc(connect(anvil.url), "anvil_mine", 3)
        assert w3.eth.block_number == 4
        rpc(connect(anvil.url), "anvil_mine", 1)
        with capture_logs() as logs:
            assert w3.eth.block_number == 8
        assert [(line["endpoint"], line["reason"]) for line in logs if "put aside" in line["event"]] == [
            (stale.url, "it is behind the others")
        ]
        stale.lie = lambda method, _, result: "0x7" if method == "eth_blockNumber" else result
        with capture_logs() as logs:
            assert w3.eth.block_number == 8
        assert [line["endpoint"] for line in logs if "taken back" in line["event"]] == [stale.url]


def test_provider__one_lies_about_its_chain__is_not_used(module_anvil: AnvilNode) -> None:
    """F-67: neither at first nor when it answers again, and with nothing expected it does not choose the chain."""
    with lying_node(module_anvil.url, lambda m, _, r: "0xa" if m == "eth_chainId" else r) as liar, ExitStack() as stack:
        honest = [stack.enter_context(fault_proxy(module_anvil.url)) for _ in range(2)]
        w3 = connect([liar.url, *(proxy.url for proxy in honest)])
        assert w3.eth.chain_id == 31337
        assert w3.eth.block_number >= 0
        assert set(liar.asked) <= {"eth_chainId", "eth_blockNumber"}
        with pytest.raises(WrongChain, match=f"the node at {liar.url} serves chain 10, not 31337"):
            connect([liar.url], 31337)


def test_provider__two_disagree__reads_go_on_and_nothing_is_sent_until_they_agree(
    module_anvil: AnvilNode, quick_checks: None
) -> None:
    """F-67: the money path: with two endpoints nobody can tell who is right."""
    rpc(connect(module_anvil.url), "anvil_mine", 5)
    nonce = connect(module_anvil.url).eth.get_transaction_count(module_anvil.addresses[1])
    with running_anvil() as fork, ExitStack() as stack:
        rpc(connect(fork.url), "anvil_mine", 7, 3)
        proxies = [stack.enter_context(fault_proxy(url)) for url in (module_anvil.url, fork.url)]
        with capture_logs() as logs:
            w3 = both((proxies[0], proxies[1]), max_lag=1000)
        assert [line["log_level"] for line in logs if "different blocks" in line["event"]] == ["error"]
        true_head = connect(module_anvil.url).eth.get_block("latest")
        assert w3.eth.get_block("latest")["hash"] == true_head["hash"]
        for node in (module_anvil, fork):
            with pytest.raises(EndpointsDisagree, match="nothing is sent: the RPC endpoints have different blocks"):
                w3.eth.send_raw_transaction(transfer(node, nonce))
            assert connect(node.url).eth.get_transaction_count(node.addresses[1]) == (
                nonce if node is module_anvil else 0
            )
        proxies[1].set(Fault.REFUSE)
        with pytest.raises(EndpointsDisagree):
            w3.eth.send_raw_transaction(transfer(module_anvil, nonce))
        proxies[1].retarget(module_anvil.url)
        proxies[1].set(None)
        time.sleep(0.3)
        assert _eventually(lambda: w3.eth.send_raw_transaction(transfer(module_anvil, nonce)))


# ---------------------------------------------------------------------------------------------------------- sending


def test_provider__raw_transaction__goes_to_every_endpoint_and_one_is_enough(
    module_anvil: AnvilNode, pair: tuple[FaultProxy, FaultProxy]
) -> None:
    """P-18, F-66: the same bytes are the same transaction; that one endpoint loses them does no harm."""
    w3 = both(pair)
    nonce = w3.eth.get_transaction_count(module_anvil.addresses[1])
    raw = transfer(module_anvil, nonce)
    before = [proxy.requests for proxy in pair]
    pair[0].set(Fault.STATUS_500)
    digest = w3.eth.send_raw_transaction(raw)
    assert digest == Web3.keccak(raw)
    assert _eventually(lambda: pair[0].requests > before[0])
    assert pair[1].requests > before[1]
    assert w3.eth.wait_for_transaction_receipt(digest, timeout=10)["status"] == 1
    with pytest.raises(NodeRefused, match="nonce too low"):
        w3.eth.send_raw_transaction(transfer(module_anvil, nonce))


def test_provider__transaction_is_known_already__is_no_refusal(
    module_anvil: AnvilNode, pair: tuple[FaultProxy, FaultProxy]
) -> None:
    """P-18: both ways lead to one node: whoever comes second hears that it is known."""
    w3 = both(pair)
    rpc(w3, "evm_setAutomine", False)
    try:
        raw = transfer(module_anvil, w3.eth.get_transaction_count(module_anvil.addresses[2]), 2)
        assert w3.eth.send_raw_transaction(raw) == w3.eth.send_raw_transaction(raw) == Web3.keccak(raw)
    finally:
        rpc(w3, "evm_setAutomine", True)


def test_provider__nobody_takes_the_transaction__is_unreachable_after_one_attempt_each(
    pair: tuple[FaultProxy, FaultProxy],
) -> None:
    w3 = both(pair)
    for proxy in pair:
        proxy.set(Fault.DROP)
    with pytest.raises(Unreachable, match="no RPC endpoint answers eth_sendRawTransaction"):
        w3.eth.send_raw_transaction(HexBytes("0x02"))
    assert [proxy.counts[Fault.DROP] for proxy in pair] == [1, 1]


# ------------------------------------------------------------------------------------------------------------ traces


def test_provider__any_failure__tells_no_secret_of_an_address() -> None:
    """P-21: neither in the message nor in what a traceback shows."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        urls = [f"http://user:hunter2@{HOST}:{taken.getsockname()[1]}/v3/hunter2?k=hunter2{n}" for n in range(2)]
        with pytest.raises(Unreachable) as told, capture_logs() as logs:
            connect(urls)
    shown = "".join(str(told.getrepr(style="native")).splitlines()[-1:]) + str(told.value) + str(logs)
    assert "hunter2" not in shown
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_provider__sends_while_one_endpoint_hangs__leaves_no_thread(
    module_anvil: AnvilNode, pair: tuple[FaultProxy, FaultProxy]
) -> None:
    """F-66: the threads of a broadcast end at the deadline."""
    w3 = both(pair, timeout=0.5)
    threads = _threads()
    nonce = w3.eth.get_transaction_count(module_anvil.addresses[3])
    pair[0].set(Fault.BLACK_HOLE)
    w3.eth.send_raw_transaction(transfer(module_anvil, nonce, 3))
    pair[0].set(None)
    assert _eventually(lambda: _threads() <= threads, 3.0)
    assert isinstance(w3.provider, Provider)
    w3.provider.close()


def _threads() -> int:
    """How many threads of pools there are."""
    return sum("ThreadPoolExecutor" in thread.name for thread in threading.enumerate())
