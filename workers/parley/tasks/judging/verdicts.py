"""From what updates are worth to scores (section 6, P-12)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parley.numerics.rules import BASIS
from parley.tasks.judging.marginals import Marginals

HARMFUL_Z = -2.0
"""An update whose leave-one-out is below this, in standard errors, is left out."""

USEFUL_Z = 1.0
"""An update has merit where both measures are above this, in standard errors."""

HARMFUL, HARMLESS = 0, 1
"""Scores that earn nothing; a harmless update is included, a harmful one is not."""

EQUAL = 2
"""The score of every update that moves, where no shard can tell them apart: an equal split (P-24)."""

Scores = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def verdicts(left_out: Marginals, added: Marginals, replayed: Flags) -> Scores:
    """The scores of the fit updates.

    Args:
        left_out: by leave-one-out, shape (N,).
        added: by add-one-in, shape (N,).
        replayed: which are replays, shape (N,).

    Returns:
        0 for the harmful; 1 plus its share of all useful gains, in basis points and floored, for the useful; 1 for
        all others, replays among them.
    """
    harmful = left_out.z < HARMFUL_Z
    useful = (np.minimum(left_out.z, added.z) > USEFUL_Z) & ~harmful & ~replayed
    scores: Scores = np.where(harmful, HARMFUL, HARMLESS).astype(np.int64)
    scores[useful] += shares(np.minimum(left_out.gain, added.gain)[useful])
    return scores


def shares(gains: npt.NDArray[np.float64]) -> Scores:
    """Each gain's share of their sum, in basis points, floored; gains are above 0."""
    points: Scores = np.floor(BASIS * (gains / gains.sum())).astype(np.int64)
    return points


def equal_scores(moving: Flags) -> Scores:
    """The scores where there is no shard to judge on: 2 for every update that is not zero, else 1 (P-24)."""
    return np.where(moving, EQUAL, HARMLESS).astype(np.int64)
