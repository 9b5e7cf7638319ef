"""Whole rounds on a real chain, with the roles' own code: what goes right, and what silence and restarts do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parley.chain.model import Phase
from parley.numerics import word_tree
from parley.numerics.fixed_point import dequantise
from parley.numerics.rewards import RewardTree
from parley.roles.actions import RevealScores, RevealUpdate
from parley.roles.drafts import DIGEST_BYTES
from parley.tasks.builtin import builtin
from tests.support.anvil import AnvilNode
from tests.support.federation import FUNDED, Town, build, default_policy

pytestmark = pytest.mark.integration


def test_rounds__all_play__model_improves_and_everybody_is_paid(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-6, P-8, P-11, P-12, P-24: two rounds end final, the model gets better, claims pay what the books say."""
    town = build(anvil, tmp_path)
    view = town.play_rounds(2)
    task = builtin("breast-cancer").task()
    library = town.workers["sponsor"].worker.library
    first = library.get(view.terms.model_root, view.terms.model_digest)
    last = library.get(view.federation.model_root, view.model_digest())
    losses = [float(np.mean(task.losses(dequantise(q, 24), town.splits.test))) for q in (first, last)]
    assert losses[1] < losses[0]
    assert set(view.keys) >= {1, 2}

    books = town.workers["sponsor"].worker.books
    ledger = books.ledger(view)
    tree = RewardTree(ledger, view.terms.reward_depth)
    token, vault = town.contracts.token, town.contracts.reward_vault
    assert token is not None
    for index, account in ledger.items():
        if account.cumulative == 0:
            continue
        before = token.functions.balanceOf(account.operator).call()
        call = vault.functions.claim(town.fid, index, account.operator, account.cumulative, tree.proof(index))
        town.senders["sponsor"].send(call)
        assert token.functions.balanceOf(account.operator).call() - before == account.cumulative
    _, _, free, reserved, owed = vault.functions.booksOf(town.fid).call()
    assert owed == 0
    assert free + reserved == FUNDED - sum(account.cumulative for account in ledger.values())
    assert token.functions.balanceOf(vault.address).call() == free + reserved


def test_rounds__one_trainer_silent__round_ends_without_it(anvil: AnvilNode, tmp_path: Path) -> None:
    """Principle 3: a dropout delays the phase to its deadline and bricks nothing."""
    town = build(anvil, tmp_path, trainers=4)
    others = [name for name in town.workers if name != "trainer-3"]
    view = town.play_rounds(1, *others)
    assert [len(record.reveals) for record in view.final_records()] == [3]


def test_rounds__too_few_trainers__round_is_void_and_the_next_opens(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-10: too few commits void the round; the reward returns and the next round opens in the same poke."""
    town = build(anvil, tmp_path)
    silent = [name for name in town.workers if name != "trainer-0"]
    view = town.play_until(lambda v: v.round.round == 2, *silent)
    assert view.records[1].void
    assert view.federation.model_root == view.terms.model_root
    assert view.free_budget == FUNDED - view.policy.reward
    assert town.play_rounds(1).final_records()[0].number == 2


def test_rounds__sponsor_silent__equal_split_among_those_who_moved(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-24: no key in time: every fit, non-zero update scores 2; silence does not save the sponsor its money."""
    town = build(anvil, tmp_path)
    town.step("sponsor")
    others = [name for name in town.workers if name != "sponsor"]
    view = town.play_rounds(1, *others)
    record = view.final_records()[0]
    assert record.header is not None
    earned = {a.operator: a.cumulative for a in town.workers["sponsor"].worker.books.ledger(view).values()}
    trainers = [earned[reveal.operator] for reveal in record.reveals]
    assert set(trainers) == {view.policy.trainer_pool // 3}


def test_rounds__aggregator_whose_turn_it_is_silent__the_next_turn_settles(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-27: a silent aggregator loses its turn, not the round."""
    town = build(anvil, tmp_path, aggregators=2)
    everybody = [name for name in town.workers if not name.startswith("aggregator")]
    view = town.play_until(lambda v: v.phase == Phase.SETTLE, *everybody)
    aggregators = ("aggregator-0", "aggregator-1")
    due = next(n for n in aggregators if town.view(n).me.aggregator_position == view.turns[0])
    other = next(n for n in aggregators if n != due)
    final = town.play_rounds(1, *everybody, other)
    header = final.final_records()[0].header
    assert header is not None
    assert header.aggregator == town.senders[other].address
    assert header.turn == 1


def test_rounds__drafts_lost_before_the_reveals__workers_recompute_and_reveal(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-14: a worker that lost its disk can still reveal: salts are derived, training and judging are repeated."""
    town = build(anvil, tmp_path)
    town.play_until(lambda v: v.phase == Phase.REVEAL)
    for draft in (tmp_path / "drafts").rglob("*.draft"):
        draft.unlink()
    town.workers["trainer-0"] = town.make("trainer-0")
    assert town.step("trainer-0") == RevealUpdate(1)
    town.play_until(lambda v: v.phase == Phase.SCORE_REVEAL)
    for draft in (tmp_path / "drafts").rglob("*.draft"):
        draft.unlink()
    town.workers["evaluator-0"] = town.make("evaluator-0")
    assert town.step("evaluator-0") == RevealScores(1)


def test_rounds__unavailable_update__is_left_out_and_nobody_is_harmed(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-23: what evaluators cannot fetch is scored (0, 0) and left out; the round goes on."""
    town = build(anvil, tmp_path, trainers=4)
    view = town.play_until(lambda v: v.round.revealed == 4)
    assert view.record is not None
    victim = view.record.reveals[1]
    words = _content(town, victim.root)
    for path in list((tmp_path / "store").rglob("*")):
        if path.is_file() and path.read_bytes() == words:
            path.unlink()
    for name in ("evaluator-0", "evaluator-1", "evaluator-2"):
        town.workers[name] = town.make(name)
    final = town.play_rounds(1)
    header = final.final_records()[0]
    assert header.settlement is not None
    assert header.settlement.medians[4:8] == bytes(4)


def _content(town: Town, root: bytes) -> bytes:
    """The words of the update with this root, from the drafts of whoever trained it."""
    drafts = [path.read_bytes()[DIGEST_BYTES:] for path in (town.folder / "drafts").rglob("update-*.draft")]
    return next(data for data in drafts if word_tree.root(data) == root)


def test_rounds__policy_changed_mid_round__applies_to_the_next_round_only(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-7: each round uses the version it opened with."""
    town = build(anvil, tmp_path)
    view = town.play_until(lambda v: v.phase == Phase.REVEAL)
    changed = replace(default_policy(), reward=view.policy.reward // 2)
    town.senders["sponsor"].send(town.contracts.federations.functions.setPolicy(town.fid, changed.to_abi()))
    final = town.play_rounds(1)
    assert final.records[1].version == 1
    assert final.records[2].version == 2
    header = final.records[1].header
    assert header is not None
    assert header.earned > changed.reward


def test_rounds__public_validation__has_no_key_phase(anvil: AnvilNode, tmp_path: Path) -> None:
    """P-24: anchor 0 is a public validation set; nobody opens anything."""
    town = build(anvil, tmp_path, sealed=False)
    view = town.play_rounds(1)
    assert view.keys == {}
