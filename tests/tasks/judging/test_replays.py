"""Section 6: an update that is nearly a combination of the last rounds' updates is a replay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.tasks.judging import replays as module
from parley.tasks.judging.replays import new_parts, replays

pytestmark = pytest.mark.unit

P = 400
RANDOM = np.random.default_rng(0)
PAST = [RANDOM.integers(-(2**24), 2**24, P).astype(np.int32) for _ in range(12)]
FRESH = [RANDOM.integers(-(2**24), 2**24, P).astype(np.int32) for _ in range(4)]


def test_new_parts__against_least_squares__agree() -> None:
    mixed = (0.5 * PAST[0] + 0.3 * FRESH[0]).astype(np.int32)
    basis = np.array(PAST, np.float64).T
    for update in [*FRESH, mixed]:
        fitted, *_ = np.linalg.lstsq(basis, update.astype(np.float64))
        expected = np.linalg.norm(update - basis @ fitted) / np.linalg.norm(update)
        assert new_parts([update], PAST)[0] == pytest.approx(expected, abs=2e-3)


@given(st.integers(0, 11), st.sampled_from([1.0, -1.0, 0.01, 5.0]))
def test_replays__scaled_copy_of_any_past_update__is_one(which: int, factor: float) -> None:
    copy = (PAST[which] * factor).astype(np.int64).clip(-(2**31), 2**31 - 1).astype(np.int32)
    assert replays([*FRESH, copy], PAST).tolist() == [False] * 4 + [True]


def test_replays__mean_of_a_round__is_one() -> None:
    assert replays([*FRESH, np.mean(PAST[:4], axis=0).astype(np.int32)], PAST)[-1]


def test_replays__copy_under_noise_of_its_own_size__is_no_copy_but_under_a_tenth_is() -> None:
    noise = RANDOM.integers(-(2**24), 2**24, P)
    noised = [(PAST[0] + factor * noise).astype(np.int32) for factor in (0.1, 1.0)]
    assert replays([*FRESH, *noised], PAST).tolist() == [False] * 4 + [True, False]


def test_replays__nothing_went_before__are_none() -> None:
    assert not replays(FRESH, []).any()
    assert not replays(FRESH, [np.zeros(P, np.int32)]).any()
    assert new_parts(FRESH, []).tolist() == [1.0] * 4


def test_replays__zero_updates__are_none_and_do_not_move_the_median() -> None:
    zeros = [np.zeros(P, np.int32)] * 9
    assert replays([*zeros, *FRESH, PAST[0]], PAST).tolist() == [False] * 13 + [True]
    assert new_parts(zeros, PAST).tolist() == [0.0] * 9
    assert not replays(zeros, PAST).any()
    assert replays([], PAST).tolist() == []


def test_replays__same_past_update_many_times__is_no_singular_system() -> None:
    assert replays([*FRESH, PAST[0]], [PAST[0]] * 5).tolist() == [False] * 4 + [True]


def test_new_parts__vectors_longer_than_a_block__are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = new_parts(FRESH, PAST)
    monkeypatch.setattr(module, "BLOCK_PARAMS", 33)
    np.testing.assert_allclose(new_parts(FRESH, PAST), whole, atol=1e-12)


def test_new_parts__extreme_values__stay_between_0_and_1() -> None:
    extreme = [np.full(P, 2**31 - 1, np.int32), np.full(P, -(2**31), np.int32), np.ones(P, np.int32)]
    parts = new_parts([*extreme, *FRESH], [*extreme, *PAST])
    assert ((parts >= 0) & (parts <= 1)).all()
