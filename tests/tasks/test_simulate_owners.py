"""Owners of data earn by what it adds, neither by heads nor by size nor by how common it is (section 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parley.numerics.fixed_point import dequantise, quantise
from parley.numerics.rules import rescale
from parley.numerics.scoring import norm_bound, norm_sq, scale_for
from parley.tasks.simulate import Config, Honest, Participant
from parley.tasks.simulation.attackers.scaled import Scaled
from parley.tasks.simulation.attackers.sybils import Twin, split
from tests.tasks.federations import Outcome, calm, federate, mean, outcome, turned

pytestmark = pytest.mark.unit

SEEDS = (0, 1)

FRAC_BITS = 24

reals = arrays(np.float64, st.integers(1, 40), elements=st.floats(-8, 8))


def multiplied(seed: int, identities: Callable[[Honest], Sequence[Participant]]) -> Outcome:
    """The first trainer under several identities, which take its place and the last ones."""
    config = Config(seed=seed, rounds=6, partitioner="iid")
    played = federate(config, lambda g: [*identities(g.honest[0]), *g.honest[1:]])
    return outcome(played, range(len(played[0].result.settled.scores) - config.trainers + 1))


@pytest.mark.parametrize(
    "identities",
    [
        lambda owner: [owner, Twin(owner, 50)],
        lambda owner: [owner, *(Twin(owner, 50 + k) for k in range(3))],
        lambda owner: split(owner, 2, 50),
    ],
    ids=["two", "four", "halves"],
)
def test_sybils__of_one_data_set__earn_no_more_than_one_share(
    identities: Callable[[Honest], Sequence[Participant]],
) -> None:
    """F-1: identities that add the same make each other redundant; in all they earn about what the data set does."""
    configs = [Config(seed=seed, rounds=6, partitioner="iid") for seed in SEEDS]
    due = mean([turned(config, lambda ground: ground.honest[0]) for config in configs]).hostile
    assert mean([multiplied(seed, identities) for seed in SEEDS]).hostile <= due + 0.05


def test_boost__honest_update_times_five__does_not_weigh_more() -> None:
    """F-33: no weight is declared, and size does not pay: one norm is settled for all (P-25)."""
    boosted, plain = [], []
    for seed in SEEDS:
        config = Config(seed=seed, rounds=6, partitioner="iid")
        boosted.append(turned(config, lambda ground: Scaled(ground.honest[0], 5.0)))
        plain.append(turned(config, lambda ground: ground.honest[0]))
    assert mean(boosted).hostile <= 1.5 * mean(plain).hostile + 0.05


def test_claimed_samples__every_sample_ten_times__is_the_same_after_scaling() -> None:
    """F-33: more copies of one's samples make a longer update at most, which is brought to the settled norm."""
    config = Config(seed=0, rounds=4, partitioner="iid")
    claimed = turned(config, lambda g: Honest(g.honest[0].data.joined([g.honest[0].data] * 9), 0))
    assert claimed.accuracy > calm(config).accuracy - 0.03
    assert claimed.left_out <= 0.1


@given(arrays(np.int32, st.integers(2, 30), elements=st.integers(-(10**6), 10**6)), st.integers(1, 50))
def test_scale__any_update_times_any_factor__is_brought_to_the_settled_norm(q: np.ndarray, factor: int) -> None:
    """F-33, F-94: after scaling (P-25) no update is longer than R, but for the rounding of each coordinate."""
    norm = norm_bound([10**12] * 3, 10**6)
    scaled = rescale((q * factor).astype(np.int32), scale_for(norm_sq((q * factor).astype(np.int32)), norm))
    assert norm_sq(scaled) ** 0.5 <= norm + len(q) ** 0.5


@pytest.mark.parametrize(
    ("partitioner", "alpha", "bound"), [("dirichlet", 0.5, 0.06), ("dirichlet", 0.1, 0.1), ("by-label", 0.5, 0.1)]
)
@pytest.mark.parametrize("trainers", [5, 10])
def test_honest__with_unlike_data__is_seldom_left_out(
    partitioner: str, alpha: float, bound: float, trainers: int
) -> None:
    """F-100: honest trainers with few classes are not taken for attackers; and whoever is loses no stake for it."""
    configs = [Config(seed=seed, trainers=trainers, partitioner=partitioner, alpha=alpha) for seed in (0, 1, 2)]
    result = mean([calm(config) for config in configs])
    assert result.left_out <= bound
    assert result.accuracy > 0.85


@given(reals)
def test_quantise__any_vector_within_the_clip__is_off_by_half_a_step_at_most(x: np.ndarray) -> None:
    """F-103: rounding to the nearest step."""
    assert np.abs(dequantise(quantise(x, FRAC_BITS), FRAC_BITS) - x).max() <= 2.0 ** -(FRAC_BITS + 1)


@given(st.lists(arrays(np.float64, 3, elements=st.floats(-8, 8)), min_size=1, max_size=30))
def test_quantise__rounds_one_after_the_other__do_not_drift(updates: list[np.ndarray]) -> None:
    """F-103: integer models add no error of their own, so that k rounds are off by k half steps at most."""
    model = sum((quantise(x, FRAC_BITS).astype(np.int64) for x in updates), np.zeros(3, np.int64))
    assert np.abs(model * 2.0**-FRAC_BITS - sum(updates)).max() <= (len(updates) + 1e-6) * 2.0 ** -(FRAC_BITS + 1)
