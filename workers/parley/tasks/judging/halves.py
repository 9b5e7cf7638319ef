"""The half of a round's shard that one evaluator scores on (section 6).

It follows from the evaluator's salt, which nobody knows before the scores are revealed and everybody after, so that
no trainer can aim at a half and anybody can run the scores again.
"""

from __future__ import annotations

import hashlib

import numpy as np

from parley.numerics.keccak import keccak256
from parley.tasks.dataset import Indices

_PURPOSE = b"half"


def half_seed(salt: bytes) -> bytes:
    """The seed of an evaluator's half: keccak256(salt ‖ "half") (section 9)."""
    return keccak256(salt + _PURPOSE)


def half(samples: int, salt: bytes) -> Indices:
    """The numbers of the samples that an evaluator scores on, in ascending order.

    Samples are ranked by SHA-256(seed ‖ uint32 number), big-endian, and the first `max(2, floor(samples / 2))` are
    taken: a choice without replacement that any language on any machine makes alike.

    Args:
        samples: in the shard; if there are fewer than two, all are taken.
        salt: of the evaluator's score commitment, 32 bytes.
    """
    seed = half_seed(salt)
    ranked = sorted(range(samples), key=lambda number: hashlib.sha256(seed + number.to_bytes(4, "big")).digest())
    return np.sort(np.array(ranked[: max(2, samples // 2)], np.int64))
