"""Views of a real chain: pinned to one block, and right again after a reorg."""

from __future__ import annotations

from typing import Any

import pytest
from web3.types import RPCEndpoint, RPCResponse

from parley.chain import follower as follower_module
from parley.chain.errors import NodeRefused, StaleDeployment, Unreachable
from parley.chain.follower import Follower
from parley.chain.follower_ranges import RangeReader
from parley.chain.model import Phase, Role
from parley.chain.reader import Reader
from parley.chain.rpc import Provider, connect
from parley.chain.view import Block, View
from parley.errors import ChainError, NotFound
from tests.chain.town import EVALUATORS, TRAINERS, Town

pytestmark = pytest.mark.integration

EMPTY = (bytes(32), 0, 0, bytes(32), bytes(32), bytes(32), bytes(32), 0, "0x" + "00" * 20, 0)


def commit(town: Town, fid: int, number: int, commitment: bytes) -> None:
    """A trainer's commitment, to nothing that could be revealed."""
    town.send(number, "coordinator", "commitUpdate", fid, 1, commitment)


def opened(town: Town) -> int:
    """A federation in its first round."""
    fid = town.populated()
    town.send(0, "coordinator", "advance", fid, EMPTY)
    return fid


def head_of(town: Town) -> Block:
    """The newest block."""
    block = town.w3.eth.get_block("latest")
    return Block(block["number"], bytes(block["hash"]), block["timestamp"])


def commitments(view: View) -> dict[str, bytes]:
    """Of the current round."""
    assert view.record is not None
    return dict(view.record.commitments)


def test_view__federation_without_rounds__tells_terms_policy_and_standing(town: Town) -> None:
    fid = town.create(reward=5)
    town.join(fid, 1, Role.TRAINER | Role.EVALUATOR)
    view = town.reader(fid, 1).view()
    assert (view.terms, view.policies) == (town.terms(), {1: town.policy(reward=5)})
    assert (view.phase, view.round.round, view.record, view.turns) == (Phase.IDLE, 0, None, ())
    assert view.me.roles == Role.TRAINER | Role.EVALUATOR
    assert (view.me.first_round, view.me.has_index) == (1, False)
    assert view.me.stake == town.policy().stake_of(view.me.roles)
    assert view.free_stake == 10**22 - view.me.stake
    assert view.free_budget == 10**23
    assert view.obstacle() == "1 trainers, 1 evaluators and 0 aggregators are in; 3, 3 and 1 are needed"


def test_view__policy_changes_between_rounds__tells_both(town: Town) -> None:
    """P-7: the round keeps the version it opened with."""
    fid = opened(town)
    reader = town.reader(fid)
    assert reader.view().policy.reward == reader.view().next_policy.reward
    town.send(0, "federations", "setPolicy", fid, town.policy(reward=7).to_abi())
    view = reader.view()
    assert (view.round.version, view.federation.version) == (1, 2)
    assert (view.policy, view.next_policy) == (town.policy(), town.policy(reward=7))


def test_view__same_block__is_read_once(town: Town) -> None:
    reader = town.reader(opened(town))
    assert reader.view() is reader.view()


def test_view__depth__is_that_far_below_the_head(town: Town) -> None:
    """P-19: what may still be lost is not acted upon."""
    fid = opened(town)
    deep = town.reader(fid, depth=2)
    town.rpc("evm_mine")
    commit(town, fid, 1, b"1" * 32)
    assert commitments(deep.view()) == {}
    town.rpc("anvil_mine", 2)
    view = deep.view()
    assert view.block.number == town.w3.eth.block_number - 2
    assert commitments(view) == {town.node.addresses[1]: b"1" * 32}
    assert view.round.committed == 1


def test_newest_roles__joined_above_the_depth__are_those_at_the_head(town: Town) -> None:
    """P-19: a worker that has just joined is told apart from one that has not."""
    fid = town.create()
    deep = town.reader(fid, 1, depth=2)
    assert deep.newest_roles() == Role(0)
    town.join(fid, 1, Role.AGGREGATOR)
    assert deep.view().me.roles == Role(0)
    assert deep.newest_roles() == Role.AGGREGATOR


def test_view__no_such_federation__says_so(town: Town) -> None:
    with pytest.raises(NotFound, match="there is no federation 99"):
        town.reader(99)


def test_view__federations_side_by_side__see_their_own_events_only(town: Town) -> None:
    first = opened(town)
    second = town.create()
    commit(town, first, 1, b"1" * 32)
    assert town.reader(second).view().records == {}
    assert list(town.reader(first).view().records) == [1]


