"""Section 6, P-24: harmful is 0, useless is 1, useful is paid by its share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parley.tasks.judging.marginals import Marginals
from parley.tasks.judging.verdicts import equal_scores, verdicts

pytestmark = pytest.mark.unit

N = 6
numbers = arrays(np.float64, N, elements=st.floats(-10, 10))


def of(gain: list[float], z: list[float]) -> Marginals:
    return Marginals(np.array(gain), np.array(z))


def score(left_out: Marginals, added: Marginals, replayed: list[bool] | None = None) -> list[int]:
    flags = np.zeros(len(left_out.gain), np.bool_) if replayed is None else np.array(replayed)
    return verdicts(left_out, added, flags).tolist()


@pytest.mark.parametrize(
    ("z_out", "z_in", "expected"),
    [
        (-2.01, 9.0, 0),
        (-2.0, 9.0, 1),
        (1.0, 9.0, 1),
        (9.0, 1.0, 1),
        (1.01, 1.01, 10_001),
        (9.0, -9.0, 1),
        (-np.inf, np.inf, 0),
        (np.inf, np.inf, 10_001),
        (0.0, 0.0, 1),
    ],
)
def test_verdicts__one_update__depends_on_both_measures(z_out: float, z_in: float, expected: int) -> None:
    assert score(of([0.5], [z_out]), of([0.5], [z_in])) == [expected]


def test_verdicts__useful_updates__share_by_the_smaller_gain() -> None:
    assert score(of([3.0, 9.0, 9.0], [5, 5, 0.5]), of([6.0, 1.0, 9.0], [5, 5, 5])) == [7501, 2501, 1]


def test_verdicts__replay__gets_one_at_most_and_no_share() -> None:
    measures = of([1.0, 1.0, 1.0], [5, 5, -5])
    assert score(measures, of([1.0, 1.0, 1.0], [5, 5, 5]), [True, False, True]) == [1, 10_001, 0]


@given(numbers, numbers, numbers, numbers, arrays(np.bool_, N))
def test_verdicts__anything__is_a_score_and_shares_never_exceed_the_whole(
    gain_out: np.ndarray, z_out: np.ndarray, gain_in: np.ndarray, z_in: np.ndarray, replayed: np.ndarray
) -> None:
    # A mean and its z have the same sign, and are zero together.
    left_out = Marginals(np.copysign(np.abs(gain_out) + 0.1, z_out), z_out)
    added = Marginals(np.copysign(np.abs(gain_in) + 0.1, z_in), z_in)
    scores = verdicts(left_out, added, replayed)
    useful = (z_out > 1) & (z_in > 1) & ~replayed
    merits = np.maximum(scores - 1, 0)
    assert ((scores == 0) == (z_out < -2)).all()
    assert merits[~useful].sum() == 0
    assert not useful.any() or 10_000 - N < merits.sum() <= 10_000


def test_equal_scores__no_shard__pay_every_update_that_moves_alike() -> None:
    assert equal_scores(np.array([True, False, True])).tolist() == [2, 1, 2]
