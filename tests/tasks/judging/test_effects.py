"""What one update does, sample by sample: the numbers that its score was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from parley.numerics.fixed_point import dequantise
from parley.tasks.dataset import Dataset
from parley.tasks.judging import Judgement, judge
from parley.tasks.judging.effects import Effect, effect_of
from parley.tasks.judging.halves import half
from parley.tasks.judging.judge import prepare
from parley.tasks.judging.verdicts import HARMFUL_Z, USEFUL_Z
from tests.tasks.fakes import SCALE, Nearest, q, targets

pytestmark = pytest.mark.unit

SHARD = targets(60, [4.0, 0.0, 0.0], 0.5)
LABELLED = Dataset(SHARD.X, np.arange(60) % 2, SHARD.schema)
MIXED = [q(1, 0, 0), q(1, 0.5, 0), q(-1, 0, 0)]
"""Good, useless, harmful."""


def round_of(updates: Sequence[np.ndarray | None], salt: bytes = bytes(32)) -> Judgement:
    return Judgement(np.zeros(3, np.int32), updates, (), SCALE, 16, salt)


def effect(index: int, updates: Sequence[np.ndarray | None] = MIXED, task: Nearest | None = None) -> Effect:
    return effect_of(task or Nearest(), LABELLED, round_of(updates), index)


@pytest.mark.parametrize("salt", [bytes(32), b"\x07" * 32], ids=["one", "another"])
def test_effect__measures__lead_to_the_score_that_the_judge_gives(salt: bytes) -> None:
    given = round_of(MIXED, salt)
    scores = judge(Nearest(), LABELLED, given).scores
    for index, score in enumerate(scores):
        found = effect_of(Nearest(), LABELLED, given, index)
        assert (found.left_out.z < HARMFUL_Z) == (score == 0)
        assert (min(found.left_out.z, found.added.z) > USEFUL_Z) == (score > 1)


def test_effect__losses__are_those_of_the_two_means() -> None:
    """Leave-one-out, by hand."""
    found, given = effect(2), round_of(MIXED)
    scaled = dequantise(prepare(given).scaled, 16)
    data = LABELLED.take(half(60, bytes(32)))
    task = Nearest()
    assert np.allclose(found.with_it, task.losses(scaled.mean(axis=0), data))
    assert np.allclose(found.without, task.losses(scaled[:2].mean(axis=0), data))
    assert found.left_out.gain == pytest.approx(float((found.without - found.with_it).mean()))
    assert found.added.gain == pytest.approx(
        float((task.losses(np.zeros(3), data) - task.losses(scaled[2] / 3, data)).mean())
    )


def test_worst__samples__by_number_class_and_rise() -> None:
    found = effect(2)
    worst = found.worst(3)
    assert len(worst) == 3
    rises = [sample.with_it - sample.without for sample in worst]
    assert rises == sorted(rises, reverse=True)
    assert rises[0] == pytest.approx(float((found.with_it - found.without).max()))
    numbers = half(60, bytes(32)).tolist()
    for sample in worst:
        assert sample.number in numbers
        assert sample.label == sample.number % 2


def test_worst__good_update__names_only_what_it_harmed() -> None:
    found = effect(0)
    assert len(found.worst(1000)) == found.harmed < len(found.samples)
    assert found.worst(0) == []


def test_effect__unfit_neighbours__are_not_counted() -> None:
    """What an evaluator could not use had no part in its judgement."""
    with_gap = [MIXED[0], None, MIXED[2]]
    found = effect(2, with_gap)
    together = effect(1, [MIXED[0], MIXED[2]])
    assert np.array_equal(found.with_it, together.with_it)
    assert found.left_out == together.left_out
    with pytest.raises(ValueError, match="not in"):
        effect(1, with_gap)


def test_effect__losses_are_no_numbers__is_unsound() -> None:
    absurd = [*MIXED[:2], q(30_000, 0, 0)]
    task = Nearest(limit=0.3)
    given = replace(round_of(absurd), last_norm=SCALE * 10)
    found = effect_of(task, LABELLED, given, 2)
    assert not found.sound
    assert judge(task, LABELLED, given).scores[2] == 0


def test_effect__unsound_neighbour__is_judged_without_it() -> None:
    """As `score_updates`: an update that blinds every comparison takes part in none."""
    task = Nearest(limit=1.0)
    updates = [q(0.5, 0, 0), q(0.5, 0.1, 0), q(0.5, -0.1, 0), q(300, 0, 0)]
    given = replace(round_of(updates), last_norm=SCALE * 300)
    assert not effect_of(task, LABELLED, given, 3).sound
    found = effect_of(task, LABELLED, given, 1)
    alone = effect_of(task, LABELLED, replace(given, updates=updates[:3]), 1)
    assert found.sound
    assert np.array_equal(found.with_it, alone.with_it)
    assert (found.left_out, found.added) == (alone.left_out, alone.added)


def test_effect__copy_of_the_past__is_a_replay() -> None:
    past = [q(1, 0, 0)]
    given = replace(round_of([q(1, 0, 0), q(0.2, 1, 0), q(0.2, 0, 1)]), past=past)
    assert effect_of(Nearest(), LABELLED, given, 0).replayed
    assert not effect_of(Nearest(), LABELLED, given, 1).replayed
