"""Rows that are right, and witnesses that are not: extremes, ties and neighbours more often than chance has them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from parley.numerics import row_checks
from parley.numerics.fixed_point import LANES, encode
from parley.numerics.rules import Rule
from parley.numerics.scoring import SettledScores
from parley.numerics.settlement import SettlementConfig, next_model
from tests.numerics.strategies import EXTREMES

SCALES = (1, 2, 32768, 65535, 65536)
SCORES = (1, 2, 3, 65535)
TRIMS = (0, 1, 1999, 2000, 3400, 4999)
BETAS = (0, 1, 32768, 65535)


@dataclass(frozen=True)
class RowCase:
    """One row of a round.

    Attributes:
        config: rule, trim and momentum.
        settled: the medians; some updates are left out.
        row: word j of the included updates, and of the three models; right.
    """

    config: SettlementConfig
    settled: SettledScores
    row: bytes

    def uniform(self) -> RowCase:
        """The same round where all updates are the same, at the same scale."""
        settled = replace(self.settled, scales=tuple(65536 if score else 0 for score in self.settled.scores))
        q = np.full(LANES, 12345, np.int32)
        return _row_case(self.config, settled, [q] * len(settled.included), q, q)


def row_case(rng: np.random.Generator, rule: Rule, n: int) -> RowCase:
    """A row of n included updates, with others left out between them, at most 256 in all."""
    config = SettlementConfig(rule, _one(rng, TRIMS, 0, 4999), _one(rng, BETAS, 0, 65535), LANES, 0, 0, 0, 1)
    left_out = int(rng.integers(0, min(4, 256 - n) + 1))
    kept = rng.permutation([True] * n + [False] * left_out).tolist()
    settled = SettledScores(
        tuple(_one(rng, SCORES, 1, 65535) if keep else 0 for keep in kept),
        tuple(_one(rng, SCALES, 1, 65536) if keep else 0 for keep in kept),
        7,
    )
    vectors = _vectors(rng, n + 2)
    return _row_case(config, settled, list(vectors[:n]), vectors[n], vectors[n + 1])


def forged(rng: np.random.Generator, case: RowCase, lane: int) -> tuple[int, int]:
    """Two witnesses, each a value of the sorted row near the honest one, one beside such a value, or any lane."""
    scaled = sorted(row_checks.scaled_lane(case.row, case.settled, lane))
    honest = row_checks.witnesses(case.config, scaled)
    return _near(rng, scaled, honest[0]), _near(rng, scaled, honest[1])


def _near(rng: np.random.Generator, ranked: list[int], honest: int) -> int:
    if not ranked or rng.random() < 0.1:
        return int(rng.integers(0, 2**32))
    place = next((i for i, value in enumerate(ranked) if value >= honest), 0)
    place = min(max(place + int(rng.integers(-2, 3)), 0), len(ranked) - 1)
    beside = int(rng.choice([0, 0, 0, -1, 1]))
    return min(max(ranked[place] + beside, 0), 2**32 - 1)


def _row_case(
    config: SettlementConfig, settled: SettledScores, updates: list[np.ndarray], previous: np.ndarray, old: np.ndarray
) -> RowCase:
    new = next_model(config, settled, updates, old, previous)
    return RowCase(config, settled, b"".join(encode(q)[:32] for q in (*updates, previous, old, new)))


def _vectors(rng: np.random.Generator, n: int) -> np.ndarray:
    kinds = [
        rng.choice(EXTREMES, (n, LANES)),
        rng.integers(-(2**31), 2**31, (n, LANES)),
        rng.integers(-3, 4, (n, LANES)),
    ]
    mixed = np.where(rng.random((n, LANES)) < rng.random(), kinds[rng.integers(3)], kinds[rng.integers(3)])
    return mixed.astype(np.int32)


def _one(rng: np.random.Generator, extremes: tuple[int, ...], low: int, high: int) -> int:
    """An extreme one in two."""
    return int(rng.choice(extremes)) if rng.random() < 0.5 else int(rng.integers(low, high, endpoint=True))
