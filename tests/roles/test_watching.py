"""Lies on a real chain, with the roles' own code: who is convicted, who is paid, and how the round goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_account import Account

from parley.chain import proofs
from parley.chain.disputed import Demand
from parley.chain.model import Phase
from parley.chain.sender import Sender
from parley.chain.view import RoundRecord, View
from parley.cli.actions.operators import operator_or_self
from parley.cli.actions.workers import Equipment, make_watcher
from parley.cli.demo.attacks.settlements import wrong_median, wrong_reward, wrong_word
from parley.errors import ChainError
from parley.numerics import descent
from parley.numerics.faults import Node, Tree
from parley.numerics.fixed_point import Quantised, encode
from parley.roles.actions import Action, Collect, CommitProof, DemandNode, Expire, Prove, Release, Supply, Wait
from parley.roles.convictions import SettlementConvicted
from parley.roles.recount import posting_of
from parley.roles.trainer import Trainer
from parley.roles.watcher import Watcher
from tests.roles.watching import (
    Lie,
    a_liar,
    a_stranger,
    acts,
    again,
    free_and_locked,
    other_rows,
    until_settle,
    watching,
)
from tests.support.anvil import AnvilNode
from tests.support.federation import Town, build

pytestmark = pytest.mark.integration


def record_of(view: View) -> RoundRecord:
    """The running round's."""
    assert view.record is not None
    return view.record


