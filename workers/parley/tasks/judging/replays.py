"""What of an update was there before: the test for replays (section 6).

An update that is nearly a combination of the updates of the last three rounds was not trained but copied. The measure
is the norm of its part outside their span over its own norm, before any scaling: near 1 for honest training, 0 for a
copy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from parley.numerics.fixed_point import Quantised

RIDGE = 1e-6
"""Added to the Gram matrix's diagonal, as a share of its mean: parallel updates must not make it singular."""

THRESHOLD = 0.5
"""An update whose new part is below this share of the median new part is a replay."""

BLOCK_PARAMS = 1 << 16
"""Parameters taken at a time, so that a long history needs no copy in double precision."""

Gram = npt.NDArray[np.float64]


def new_parts(updates: Sequence[Quantised], past: Sequence[Quantised]) -> npt.NDArray[np.float64]:
    """The norm of each update's part outside the span of the past ones, over its own norm.

    Least squares by the normal equations in float64, accurate to about 1e-3, the root of the ridge.

    Args:
        updates: q, int32 of shape (P,) each, unscaled.
        past: the revealed updates of the last three rounds, as far as they are to be had, int32 of shape (P,) each.

    Returns:
        0 to 1 for each update; 0 for a zero update, 1 for all others where nothing went before.
    """
    basis = [q for q in past if q.any()]
    gram = _gram([*basis, *updates])
    k = len(basis)
    squares = np.diag(gram)[k:]
    outside = squares - _explained(gram[:k, :k], gram[:k, k:])
    share = np.divide(outside, squares, out=np.zeros(len(squares)), where=squares > 0)
    parts: npt.NDArray[np.float64] = np.sqrt(np.clip(share, 0.0, 1.0))
    return parts


def replays(updates: Sequence[Quantised], past: Sequence[Quantised]) -> npt.NDArray[np.bool_]:
    """Which updates are replays: their new part is under half of the median one.

    The median is taken over the updates that are not zero (the lower one of an even number); a zero update is none.

    Args:
        updates: the fit updates q, int32 of shape (P,) each, unscaled.
        past: the revealed updates of the last three rounds.
    """
    moving = np.array([bool(q.any()) for q in updates], np.bool_)
    if not moving.any():
        return moving
    parts = new_parts(updates, past)
    honest = np.sort(parts[moving])
    median = float(honest[(len(honest) - 1) // 2])
    return moving & (parts < THRESHOLD * median)


def _gram(vectors: Sequence[Quantised]) -> Gram:
    """All inner products, shape (len, len), block by block."""
    products = np.zeros((len(vectors), len(vectors)))
    for start in range(0, len(vectors[0]) if vectors else 0, BLOCK_PARAMS):
        block = np.array([vector[start : start + BLOCK_PARAMS] for vector in vectors], np.float64)
        products += block @ block.T
    return products


def _explained(basis: Gram, mixed: Gram) -> npt.NDArray[np.float64]:
    """The squared norms of what the basis explains of each update.

    Args:
        basis: inner products of the basis, shape (k, k).
        mixed: inner products of the basis with the updates, shape (k, N).
    """
    k = len(basis)
    if k == 0:
        return np.zeros(mixed.shape[1])
    ridge = RIDGE * float(np.trace(basis)) / k
    weights = np.linalg.solve(basis + ridge * np.eye(k), mixed)
    explained: npt.NDArray[np.float64] = 2 * (weights * mixed).sum(axis=0) - (weights * (basis @ weights)).sum(axis=0)
    return explained
