"""Section 6, P-24, P-25: a whole judgement, honest and hostile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parley.numerics.scoring import ScoreVector, norm_bound, norm_sq, scale_for
from parley.tasks.dataset import Dataset
from parley.tasks.judging import Judgement, judge, judge_panel
from tests.tasks.fakes import SCALE, Nearest, q, targets

pytestmark = pytest.mark.unit

SHARD = targets(60, [4.0, 0.0, 0.0], 0.5)
GOOD = [q(1, 0.1, 0), q(1, -0.1, 0), q(1, 0, 0.1)]
LAST_NORM = SCALE
TASK = Nearest()


def given_of(
    updates: Sequence[np.ndarray | None],
    past: Sequence[np.ndarray] = (),
    salt: bytes = bytes(32),
    norm: int = LAST_NORM,
) -> Judgement:
    return Judgement(np.zeros(3, np.int32), updates, past, norm, 16, salt)


def scores(
    updates: Sequence[np.ndarray | None],
    shard: Dataset | None = SHARD,
    past: Sequence[np.ndarray] = (),
    task: Nearest = TASK,
) -> list[int]:
    return list(judge(task, shard, given_of(updates, past)).scores)


def test_judge__good_useless_and_harmful__are_told_apart() -> None:
    found = scores([q(1, 0, 0), q(1, 0.5, 0), q(-1, 0, 0)])
    assert found[0] > found[1] >= 1
    assert found[2] == 0
    assert scores([GOOD[0]]) == [10_001]


def test_judge__alike_updates__are_paid_nearly_alike() -> None:
    # With spread around the target on all sides, each update moves the mean by what the others do not have.
    shard = targets(60, [0.5, 0.5, 0.5], 0.3)
    found = scores([q(1, 0, 0), q(0, 1, 0), q(0, 0, 1)], shard)
    assert sum(found) - 3 in range(9_997, 10_001)
    assert min(found) > 2000


def test_judge__two_opposed_updates__do_not_make_each_other_indispensable() -> None:
    away = q(0, 4, 0)
    found = scores([q(1, 0, 0), q(1, 0, 0.1), q(1, 0.1, 0), away, -away])
    assert found[3] <= 1
    assert found[4] <= 1


def test_judge__norm_and_scales__are_those_of_p25() -> None:
    updates = [*GOOD, q(100, 0, 0), q(0, 0, 0)]
    vector = judge(TASK, SHARD, given_of(updates))
    squares = [norm_sq(update) for update in updates]
    bound = norm_bound(squares, LAST_NORM)
    assert vector.norm == bound
    assert vector.scales == tuple(scale_for(square, bound) for square in squares)
    assert vector.scales[3] == pytest.approx(65536 / 100, rel=0.01)
    assert vector.scales[4] == 65536


def test_judge__honest_update_scaled_up__is_judged_at_its_due_norm() -> None:
    assert scores([*GOOD[:2], GOOD[2] * 50]) == pytest.approx(scores(GOOD), abs=100)


def test_judge__unfit_update__is_zero_and_changes_nothing_else() -> None:
    with_gap = judge(TASK, SHARD, given_of([GOOD[0], None, *GOOD[1:]]))
    without = judge(TASK, SHARD, given_of(GOOD))
    assert (with_gap.scores[1], with_gap.scales[1]) == (0, 0)
    assert with_gap.scores[:1] + with_gap.scores[2:] == without.scores
    assert with_gap.norm == without.norm


@pytest.mark.parametrize("updates", [[], [None, None]])
def test_judge__nothing_fit__is_the_last_norm_and_zeros(updates: list[None]) -> None:
    vector = judge(TASK, SHARD, given_of(updates))
    assert vector == ScoreVector(LAST_NORM, (0,) * len(updates), (0,) * len(updates))


@pytest.mark.parametrize("shard", [SHARD, None])
def test_judge__all_zero__is_harmless_and_earns_nothing(shard: Dataset | None) -> None:
    vector = judge(TASK, shard, given_of([np.zeros(3, np.int32)] * 4))
    assert vector.scores == (1,) * 4
    assert vector.norm == LAST_NORM


@pytest.mark.parametrize("shard", [None, targets(1, [4.0, 0, 0], 0.5), targets(3, [4.0, 0, 0], 0.5)])
def test_judge__no_shard_or_too_small_a_one__is_an_equal_split(shard: Dataset | None) -> None:
    vector = judge(TASK, shard, given_of([GOOD[0], q(0, 0, 0), None, q(-9, 0, 0)]))
    assert vector.scores == (2, 1, 0, 2)
    assert vector.scales == judge(TASK, SHARD, given_of([GOOD[0], q(0, 0, 0), None, q(-9, 0, 0)])).scales


def test_judge__replay__earns_nothing() -> None:
    # Seen afresh, the third update is worth something; as a copy of the last round it is not.
    updates = [q(1, 0.5, 0.5), q(1, -0.5, 0.5), q(1, 0, -1)]
    shard = targets(60, [1.0, 0.0, 0.0], 0.3)
    assert scores(updates, shard)[2] > 1
    assert scores(updates, shard, past=[updates[2]])[2] == 1


@pytest.mark.parametrize("gives_up", [False, True])
def test_judge__update_that_breaks_the_forward_pass__is_zero_and_others_judged_without_it(gives_up: bool) -> None:
    task = Nearest(limit=0.2, gives_up=gives_up)
    shard = targets(60, [0.05, 0.05, 0.05], 0.03)
    good = [q(0.1, 0, 0), q(0, 0.1, 0), q(0, 0, 0.1)]
    hostile = q(2, 0, 0)
    wide = given_of([*good, hostile], norm=4 * SCALE)
    narrow = given_of(good, norm=4 * SCALE)
    found = judge(task, shard, wide)
    assert found.scores == (*judge(task, shard, narrow).scores, 0)
    assert max(found.scores) > 1


def test_judge__all_updates_break_the_forward_pass__are_all_zero() -> None:
    assert scores([q(9, 0, 0), q(0, 9, 0)], task=Nearest(limit=0.1)) == [0, 0]


def test_judge__base_model_is_broken_already__still_gives_scores() -> None:
    broken = Judgement(q(50, 0, 0), GOOD, (), LAST_NORM, 16, bytes(32))
    assert judge(Nearest(limit=5), SHARD, broken).scores == (1, 1, 1)


def test_judge__same_salt__gives_the_same_bytes_and_another_half_others() -> None:
    vectors = [judge(TASK, SHARD, given_of(GOOD, salt=bytes([salt]) * 32)).encode() for salt in (1, 1, 2)]
    assert vectors[0] == vectors[1] != vectors[2]


@given(
    updates=st.lists(st.one_of(st.none(), arrays(np.int32, 3)), max_size=6),
    samples=st.integers(1, 12),
    past=st.lists(arrays(np.int32, 3), max_size=3),
    norm=st.integers(0, 2**40),
)
def test_judge__any_updates_at_all__give_a_vector_that_encodes(
    updates: list[np.ndarray | None], samples: int, past: list[np.ndarray], norm: int
) -> None:
    vector = judge(TASK, targets(samples, [1.0, 0, 0], 0.5), given_of(updates, past, norm=norm))
    assert len(vector.encode()) == 8 + 4 * len(updates)
    entries = zip(updates, vector.scores, vector.scales, strict=True)
    assert all((score, scale) == (0, 0) if update is None else scale > 0 for update, score, scale in entries)
    assert sum(max(score - 1, 0) for score in vector.scores) <= 10_000


@pytest.mark.parametrize(
    "updates",
    [GOOD, [q(1, 0, 0), None, q(-1, 0, 0), q(0, 0, 0)], [q(1, 0, 0), q(100, 0, 0), q(1, 0.5, 0)], [None, None], []],
    ids=["good", "mixed", "one blinds the others", "none fit", "none"],
)
@pytest.mark.parametrize("shard", [SHARD, None, targets(3, [1.0, 0.0, 0.0], 0.1)], ids=["a shard", "none", "tiny"])
def test_judge_panel__any_round__is_what_each_evaluator_finds_by_itself(
    updates: list[np.ndarray | None], shard: Dataset | None
) -> None:
    """Section 6: scores can be run again by anybody after the reveal, here of a whole panel at once."""
    salts = [bytes([number]) * 32 for number in range(4)]
    task, past = Nearest(limit=50), [q(1, 0, 0)]
    alone = tuple(judge(task, shard, given_of(updates, past, salt)) for salt in salts)
    assert judge_panel(task, shard, given_of(updates, past), salts) == alone


def test_judge_panel__many_evaluators__takes_each_loss_once() -> None:
    class Counting(Nearest):
        asked = 0

        def losses(self, vector: np.ndarray, data: Dataset) -> np.ndarray:
            self.asked += 1
            return super().losses(vector, data)

    task, alone = Counting(), Counting()
    judge_panel(task, SHARD, given_of(GOOD), [bytes([number]) * 32 for number in range(9)])
    judge(alone, SHARD, given_of(GOOD))
    assert task.asked == alone.asked