@pytest.mark.parametrize(
    ("lie", "publishes", "call", "expected"),
    [
        (wrong_median, True, "disproveMedian", [CommitProof, Prove]),
        (wrong_word, True, "disproveArithmetic", [CommitProof, Prove]),
        (wrong_word, False, "disproveArithmetic", [DemandNode, Supply, DemandNode, Supply, CommitProof, Prove]),
        (wrong_reward, True, "disproveReward", [DemandNode, Supply, CommitProof, Prove]),
    ],
    ids=["median", "word", "word-of-a-hidden-model", "reward"],
)
def test_watcher__lying_aggregator__is_convicted_and_the_next_one_settles(
    anvil: AnvilNode, tmp_path: Path, lie: Lie, publishes: bool, call: str, expected: list[type[Action]]
) -> None:
    """P-15, P-16, P-17, P-22, F-31: a lie costs the bond, half of it to the watcher; the next aggregator settles."""
    town = build(anvil, tmp_path, aggregators=2)
    watcher = watching(town, anvil)
    view, liar, honest = until_settle(town)
    culprit, bond = town.senders[liar].address, view.policy.bond
    free, locked = free_and_locked(town, culprit)
    town.workers[liar] = a_liar(town.workers[liar].worker, lie, publishes=publishes)
    town.step(liar)
    assert free_and_locked(town, culprit) == (free - bond, locked + bond)

    done = acts(town, liar, "watcher", until=Prove)
    assert [type(action) for action in done] == expected
    proven = done[-1]
    assert isinstance(proven, Prove)
    assert proven.fault.call == call
    assert free_and_locked(town, watcher.worker.address) == (bond // 2, 0)
    assert free_and_locked(town, culprit) == (free - bond, locked)
    with pytest.raises(SettlementConvicted, match=f"was disproved by {call}: the bond is lost"):
        town.step(liar)

    final = town.play_rounds(1, *honest)
    record = final.final_records()[0]
    assert record.header is not None
    assert record.header.aggregator != culprit
    assert record.header.turn == 1
    assert [(c.header.aggregator, c.prover) for c in record.convictions] == [(culprit, watcher.worker.address)]
    earned = {account.operator: account.cumulative for account in watcher.worker.books.ledger(final).values()}
    assert record.header.earned == sum(earned.values())
    assert earned.get(culprit, 0) == 0


def test_watcher__withholding_aggregator__falls_by_its_silence(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-22, F-88: roots that nobody can open are demanded; silence convicts, half of the bond is the demander's."""
    town = build(anvil, tmp_path, aggregators=2)
    watcher = watching(town, anvil)
    view, liar, honest = until_settle(town)
    town.workers[liar] = a_liar(town.workers[liar].worker, other_rows, shows=False)
    town.step(liar)
    done = acts(town, "watcher", until=DemandNode)
    assert [type(action) for action in done] == [DemandNode]
    assert record_of(town.view("watcher")).contested
    town.warp(view.policy.supply)
    done = acts(town, "watcher", until=Expire)
    assert [type(action) for action in done] == [Expire]
    key = watcher.worker.address
    assert free_and_locked(town, key) == (view.policy.bond // 2, 0)
    with pytest.raises(SettlementConvicted, match="a demand for its data was not answered in time"):
        town.step(liar)
    fee = record_of(town.view("watcher")).demands[0].fee
    done = acts(town, "watcher", until=Collect)
    assert [type(action) for action in done] == [Release, Collect]
    assert done[-1] == Collect(fee)
    assert town.contracts.disputes.functions.owedTo(key).call() == 0
    assert town.play_rounds(1, *honest).final_records()[0].convictions[0].unanswered


def test_watcher__crash_between_commitment_and_proof__goes_on(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-16, P-18, F-38: the proof is computed again, its commitment found on chain, and the reward is not lost."""
    town = build(anvil, tmp_path, aggregators=2)
    watcher = watching(town, anvil)
    view, liar, _ = until_settle(town)
    town.workers[liar] = a_liar(town.workers[liar].worker, wrong_word)
    town.step(liar)
    acts(town, "watcher", until=CommitProof)
    town.workers["watcher"] = again(watcher)
    done = acts(town, "watcher", until=Prove)
    assert [type(action) for action in done] == [Prove]
    assert free_and_locked(town, watcher.worker.address)[0] == view.policy.bond // 2


def test_watcher__honest_rounds__sends_nothing(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-28, principle 2: what is right is left alone; watching costs nothing."""
    town = build(anvil, tmp_path)
    watcher = watching(town, anvil)
    town.play_rounds(2)
    assert town.w3.eth.get_transaction_count(watcher.worker.address) == 0  # type: ignore[arg-type]


def test_watcher__only_tells__convicts_nobody(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-16: a trial run shows what it would do and sends nothing."""
    town = build(anvil, tmp_path)
    view, liar, _ = until_settle(town)
    town.workers[liar] = a_liar(town.workers[liar].worker, wrong_median)
    town.step(liar)
    watcher = Watcher(a_stranger(town, anvil), only_tells=True)
    action = watcher.decide(watcher.worker.reader.view())
    assert "would send CommitProof" in str(action)
    assert view.phase == Phase.SETTLE
    assert town.w3.eth.get_transaction_count(watcher.worker.address) == 0  # type: ignore[arg-type]


def test_watcher__update_beyond_the_clip__costs_its_trainer_stake(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-2, P-16: a clip violation is shown once; half of the slash is the watcher's, the settlement is not touched."""
    town = build(anvil, tmp_path, trainers=4)
    watcher = watching(town, anvil)
    trainer = town.workers["trainer-3"]
    assert isinstance(trainer, Trainer)
    town.workers["trainer-3"] = BeyondClip(trainer.worker, trainer.task, trainer.data, trainer.shards)
    view = town.play_until(lambda v: v.phase == Phase.REVEAL and v.round.revealed == 0)
    culprit = town.senders["trainer-3"].address
    _, locked = free_and_locked(town, culprit)
    final = town.play_rounds(1)
    record = final.final_records()[0]
    assert record.clipped == {culprit}
    assert record.convictions == ()
    assert free_and_locked(town, culprit)[1] == locked - view.policy.clip_slash
    assert free_and_locked(town, watcher.worker.address) == (view.policy.clip_slash // 2, 0)
    index = record.reveal_index_of(culprit)
    assert index is not None
    assert record.settlement is not None
    assert record.settlement.medians[4 * index : 4 * index + 4] == bytes(4)


class BeyondClip(Trainer):
    """A trainer whose update has one parameter beyond the clip."""

    def update(self, view: View) -> Quantised:
        """Train, then overdo it."""
        q = super().update(view).copy()
        q[3] = view.policy.clip + 1
        return q


def demand_all(town: Town, asker: Watcher, posted: View) -> list[Demand]:
    """Demand the root of every tree of an honest settlement, and the rows' leaf 0; return the demands."""
    record = record_of(posted)
    posting, disputes = posting_of(posted, record), town.contracts.disputes
    roots = {
        Node(Tree.ROW, 0, 0, 0): posting.header.row_root,
        Node(Tree.MODEL, 0, 0, 0): posting.header.model_root,
        Node(Tree.REWARD, 0, 0, 0): posting.header.reward_root,
        Node(Tree.UPDATE, 1, 0, 0): record.reveals[1].root,
    }
    for node, root in roots.items():
        asker.worker.sender.deliver(proofs.demand(disputes, posting, descent.Demand(node, root, ()), 10**18))
    return list(record_of(asker.worker.reader.view()).demands)


def test_supplier__after_a_restart__answers_every_demand_and_earns_the_fees(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-18, P-22: an honest aggregator that lost its memory recomputes what it posted; demands are no weapon."""
    town = build(anvil, tmp_path)
    asker = Watcher(a_stranger(town, anvil))
    _, name, _ = until_settle(town)
    town.step(name)
    demands = demand_all(town, asker, town.view(name))
    town.workers[name] = town.make(name)
    supplied = town.step(name)
    assert isinstance(supplied, Supply)
    assert len(supplied.demands) == len(demands) == 4
    answered = record_of(town.view(name)).demands
    assert all(demand.supplier == town.senders[name].address for demand in answered)
    assert not record_of(town.view(name)).contested
    final = town.play_rounds(1)
    assert final.final_records()[0].convictions == ()
    acts(town, name, until=Collect, cycles=40)
    assert all(demand.released for demand in town.view(name).records[1].demands)
    assert town.contracts.disputes.functions.owedTo(town.senders[name].address).call() == 0


def test_watcher__included_update_is_served_by_nobody__demands_it_and_judges(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-22, P-23, F-88: a small update that no store serves is demanded from whoever settled with it."""
    town = build(anvil, tmp_path)
    view, name, _ = until_settle(town)
    town.step(name)
    record = record_of(town.view(name))
    words = encode(town.workers[name].worker.library.get(record.reveals[0].root, record.reveals[0].digest))
    for path in list((tmp_path / "store").rglob("*")):
        if path.is_file() and path.read_bytes() == words:
            path.unlink()
    watcher = watching(town, anvil)
    watcher.worker.library._known.clear()  # the store that the town shares is all a stranger has
    assert "cannot" not in str(town.step("watcher"))
    town.warp(view.policy.challenge // 2)
    done = acts(town, "watcher", name, until=Supply)
    assert [type(action) for action in done] == [DemandNode, Supply]
    town.play_rounds(1, "watcher", name, "sponsor")
    assert town.view(name).final_records()[0].convictions == ()


def test_watcher__reorg_takes_the_lie_back__judges_what_stands_now(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-28: what was read of a fork convicts nobody: the settlement that stands after a reorg is judged anew."""
    town = build(anvil, tmp_path)
    watcher = watching(town, anvil)
    _, name, _ = until_settle(town)
    honest = town.workers[name]
    before = town.w3.provider.make_request("evm_snapshot", [])["result"]  # type: ignore[arg-type]
    town.workers[name] = a_liar(honest.worker, wrong_word)
    town.step(name)
    assert isinstance(town.step("watcher"), CommitProof)
    town.w3.provider.make_request("evm_revert", [before])  # type: ignore[arg-type]
    town.mine(2)
    town.workers[name] = honest
    town.step(name)
    assert isinstance(town.step("watcher"), Wait)
    town.play_rounds(1)
    assert town.view(name).final_records()[0].convictions == ()
    assert town.w3.eth.get_transaction_count(watcher.worker.address) == 0  # type: ignore[arg-type]


def test_make_watcher__key_without_ether__is_refused_unless_it_only_tells(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-22: gas money is all that a watcher needs, and it needs that."""
    town = build(anvil, tmp_path, aggregators=1)
    poor, alice = Account.create(), town.senders["trainer-0"].address
    assert operator_or_self(town.contracts, poor.address) == poor.address
    assert operator_or_self(town.contracts, alice) == alice
    sender = Sender(town.w3, poor, town.contracts.errors, tmp_path / "outbox")
    equipment = Equipment(town.w3, town.contracts, town.fid, alice, poor, sender, town.store, tmp_path)
    with pytest.raises(ChainError, match="has no ether: a watcher could not send a proof"):
        make_watcher(equipment)
    watcher = make_watcher(equipment, only_tells=True)
    assert (watcher.worker.operator, watcher.worker.address) == (alice, poor.address)


def test_models__cid_leads_nowhere__is_rebuilt_from_the_updates_and_served_on(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-23: a settlement whose model cannot be fetched by its CID stands; everybody rebuilds the model."""
    town = build(anvil, tmp_path)
    watching(town, anvil)
    _, name, _ = until_settle(town)
    town.workers[name] = a_liar(town.workers[name].worker, publishes=False)
    town.step(name)
    town.workers[name] = town.make(name)
    view = town.play_rounds(2)
    first = view.final_records()[0]
    assert first.convictions == ()
    assert first.header is not None
    root = first.header.model_root
    fresh = town.make("trainer-0").worker
    assert encode(fresh.models(town.view())[1]) == encode(fresh.library.get(root, b"\0" * 32))
