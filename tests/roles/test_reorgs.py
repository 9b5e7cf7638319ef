"""Roles on a chain that takes blocks back: what was sent goes out again, under the same nonce (P-19, P-28)."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.chain.model import Phase
from parley.roles.actions import CommitScores, CommitUpdate, OpenValidation, RevealUpdate
from tests.support.anvil import AnvilNode
from tests.support.federation import Town, build

pytestmark = pytest.mark.integration

TRAINERS = ("trainer-0", "trainer-1", "trainer-2")
EVALUATORS = ("evaluator-0", "evaluator-1", "evaluator-2")


def height(town: Town) -> int:
    return int(town.w3.eth.block_number)


def taken_back(town: Town, to: int) -> None:
    """Take back all blocks above a height, with what was in them; empty ones take their place."""
    town.w3.provider.make_request("anvil_reorg", [height(town) - to, []])  # type: ignore[arg-type]


def nonce(town: Town, name: str) -> int:
    """Transactions of somebody that are on the chain now."""
    return int(town.w3.eth.get_transaction_count(town.workers[name].worker.operator))  # type: ignore[arg-type]


def play_to(town: Town, phase: Phase, *names: str) -> None:
    town.play_until(lambda view: view.phase == phase, *names)


def test_reorg__takes_commits_reveals_and_scores_back__all_are_done_again_once(
    anvil: AnvilNode, tmp_path: Path
) -> None:
    """F-68: one block, and then many, beyond what was taken for confirmed; the round goes on and everybody is paid."""
    town = build(anvil, tmp_path)
    play_to(town, Phase.TRAIN, "sponsor")
    town.mine(3)  # the first commitment captures the seed, before the reorg and after: it takes as much gas

    before, at = nonce(town, "trainer-0"), height(town)
    assert town.step("trainer-0") == CommitUpdate(1)
    taken_back(town, at)
    assert nonce(town, "trainer-0") == before
    assert town.step("trainer-0") == CommitUpdate(1)
    assert nonce(town, "trainer-0") == before + 1
    play_to(town, Phase.REVEAL, *TRAINERS)

    at = height(town)
    assert [town.step(name) for name in TRAINERS] == [RevealUpdate(1)] * 3
    assert town.step("sponsor") == OpenValidation(1)
    assert town.step("evaluator-0") == CommitScores(1)
    first = town.view().records[1]
    taken_back(town, at)
    assert town.view().records[1].reveals == ()

    assert [town.step(name) for name in reversed(TRAINERS)] == [RevealUpdate(1)] * 3
    assert town.step("sponsor") == OpenValidation(1)
    assert town.step("evaluator-0") == CommitScores(1)
    second = town.view().records[1]
    assert [reveal.operator for reveal in second.reveals] == [reveal.operator for reveal in first.reveals][::-1]
    operator = town.workers["evaluator-0"].worker.operator
    assert second.score_commitments[operator] != first.score_commitments[operator]

    record = town.play_rounds(1).final_records()[0]
    assert len(record.vectors) == 3
    assert set(record.commitments) == {town.workers[name].worker.operator for name in TRAINERS}
