"""P-20: samples are checked before they exist as a data set."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.errors import DataError
from tests.tasks.fakes import dataset, schema

pytestmark = pytest.mark.unit

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 0, 1])


def test_dataset__good_samples__become_float32_and_int64_and_read_only() -> None:
    data = Dataset(X.astype(np.float16), Y.astype(np.uint8), schema())
    assert data.X.dtype == np.float32
    assert data.y.dtype == np.int64
    assert len(data) == 4
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        data.y[0] = 1


def test_dataset__source_array_changes_later__the_data_set_does_not() -> None:
    source, labels = X.astype(np.float32), Y.astype(np.int64)
    data = Dataset(source, labels, schema())
    source[:], labels[:] = 7, 1
    assert np.array_equal(data.X, X)
    assert np.array_equal(data.y, Y)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39, -11.0])
def test_dataset__value_not_finite_or_beyond_the_bound__is_named_with_its_place(bad: float) -> None:
    broken = np.zeros((4, 3))
    broken[2, 1] = bad
    with pytest.raises(DataError, match=r"X\[2, 1\]"):
        Dataset(broken, Y, schema(bound=10.0))


@pytest.mark.parametrize(
    ("samples", "labels", "reason"),
    [
        (np.zeros((4, 2)), Y, r"shape \(n, 3\), not \(4, 2\)"),
        (np.zeros(3), Y, "shape"),
        (np.zeros((0, 3)), np.zeros(0, int), "not 0"),
        (X, Y[:3], "4 samples have 3 labels"),
        (X, Y.astype(float), "integers"),
        (X, Y.reshape(2, 2), "integers of shape"),
        (X, np.array([0, 1, 2, 0]), r"y\[2\] is 2; the classes are 0 to 1"),
        (X, np.array([0, 1, 0, -1]), r"y\[3\] is -1"),
        (X, np.array([2**64 - 1, 0, 0, 0], np.uint64), "classes"),
        (X.astype(complex), Y, "real numbers"),
        (np.full((4, 3), "1"), Y, "real numbers"),
        (np.full((4, 3), None), Y, "real numbers"),
    ],
)
def test_dataset__malformed__is_refused(samples: np.ndarray, labels: np.ndarray, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        Dataset(samples, labels, schema())


def test_take_and_joined__parts_of_a_set__make_it_again() -> None:
    data = dataset(10)
    parts = [data.take(np.arange(0, 4)), data.take(np.arange(4, 10))]
    assert parts[0].joined(parts[1:]) == data
    assert parts[0] != data
    assert data.counts().tolist() == [5, 5]


def test_joined__another_schema__is_refused() -> None:
    with pytest.raises(DataError, match="different schemas"):
        dataset(4).joined([dataset(4, features=2)])


@pytest.mark.parametrize("values", [{"features": ()}, {"features": (0,)}, {"classes": 1}, {"bound": 0.0}, {"extra": 1}])
def test_schema__out_of_range__is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DataSchema(**{"features": (3,), "classes": 2, **values})


def test_schema__image__has_as_many_numbers_as_pixels() -> None:
    assert DataSchema(features=(3, 8, 8), classes=2).width == 192
