"""The demo's promise, kept in memory: accuracy, free riders and rewards on seeds 0 to 4 (section 6)."""

from __future__ import annotations

import numpy as np
import pytest

from parley.numerics.rules import Rule
from parley.tasks.simulate import POOL, Config, Honest, Sight, simulate

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("seed", range(5))
def test_simulate__digits_with_a_free_rider__learns_and_pays_as_promised(seed: int) -> None:
    history = simulate(Config(task="digits", seed=seed, free_riders=1))
    *honest, rider = history.earned
    assert history.accuracies[-1] >= 0.92
    assert history.accuracies[-1] > max(history.alone)
    assert rider < np.mean(honest) / 5
    # In a round in which nobody stands out from the noise, nobody is paid, and the pool returns to the sponsor.
    assert 3 * POOL - 100 < sum(history.earned) <= 5 * POOL


@pytest.mark.parametrize("seed", range(5))
def test_simulate__breast_cancer__learns_and_does_not_pay_the_free_rider(seed: int) -> None:
    history = simulate(Config(task="breast-cancer", seed=seed, free_riders=1))
    *honest, rider = history.earned
    assert history.accuracies[-1] >= 0.92
    assert rider < np.mean(honest) / 5


def test_simulate__same_seed__gives_the_same_model_and_rewards() -> None:
    config = Config(task="breast-cancer", seed=3, rounds=2, rule=Rule.MEDIAN, partitioner="iid")
    first, second = simulate(config), simulate(config)
    assert first.rounds[-1].result.model_root == second.rounds[-1].result.model_root
    assert first.rounds[-1].result.reward_root == second.rounds[-1].result.reward_root
    assert first.earned == second.earned


class Replayer:
    """Sends the first trainer's last update again."""

    def update(self, sight: Sight) -> np.ndarray:
        return sight.revealed[-1][0] if sight.revealed else np.zeros(sight.task.params)


def test_simulate__replayer__earns_nothing() -> None:
    history = simulate(Config(task="digits", seed=0, rounds=4), [Replayer()])
    assert history.earned[-1] == 0
    assert sum(history.earned) > 0


class Diverged(Honest):
    """Sends an update far beyond the clip."""

    def update(self, sight: Sight) -> np.ndarray:
        return 1e6 * np.ones(sight.task.params)


def test_simulate__absurd_update__is_left_out_and_the_rest_learns() -> None:
    history = simulate(Config(task="breast-cancer", seed=1, rounds=3), [Diverged(None, 9)])  # type: ignore[arg-type]
    assert history.earned[-1] == 0
    assert history.accuracies[-1] > 0.9