def test_view__blocks_are_replaced__forgets_what_they_held(town: Town) -> None:
    """P-19: log cursors rewind when a block hash changed."""
    fid = opened(town)
    commit(town, fid, 1, b"1" * 32)
    reader = town.reader(fid, 1)
    before = reader.view()
    commit(town, fid, 2, b"2" * 32)
    commit(town, fid, 1, b"3" * 32)
    assert commitments(reader.view()) == {town.node.addresses[1]: b"3" * 32, town.node.addresses[2]: b"2" * 32}
    town.rpc("anvil_reorg", 2, [])
    after = reader.view()
    assert after.block.number == before.block.number + 2
    assert commitments(after) == {town.node.addresses[1]: b"1" * 32}
    assert (after.round.committed, after.me.committed) == (1, True)
    commit(town, fid, 3, b"4" * 32)
    assert commitments(reader.view()) == {town.node.addresses[1]: b"1" * 32, town.node.addresses[3]: b"4" * 32}


def test_follower__node_fails_after_blocks_were_replaced__still_tells_that_events_went(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-19: a failure between dropping events and reading on hides nothing."""
    fid = opened(town)
    commit(town, fid, 1, b"1" * 32)
    follower = Follower(town.w3, (town.contracts.coordinator,), fid, town.contracts.start_block)
    assert follower.advance(head_of(town))
    town.rpc("anvil_reorg", 1, [])

    def down(*_: object) -> list[Any]:
        raise Unreachable("down")

    with monkeypatch.context() as failing:
        failing.setattr(RangeReader, "read", down)
        with pytest.raises(Unreachable):
            follower.advance(head_of(town))
    assert follower.advance(head_of(town))
    assert not follower.advance(head_of(town))
    assert "UpdateCommitted" not in {event.name for event in follower.events}


def test_view__reorg_changes_the_policy__is_read_anew(town: Town) -> None:
    """P-19: not even what cannot change on one chain is kept across a reorg."""
    fid = opened(town)
    reader = town.reader(fid)
    reader.view()
    town.send(0, "federations", "setPolicy", fid, town.policy(reward=7).to_abi())
    assert reader.view().next_policy.reward == 7
    town.rpc("anvil_reorg", 1, [])
    town.send(0, "federations", "setPolicy", fid, town.policy(reward=8).to_abi())
    assert reader.view().next_policy.reward == 8


def test_view__reorg_while_it_is_read__is_read_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """P-19: logs and state of a view are of one chain."""
    fid = opened(town)
    reader = town.reader(fid)
    commit(town, fid, 1, b"1" * 32)
    read = Reader._read
    reorgs = [1]

    def disturbed(self: Reader, *arguments: Any) -> View:  # noqa: ANN401 - whatever it takes
        view = read(self, *arguments)
        if reorgs:
            town.rpc("anvil_reorg", reorgs.pop(), [])
        return view

    monkeypatch.setattr(Reader, "_read", disturbed)
    view = reader.view()
    assert commitments(view) == {}
    assert view.round.committed == 0
    assert view.block.hash == bytes(town.w3.eth.get_block("latest")["hash"])


def test_view__chain_never_rests__gives_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = town.reader(opened(town))
    monkeypatch.setattr(Reader, "_is_canonical", lambda *_: False)
    with pytest.raises(ChainError, match="reorganised faster than it can be read"):
        reader.view()


def test_view__chain_is_started_anew__is_a_stale_deployment(town: Town) -> None:
    reader = town.reader(town.create())
    town.w3.provider.make_request(RPCEndpoint("anvil_setCode"), [town.contracts.lens.address, "0x"])
    town.rpc("evm_mine")
    with pytest.raises(StaleDeployment, match="the contracts do not answer"):
        reader.view()


def test_follower__small_ranges__read_the_same_events(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many nodes answer for a few thousand blocks at a time."""
    fid = opened(town)
    for number in TRAINERS:
        commit(town, fid, number, bytes([number]) * 32)
    whole = town.reader(fid).view()
    monkeypatch.setattr(follower_module, "MAX_RANGE", 3)
    assert town.reader(fid).view() == whole
    assert len(commitments(whole)) == len(TRAINERS)


def test_follower__node_refuses_wide_ranges__asks_for_less(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    fid = opened(town)
    commit(town, fid, 1, b"1" * 32)
    whole = town.reader(fid).view()
    ask = Provider.make_request
    refused = []

    def limited(self: Provider, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 - JSON
        if method == "eth_getLogs":
            wide = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16)
            if wide > 5:
                refused.append(wide)
                raise NodeRefused(method, -32005, "query returned more than 10000 results")
        return ask(self, method, params)

    monkeypatch.setattr(Provider, "make_request", limited)
    w3 = connect(town.node.url)
    assert Reader(w3, town.deployment.bind(w3), fid, town.node.addresses[0]).view() == whole
    assert refused


def test_view__everybody__sees_the_same_federation_but_for_its_own_standing(town: Town) -> None:
    fid = opened(town)
    views = [town.reader(fid, number).view() for number in (*TRAINERS, *EVALUATORS)]
    assert len({view.block for view in views}) == 1
    assert all(view.federation == views[0].federation for view in views)
    assert {view.me.roles for view in views} == {Role.TRAINER, Role.EVALUATOR}
    assert sorted(view.me.seat for view in views if view.me.seated) == [0, 1, 2]
