"""Inputs that hypothesis draws: any int32, and the extremes more often than chance would have them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parley.numerics.rules import Rule
from parley.numerics.scoring import ScoreVector

EXTREMES = (-(2**31), -(2**31) + 1, -(2**16), -1, 0, 1, 2**16, 2**31 - 1)

int32s = st.one_of(st.sampled_from(EXTREMES), st.integers(-(2**31), 2**31 - 1), st.integers(-3, 3))
scales = st.one_of(st.sampled_from([1, 2, 32768, 65535, 65536]), st.integers(1, 65536))
scores = st.one_of(st.sampled_from([1, 2, 65535]), st.integers(1, 65535))
betas = st.one_of(st.sampled_from([0, 1, 32768, 65535]), st.integers(0, 65535))
trims = st.one_of(st.sampled_from([0, 1, 2000, 4999]), st.integers(0, 4999))
rules = st.sampled_from(Rule)


def quantised(params: int | st.SearchStrategy[int]) -> st.SearchStrategy[npt.NDArray[np.int32]]:
    """Vectors of q, shape (params,)."""
    return hnp.arrays(np.int32, params, elements=int32s)


def stacks(max_updates: int = 12, max_params: int = 40) -> st.SearchStrategy[npt.NDArray[np.int32]]:
    """Updates side by side, shape (N, P), N possibly 0."""
    shapes = st.tuples(st.integers(0, max_updates), st.integers(1, max_params))
    return hnp.arrays(np.int32, shapes, elements=int32s)


entries = st.one_of(
    st.just((0, 0)),
    st.tuples(st.just(0), st.integers(2, 65536)),
    st.tuples(st.one_of(st.integers(1, 5), st.integers(1, 65535)), scales),
)
"""A score and its scale; (0, 1) is left out, for it reads back as (0, 0)."""


def vectors(count: int) -> st.SearchStrategy[ScoreVector]:
    """Score vectors over `count` updates."""
    return st.builds(
        lambda norm, pairs: ScoreVector(norm, tuple(s for s, _ in pairs), tuple(c for _, c in pairs)),
        st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 3)),
        st.lists(entries, min_size=count, max_size=count),
    )
