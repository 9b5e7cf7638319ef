"""Section 6: leave-one-out and add-one-in, against formulas on a task whose losses are squared distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parley.tasks.errors import TaskCodeError
from parley.tasks.judging.marginals import LOSS_CAP, add_one_in, leave_one_out, losses_on, marginals
from tests.tasks.fakes import SCALE, Nearest, q, targets

pytestmark = pytest.mark.unit

LOOK = np.array([0.5, 0.0, -0.5])
DATA = targets(20, [2.0, 0.0, -1.0], 1.0)
UPDATES = np.array([q(1.5, 0, -0.5), q(1, 1, 1), q(0, 0, 0), q(-3, 0, 2)])


def loss(model: np.ndarray) -> np.ndarray:
    return ((DATA.X.astype(np.float64) - model) ** 2).sum(axis=1)


def loss_at() -> object:
    return losses_on(Nearest(), DATA, LOOK)


def test_leave_one_out__each_update__is_loss_without_it_less_loss_with_all() -> None:
    x = UPDATES / SCALE
    found = leave_one_out(loss_at(), LOOK, UPDATES, 16)  # type: ignore[arg-type]
    for i in range(4):
        expected = loss(LOOK + np.delete(x, i, axis=0).mean(axis=0)) - loss(LOOK + x.mean(axis=0))
        np.testing.assert_allclose(found[i], expected, atol=1e-9)


def test_leave_one_out__alone__is_compared_with_the_look_ahead_point() -> None:
    found = leave_one_out(loss_at(), LOOK, UPDATES[:1], 16)  # type: ignore[arg-type]
    np.testing.assert_allclose(found[0], loss(LOOK) - loss(LOOK + UPDATES[0] / SCALE), atol=1e-9)


def test_add_one_in__each_update__is_loss_without_any_less_loss_with_its_share() -> None:
    found, sound = add_one_in(loss_at(), LOOK, UPDATES, 16)  # type: ignore[arg-type]
    for i in range(4):
        np.testing.assert_allclose(found[i], loss(LOOK) - loss(LOOK + UPDATES[i] / SCALE / 4), atol=1e-9)
    assert sound.all()


def test_leave_one_out__updates_that_cancel__do_not_overflow() -> None:
    extreme = np.array([[2**31 - 1] * 3, [-(2**31)] * 3, [2**31 - 1] * 3], np.int32)
    assert np.isfinite(leave_one_out(loss_at(), LOOK, extreme, 0)).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("gives_up", [False, True])
def test_add_one_in__model_beyond_all_numbers__is_not_sound_and_capped(gives_up: bool) -> None:
    task = Nearest(limit=5, gives_up=gives_up)
    updates = np.array([q(1, 0, 0), q(100, 0, 0)])
    found, sound = add_one_in(losses_on(task, DATA, LOOK), LOOK, updates, 16)
    assert sound.tolist() == [True, False]
    np.testing.assert_allclose(found[1], loss(LOOK) - LOSS_CAP)


def test_losses_on__task_with_one_loss_for_all_samples__is_an_error_of_the_task() -> None:
    class Mean(Nearest):
        """Gives the mean loss."""

        def losses(self, vector: object, data: object) -> np.ndarray:
            return np.zeros(1)

    with pytest.raises(TaskCodeError, match=r"shape \(20,\), not \(1,\)"):
        losses_on(Mean(), DATA, LOOK)


def test_losses_on__task_that_fails_on_the_look_ahead_point__is_an_error() -> None:
    with pytest.raises(FloatingPointError):
        losses_on(Nearest(limit=0.1, gives_up=True), DATA, LOOK)


@given(arrays(np.float64, (3, 7), elements=st.floats(-100, 100)))
def test_marginals__any_differences__are_mean_and_mean_over_standard_error(differences: np.ndarray) -> None:
    found = marginals(differences)
    mean = differences.mean(axis=1)
    error = differences.std(axis=1, ddof=1) / np.sqrt(7)
    np.testing.assert_array_equal(found.gain, mean)
    for i in range(3):
        if error[i] > 1e-9:
            assert found.z[i] == pytest.approx(mean[i] / error[i])
        assert not np.isnan(found.z[i])


def test_marginals__samples_that_agree_exactly__are_infinitely_sure_unless_nothing_changed() -> None:
    found = marginals(np.array([[1.0] * 4, [-1.0] * 4, [0.0] * 4]))
    assert found.z.tolist() == [np.inf, -np.inf, 0.0]


@pytest.mark.parametrize("samples", [0, 1])
def test_marginals__fewer_than_two_samples__say_nothing(samples: int) -> None:
    differences = np.ones((2, samples)) if samples else np.zeros((2, 1))
    assert marginals(differences).z.tolist() == [0.0, 0.0]
