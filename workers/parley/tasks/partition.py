"""Cutting data into parts: test, validation and training (section 9), trainers' shares, validation shards (P-24).

A cut is a list of index arrays, disjoint and together all samples. Everything is seeded: one seed gives one cut,
with one version of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parley.tasks.dataset import Dataset, Indices, Labels
from parley.tasks.errors import DataError

MIN_PART = 10
"""The fewest samples that a skewed partition leaves to anybody."""


class Splits(NamedTuple):
    """Three disjoint parts of a data set.

    Attributes:
        train: what is handed to the trainers.
        validation: what the sponsor cuts into shards.
        test: what nobody trains or scores on.
    """

    train: Dataset
    validation: Dataset
    test: Dataset


def split(data: Dataset, seed: int, *, test: float = 0.2, validation: float = 0.3) -> Splits:
    """Cut a data set into training, validation and test data, each class by the same shares.

    Args:
        data: all samples.
        seed: decides who goes where.
        test: share of the samples that nobody sees.
        validation: share that is spread over the rounds; the rest is for training.

    Raises:
        DataError: a part would be empty.
    """
    if not (test > 0 and validation > 0 and test + validation < 1):
        raise ValueError(f"shares of {test} and {validation} do not leave three parts")
    pieces: list[list[Indices]] = [[], [], []]
    for members in _by_class(data.y, np.random.default_rng(seed)):
        cuts = [round(len(members) * test), round(len(members) * (test + validation))]
        for piece, part in zip(pieces, np.split(members, cuts), strict=True):
            piece.append(part)
    unseen, held_out, train = (np.sort(np.concatenate(piece)) for piece in pieces)
    if min(len(unseen), len(held_out), len(train)) == 0:
        raise DataError(f"{len(data)} samples are too few for training, validation and test data")
    return Splits(data.take(train), data.take(held_out), data.take(unseen))


def iid(y: Labels, parts: int, seed: int) -> list[Indices]:
    """Deal the samples at random into parts whose sizes differ by one at most."""
    _check_parts(len(y), parts, 1)
    order = np.random.default_rng(seed).permutation(len(y))
    return [np.sort(part) for part in np.array_split(order, parts)]


def stratified(y: Labels, parts: int, seed: int) -> list[Indices]:
    """Deal each class in turn: sizes differ by one at most, and so do the numbers of each class in the parts."""
    _check_parts(len(y), parts, 1)
    order = np.concatenate(_by_class(y, np.random.default_rng(seed)))
    return [np.sort(order[part::parts]) for part in range(parts)]


def dirichlet(y: Labels, parts: int, seed: int, *, alpha: float = 0.5, minimum: int = MIN_PART) -> list[Indices]:
    """Skewed parts: each class is cut by shares drawn from Dirichlet(alpha, ..., alpha) (Hsu et al., arXiv:1909.06335).

    Whoever is then left with fewer than `minimum` samples takes random ones from whoever has most.

    Args:
        y: labels, shape (n,).
        parts: how many.
        seed: decides everything.
        alpha: small means skewed (0.5 leaves most parts without some class), large means alike.
        minimum: the fewest samples of a part.

    Raises:
        DataError: there are fewer than parts * minimum samples.
    """
    if not alpha > 0:
        raise ValueError(f"alpha is above 0, not {alpha}")
    _check_parts(len(y), parts, minimum)
    random = np.random.default_rng(seed)
    bins: list[list[int]] = [[] for _ in range(parts)]
    for members in _by_class(y, random):
        shares = np.cumsum(random.dirichlet([alpha] * parts))[:-1]
        for bin_, piece in zip(bins, np.split(members, (shares * len(members)).astype(int)), strict=True):
            bin_.extend(piece.tolist())
    _level_up(bins, minimum, random)
    return [np.sort(np.array(bin_, np.int64)) for bin_ in bins]


def by_label(y: Labels, parts: int, seed: int, *, labels_per_part: int = 2) -> list[Indices]:
    """Parts that hold few classes: samples sorted by label, cut into parts * labels_per_part runs, dealt at random.

    This is the partition of McMahan et al., arXiv:1602.05629, section 3; a run may straddle two classes.

    Raises:
        DataError: there are fewer samples than runs.
    """
    runs = parts * labels_per_part
    _check_parts(len(y), runs, 1)
    random = np.random.default_rng(seed)
    pieces = np.array_split(np.concatenate(_by_class(y, random)), runs)
    order = random.permutation(runs).reshape(parts, labels_per_part)
    return [np.sort(np.concatenate([pieces[run] for run in row])) for row in order]


PARTITIONERS: dict[str, Callable[[Labels, int, int], list[Indices]]] = {
    "iid": iid,
    "dirichlet": dirichlet,
    "by-label": by_label,
}
"""Partitioners by the names that the command line knows, with their default parameters."""


def _by_class(y: Labels, random: np.random.Generator) -> list[Indices]:
    """The numbers of the samples of each class that occurs, each shuffled."""
    return [random.permutation(np.flatnonzero(y == label)) for label in np.unique(y)]


def _level_up(bins: list[list[int]], minimum: int, random: np.random.Generator) -> None:
    """Move random samples from the largest bin to the smallest until each has `minimum`."""
    while len(smallest := min(bins, key=len)) < minimum:
        largest = max(bins, key=len)
        smallest.append(largest.pop(int(random.integers(len(largest)))))


def _check_parts(samples: int, parts: int, minimum: int) -> None:
    if parts < 1:
        raise ValueError(f"there is at least one part, not {parts}")
    if samples < parts * minimum:
        raise DataError(f"{samples} samples are too few for {parts} parts of at least {minimum}")


def take(data: Dataset, cut: list[npt.NDArray[np.int64]]) -> list[Dataset]:
    """The data sets of a cut."""
    return [data.take(part) for part in cut]
