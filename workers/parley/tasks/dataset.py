"""Samples: what they must look like, and a set of them that was checked.

Data of one's own and data of a peer go through the same checks: once a `Dataset` exists, its values are finite and
within bounds, its labels known and its shapes right.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from parley.tasks.errors import DataError

Features = npt.NDArray[np.float32]
"""Samples, shape (n, *features), dtype float32."""

Labels = npt.NDArray[np.int64]
"""Class numbers, shape (n,), dtype int64."""

Indices = npt.NDArray[np.int64]
"""Numbers of samples, counted from 0."""

MAX_SAMPLES = 10_000_000
"""The most samples of one data set; a bound on what a file of somebody else can make us allocate."""

MAX_WIDTH = 2**24
"""The most numbers in one sample."""

Scalar = TypeVar("Scalar", bound=np.generic)

Dimension = Annotated[int, Field(ge=1, le=65_536)]


class DataSchema(BaseModel):
    """What every sample of a task looks like.

    Attributes:
        features: shape of one sample, (64,) for instance or (1, 8, 8); at most `MAX_WIDTH` numbers.
        classes: labels are 0 to classes - 1.
        bound: the largest |x| that a feature may have.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    features: Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=4, strict=False)]
    classes: int = Field(ge=2, le=65_536)
    bound: float = Field(default=1e6, gt=0, le=1e30)

    @field_validator("features")
    @classmethod
    def _not_too_wide(cls, features: tuple[int, ...]) -> tuple[int, ...]:
        if prod(features) > MAX_WIDTH:
            raise ValueError(f"a sample has at most {MAX_WIDTH} numbers, not {prod(features)}")
        return features

    @property
    def width(self) -> int:
        """Numbers in one sample."""
        return prod(self.features)


class Dataset:
    """Checked samples with their labels; the arrays are read-only.

    Args:
        X: samples, shape (n, *schema.features), any real dtype; stored as float32.
        y: labels, shape (n,), integers from 0 to schema.classes - 1; stored as int64.
        schema: what they must look like.

    Raises:
        DataError: a shape or dtype is wrong, a value is not finite or beyond the bound, a label is unknown.
    """

    __slots__ = ("X", "schema", "y")

    def __init__(self, X: npt.ArrayLike, y: npt.ArrayLike, schema: DataSchema) -> None:
        self.schema = schema
        self.X = _read_only(_checked_features(np.asarray(X), schema))
        self.y = _read_only(_checked_labels(np.asarray(y), schema))
        if len(self.X) != len(self.y):
            raise DataError(f"{len(self.X)} samples have {len(self.y)} labels")

    def __len__(self) -> int:
        return len(self.y)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return self.schema == other.schema and np.array_equal(self.X, other.X) and np.array_equal(self.y, other.y)

    __hash__ = None  # type: ignore[assignment]

    def take(self, indices: npt.NDArray[np.integer]) -> Self:
        """The samples with these numbers, in this order."""
        return type(self)(self.X[indices], self.y[indices], self.schema)

    def joined(self, others: Sequence[Dataset]) -> Dataset:
        """These samples followed by those of `others`: a trainer's own and the opened shards (P-24).

        Raises:
            DataError: another schema is among them.
        """
        if any(other.schema != self.schema for other in others):
            raise DataError("data sets of different schemas cannot be joined")
        parts = [self, *others]
        return Dataset(np.concatenate([p.X for p in parts]), np.concatenate([p.y for p in parts]), self.schema)

    def counts(self) -> Indices:
        """Samples of each class, shape (classes,)."""
        return np.bincount(self.y, minlength=self.schema.classes).astype(np.int64)


def _read_only(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    view = array.view()
    view.setflags(write=False)
    return view


def _checked_features(X: npt.NDArray[np.generic], schema: DataSchema) -> Features:
    """The samples as float32, if each of them may be one."""
    if X.dtype.kind not in "fiub":
        raise DataError(f"samples are real numbers, not {X.dtype}")
    if X.ndim == 0 or X.shape[1:] != schema.features:
        raise DataError(f"samples have shape (n, {_sizes(schema.features)}), not ({_sizes(X.shape)})")
    if not 1 <= len(X) <= MAX_SAMPLES:
        raise DataError(f"a data set has 1 to {MAX_SAMPLES} samples, not {len(X)}")
    with np.errstate(over="ignore"):
        features = X.astype(np.float32)
    good = np.abs(features) <= schema.bound
    if not good.all():
        place = np.unravel_index(int(np.argmin(good)), features.shape)
        numbers = ", ".join(str(int(k)) for k in place)
        raise DataError(
            f"X[{numbers}] is {features[place]:g}: not finite or beyond +-{schema.bound:g}",
            hint="clean or rescale the data",
        )
    return features


def _checked_labels(y: npt.NDArray[Any], schema: DataSchema) -> Labels:
    """The labels as int64, if each is a class."""
    if y.dtype.kind not in "iu" or y.ndim != 1:
        raise DataError(f"labels are integers of shape (n,), not {y.dtype} ({_sizes(y.shape)})")
    outside = (y < 0) | (y >= schema.classes)
    if outside.any():
        index = int(np.argmax(outside))
        raise DataError(f"y[{index}] is {y[index]}; the classes are 0 to {schema.classes - 1}")
    return y.astype(np.int64)


def _sizes(shape: tuple[int, ...]) -> str:
    return ", ".join(str(size) for size in shape)
