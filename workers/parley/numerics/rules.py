"""The aggregation rules and the server momentum, coordinate by coordinate in exact integers (P-6).

Each included update's q is first rescaled by its norm scale c (P-25), `x = floor(q * c / 2^16)`, then the x of all
updates are combined. All divisions are floors. Trimmed mean: Yin et al., 2018, arXiv:1803.01498; server momentum
(FedAvgM): Hsu et al., 2019, arXiv:1909.06335, here with the look-ahead point of Nesterov, from which local training
starts.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from parley.numerics._sorting_network import network
from parley.numerics.fixed_point import Quantised

UNIT_SCALE = 1 << 16
"""The scale that leaves an update as it is."""

UNIT_BETA = 1 << 16
"""beta is a fraction of this and below it."""

BASIS = 10_000
"""Basis points to the whole."""

Aggregate = npt.NDArray[np.int64]
"""What the included updates come to, shape (P,), dtype int64; each element fits in int32."""


class Rule(IntEnum):
    """How included updates are combined; the number is the one in a federation's policy."""

    MEAN = 0
    """`sum(x) / N`."""
    WEIGHTED_MEAN = 1
    """`sum(w * x) / sum(w)`, w the settled score."""
    TRIMMED_MEAN = 2
    """The mean without the k smallest and the k largest, `k = N * trim_bps / 10000`."""
    MEDIAN = 3
    """The (N-1)/2-th smallest, counted from 0."""


def rescale(q: Quantised, scale: int) -> Quantised:
    """`floor(q * scale / 2^16)`, the update at the norm that the round allows it (P-6, P-25).

    Args:
        q: int32 of any shape.
        scale: c, 1 to 65536.
    """
    if not 1 <= scale <= UNIT_SCALE:
        raise ValueError(f"a scale is 1 to {UNIT_SCALE}, not {scale}")
    return ((q.astype(np.int64) * scale) >> 16).astype(np.int32)


def trim_count(n: int, trim_bps: int) -> int:
    """How many of n values the trimmed mean leaves out at each end: `n * trim_bps / 10000`, `trim_bps` below 5000."""
    if not 0 <= trim_bps < BASIS // 2:
        raise ValueError(f"trim_bps is 0 to {BASIS // 2 - 1}, not {trim_bps}")
    return n * trim_bps // BASIS


def aggregate(
    rule: Rule,
    updates: Quantised,
    scales: npt.ArrayLike,
    scores: npt.ArrayLike,
    trim_bps: int = 0,
) -> Aggregate:
    """Combine the included updates (P-6).

    Args:
        rule: how.
        updates: the included updates in reveal order, int32 of shape (N, P); N may be 0.
        scales: their scales c_i, 1 to 65536, shape (N,).
        scores: their settled scores, 1 to 65535, shape (N,); only the weighted mean reads them.
        trim_bps: what the trimmed mean leaves out at each end, in basis points of N, below 5000.

    Returns:
        int64 of shape (P,); zero where N is 0.

    Raises:
        ValueError: a shape, dtype, scale, score or `trim_bps` is not as said.
    """
    n, params = _check_updates(updates)
    factors = _per_update(scales, n, UNIT_SCALE, "scales")
    weights = _per_update(scores, n, 2**16 - 1, "scores")
    trim = trim_count(n, trim_bps)
    out: Aggregate = np.zeros(params, np.int64)
    if n == 0:
        return out
    if rule is Rule.MEAN:
        _mean(updates, factors, np.ones_like(weights), out)
    elif rule is Rule.WEIGHTED_MEAN:
        _mean(updates, factors, weights, out)
    elif rule is Rule.TRIMMED_MEAN:
        _mean_of_ranks(updates, factors, trim, n - trim, out)
    else:
        middle = (n - 1) // 2
        _mean_of_ranks(updates, factors, middle, middle + 1, out)
    return out


def look_ahead(old: Quantised, previous: Quantised, beta: int) -> Quantised:
    """Where local training starts: `clamp(old + floor(beta * (old - previous) / 2^16))` (P-6).

    Args:
        old: the model that the round starts from, int32 of shape (P,).
        previous: the model before it; at genesis the same.
        beta: the server's momentum, in 2^-16, below 65536.
    """
    return next_model(old, previous, np.zeros(old.shape, np.int64), beta)


def next_model(old: Quantised, previous: Quantised, aggregated: Aggregate, beta: int) -> Quantised:
    """The model after the round: `clamp(look + aggregate)`, clamp to the range of int32 (P-6).

    Args:
        old: the model that the round starts from, int32 of shape (P,).
        previous: the model before it; at genesis the same.
        aggregated: what `aggregate` returned, int64 of shape (P,).
        beta: the server's momentum, in 2^-16, below 65536.

    Raises:
        ValueError: a shape, dtype or `beta` is not as said.
    """
    from parley.numerics import _jit, _rule_kernels

    if not 0 <= beta < UNIT_BETA:
        raise ValueError(f"beta is 0 to {UNIT_BETA - 1}, not {beta}")
    for vector, dtype in ((old, np.int32), (previous, np.int32), (aggregated, np.int64)):
        if vector.dtype != dtype or vector.shape != (old.size,):
            raise ValueError(f"a model is {np.dtype(dtype)} ({old.size},), not {vector.dtype} {vector.shape}")
    out = np.empty(old.size, np.int32)
    models = (_jit.frozen(np.ascontiguousarray(old)), _jit.frozen(np.ascontiguousarray(previous)))
    _rule_kernels.next_model(*models, _jit.frozen(np.ascontiguousarray(aggregated)), beta, out)
    return out


def _mean(updates: Quantised, scales: Quantised, weights: Quantised, out: Aggregate) -> None:
    from parley.numerics import _jit, _rule_kernels

    _rule_kernels.weighted_mean(_jit.frozen(np.ascontiguousarray(updates)), scales, weights, out)


def _mean_of_ranks(updates: Quantised, scales: Quantised, low: int, high: int, out: Aggregate) -> None:
    from parley.numerics import _jit, _rule_kernels

    frozen = _jit.frozen(np.ascontiguousarray(updates))
    _rule_kernels.ordered_mean(frozen, scales, network(len(updates), low, high), low, high, out)


def _check_updates(updates: Quantised) -> tuple[int, int]:
    if updates.dtype != np.int32 or updates.ndim != 2:
        raise ValueError(f"updates are int32 (N, P), not {updates.dtype} {updates.shape}")
    return updates.shape[0], updates.shape[1]


def _per_update(values: npt.ArrayLike, n: int, highest: int, name: str) -> Quantised:
    """The scales or scores as int32, each from 1 to `highest`."""
    array = np.asarray(values, dtype=np.int64)
    if array.shape != (n,):
        raise ValueError(f"{name} are one to an update, ({n},), not {array.shape}")
    if n and not 1 <= int(array.min()) <= int(array.max()) <= highest:
        raise ValueError(f"{name} are 1 to {highest}, not {int(array.min())} to {int(array.max())}")
    return array.astype(np.int32)
