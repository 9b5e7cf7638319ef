"""Cuts of data are disjoint, complete, seeded, and as skewed as they say (section 9)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.tasks import partition
from parley.tasks.dataset import Dataset
from parley.tasks.errors import DataError
from tests.tasks.fakes import dataset, schema

pytestmark = pytest.mark.unit

LABELS = np.arange(900) % 10


def is_a_cut(parts: list[np.ndarray], samples: int) -> bool:
    return np.array_equal(np.sort(np.concatenate(parts)), np.arange(samples))


@pytest.mark.parametrize("name", ["iid", "dirichlet", "by-label"])
@given(parts=st.integers(1, 9), seed=st.integers(0, 2**32))
def test_partitioners__any_seed__cut_everything_once_and_alike(name: str, parts: int, seed: int) -> None:
    cut = partition.PARTITIONERS[name](LABELS, parts, seed)
    again = partition.PARTITIONERS[name](LABELS, parts, seed)
    assert len(cut) == parts
    assert is_a_cut(cut, 900)
    assert all(np.array_equal(a, b) for a, b in zip(cut, again, strict=True))


@pytest.mark.parametrize("name", ["iid", "dirichlet", "by-label"])
def test_partitioners__other_seed__cut_otherwise(name: str) -> None:
    first, second = (partition.PARTITIONERS[name](LABELS, 5, seed) for seed in (0, 1))
    assert any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@given(parts=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_iid_and_stratified__sizes__differ_by_one_at_most(parts: int, seed: int) -> None:
    for cut in (partition.iid, partition.stratified):
        sizes = [len(part) for part in cut(LABELS, parts, seed)]
        assert max(sizes) - min(sizes) <= 1


@given(parts=st.integers(1, 20), seed=st.integers(0, 2**32))
def test_stratified__each_class__is_spread_evenly(parts: int, seed: int) -> None:
    counts = np.array([np.bincount(LABELS[part], minlength=10) for part in partition.stratified(LABELS, parts, seed)])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


@given(parts=st.integers(1, 20), seed=st.integers(0, 2**32), alpha=st.sampled_from([0.01, 0.1, 0.5, 100.0]))
def test_dirichlet__however_skewed__leaves_everybody_the_minimum(parts: int, seed: int, alpha: float) -> None:
    cut = partition.dirichlet(LABELS, parts, seed, alpha=alpha, minimum=25)
    assert is_a_cut(cut, 900)
    assert min(len(part) for part in cut) >= 25


def skew(cut: list[np.ndarray]) -> float:
    shares = np.array([np.bincount(LABELS[part], minlength=10) / len(part) for part in cut])
    return float(np.abs(shares - 0.1).sum(axis=1).mean())


def test_dirichlet__smaller_alpha__is_more_skewed() -> None:
    small, large = (partition.dirichlet(LABELS, 5, 0, alpha=alpha) for alpha in (0.1, 100.0))
    assert skew(small) > 1.0 > 0.3 > skew(large)


def test_by_label__two_labels_a_part__see_few_classes() -> None:
    cut = partition.by_label(LABELS, 5, 0)
    assert all(np.count_nonzero(np.bincount(LABELS[part])) <= 4 for part in cut)


@pytest.mark.parametrize(
    "cut",
    [
        lambda: partition.iid(LABELS[:4], 5, 0),
        lambda: partition.dirichlet(LABELS[:49], 5, 0),
        lambda: partition.by_label(LABELS[:9], 5, 0),
    ],
)
def test_partitioners__too_few_samples__say_so(cut: Callable[[], object]) -> None:
    with pytest.raises(DataError, match="too few"):
        cut()


@pytest.mark.parametrize(
    "cut", [lambda: partition.iid(LABELS, 0, 0), lambda: partition.dirichlet(LABELS, 5, 0, alpha=0)]
)
def test_partitioners__nonsense__is_a_mistake_of_the_caller(cut: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="not 0"):
        cut()


def test_split__default__is_half_training_and_a_fifth_unseen_in_every_class() -> None:
    data = dataset(1000, classes=10)
    parts = partition.split(data, 0)
    assert [len(part) for part in parts] == [500, 300, 200]
    assert parts.test.counts().tolist() == [20] * 10
    together = np.concatenate([part.X for part in parts])
    assert np.array_equal(np.sort(together, axis=0), np.sort(data.X, axis=0))


def test_split__same_seed__is_the_same_and_another_is_not() -> None:
    data = dataset(100)
    assert partition.split(data, 3) == partition.split(data, 3)
    assert partition.split(data, 3) != partition.split(data, 4)


def test_split__too_few_samples__says_so() -> None:
    with pytest.raises(DataError, match="too few"):
        partition.split(Dataset(np.zeros((2, 3)), np.array([0, 1]), schema()), 0)


@pytest.mark.parametrize("shares", [{"test": 0.0}, {"validation": 0.0}, {"test": 0.5, "validation": 0.5}])
def test_split__a_part_without_share__is_a_mistake_of_the_caller(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="three parts"):
        partition.split(dataset(100), 0, **shares)
