"""F-69: events are hints, state is truth: what a node's logs leave out is noticed and read again, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parley.chain import follower as follower_module
from parley.chain.errors import IncompleteLogs
from parley.chain.follower import Follower
from parley.chain.reader import Reader, Tag
from parley.chain.rpc import connect
from parley.chain.view import Block, View
from tests.chain.lying_node import Lie, lying_node
from tests.chain.test_reader import commit, commitments, opened
from tests.chain.town import TRAINERS, Town
from tests.faults.kinds import Fault
from tests.faults.proxy import fault_proxy
from tests.faults.schedule import seeded

pytestmark = pytest.mark.integration


def reader_over(town: Town, fid: int, *urls: str, depth: int = 0, tag: Tag = "latest") -> Reader:
    """A reader of its own connection."""
    w3 = connect(urls, town.node.chain_id)
    return Reader(w3, town.deployment.bind(w3), fid, town.node.addresses[0], depth, tag)


def on_logs(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Lie:
    """A lie about logs only."""
    return lambda method, _, result: change(result) if method == "eth_getLogs" else result


@pytest.fixture(scope="module")
def fid(shared_town: Town) -> int:
    """A round in which all trainers have committed, for all tests of this module."""
    number = opened(shared_town)
    for trainer in TRAINERS:
        commit(shared_town, number, trainer, bytes([trainer]) * 32)
    return number


@pytest.fixture
def truth(shared_town: Town, fid: int) -> View:
    """How it looks to somebody who is not lied to."""
    return shared_town.reader(fid).view()


def test_view__node_has_not_indexed_the_newest_logs__reads_them_again(shared_town: Town, fid: int, truth: View) -> None:
    """F-69: the count of commitments in the state tells that one is missing."""
    shown = iter((1, 2))
    with lying_node(shared_town.node.url, on_logs(lambda logs: logs[: -next(shown, 0) or None])) as node:
        assert reader_over(shared_town, fid, node.url).view() == truth
        assert node.asked["eth_getLogs"] == 3


def test_view__node_leaves_out_a_log_for_good__says_so_and_asks_no_more_than_needed(
    shared_town: Town, fid: int, truth: View
) -> None:
    """F-69: nobody acts on a view that contradicts itself."""
    with lying_node(shared_town.node.url, on_logs(lambda logs: logs[:-1])) as node:
        reader = reader_over(shared_town, fid, node.url)
        with pytest.raises(IncompleteLogs, match="updates committed: 2 by events, 3 by state"):
            reader.view()
        asked = node.asked["eth_getLogs"]
        for _ in range(4):
            with pytest.raises(IncompleteLogs):
                reader.view()
        assert node.asked["eth_getLogs"] - asked <= 4
        node.lie = on_logs(lambda logs: logs)
        assert reader.view() == truth


@pytest.mark.parametrize(
    "change",
    [
        lambda logs: logs[:-1],
        lambda _: [],
        lambda logs: [{**log, "blockNumber": "0x1"} for log in logs],
        lambda logs: [{**log, "data": "0x1234"} for log in logs],
    ],
    ids=["one is missing", "all are missing", "of other blocks", "undecodable"],
)
def test_view__one_of_two_endpoints_lies_about_logs__is_read_from_the_other(
    shared_town: Town, fid: int, truth: View, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    """F-69: the liar is put aside."""
    with lying_node(shared_town.node.url, on_logs(change)) as liar:
        reader = reader_over(shared_town, fid, liar.url, shared_town.node.url)
        assert reader.view() == truth
        asked = liar.asked["eth_call"]
        shared_town.rpc("evm_mine")
        assert commitments(reader.view()) == commitments(truth)
        assert liar.asked["eth_call"] == asked


def test_view__answers_are_cut_and_corrupted_on_the_way__is_whole_all_the_same(
    shared_town: Town, fid: int, truth: View
) -> None:
    """F-69: what breaks off is asked again, never taken for all there is."""
    weights: dict[Fault | None, float] = {None: 12, Fault.TRUNCATE: 1, Fault.CORRUPT: 1}
    with fault_proxy(shared_town.node.url) as proxy:
        reader = reader_over(shared_town, fid, proxy.url)
        proxy.set(seeded(69, weights))
        assert reader.view() == truth
        assert proxy.counts[Fault.TRUNCATE] + proxy.counts[Fault.CORRUPT] > 0


def test_view__tag__is_the_lower_of_it_and_the_depth(shared_town: Town, fid: int) -> None:
    """F-67: state is read at a tag that the settings choose (P-19)."""
    shared_town.rpc("anvil_mine", 8)
    safe = shared_town.w3.eth.get_block("safe")["number"]
    final = shared_town.w3.eth.get_block("finalized")["number"]
    head = shared_town.w3.eth.block_number
    assert final < safe <= head
    assert reader_over(shared_town, fid, shared_town.node.url, tag="finalized").view().block.number == final
    assert reader_over(shared_town, fid, shared_town.node.url, tag="finalized", depth=1).view().block.number == final
    assert reader_over(shared_town, fid, shared_town.node.url, tag="safe", depth=7).view().block.number == head - 7


def test_follower__log_appears_late__is_found_by_the_overlap(
    shared_town: Town, fid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-69: the last blocks are read once more, so that a log without a count in the state is not lost either."""
    monkeypatch.setattr(follower_module, "_MAX_TIMES", 2)
    truth = Follower(shared_town.w3, (shared_town.contracts.coordinator,), fid, shared_town.contracts.start_block)
    truth.advance(_block(shared_town))
    last = truth.events[-1].block
    with lying_node(shared_town.node.url, on_logs(lambda logs: logs[:-1])) as node:
        w3 = connect(node.url)
        coordinator = shared_town.deployment.bind(w3).coordinator
        follower = Follower(w3, (coordinator,), fid, shared_town.contracts.start_block)
        assert follower.advance(_block(shared_town, last))
        assert follower.events == truth.events[:-1]
        node.lie = on_logs(lambda logs: logs)
        assert follower.advance(_block(shared_town, last + 1))
        assert follower.events == truth.events
        assert not follower.advance(_block(shared_town))
        assert follower.reorgs == 0
        assert len(follower._times) <= 2


def _block(town: Town, number: int | None = None) -> Block:
    block = town.w3.eth.get_block("latest" if number is None else number)
    return Block(block["number"], bytes(block["hash"]), block["timestamp"])
