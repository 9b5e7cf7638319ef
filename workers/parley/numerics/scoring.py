"""Score vectors, their medians, norms, qualities and shares (P-11, P-12, P-25, P-26).

Mirrors `contracts/libraries/Scoring.sol`. All numbers are exact integers; scores are 0 to 65535, 0 meaning left out;
scales are c in 1 to 65536, the factor `c / 2^16` that brings an update's norm to what the round allows; pools and
shares are in units of the token's decimals (wei).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from parley.numerics.errors import WireError
from parley.numerics.fixed_point import Quantised
from parley.numerics.rules import BASIS, UNIT_SCALE

NORM_BYTES = 8
ENTRY_BYTES = 4
MAX_SCORE = 2**16 - 1
MAX_NORM = 2**64 - 1

MAX_UPDATES = 2**16
"""Reveal indices are uint16."""

MIN_VOTES = 3
"""With fewer votes an update is left out (P-11)."""

PEERS = 3
"""How many shifted comparisons an evaluator's quality is measured against, at most (P-26)."""


@dataclass(frozen=True, slots=True)
class ScoreVector:
    """What one evaluator says of all revealed updates.

    Attributes:
        norm: R, the norm that the round allows an update (P-25), in q, below 2^64.
        scores: by reveal index, 0 to 65535.
        scales: by reveal index, c in 1 to 65536; 0, with score 0, where the update is unfit or unavailable. On the wire
            that is the same as score 0 with c = 1, which reads back as 0.

    Raises:
        ValueError: a number is out of range, a score has no scale, or the lengths differ.
    """

    norm: int
    scores: tuple[int, ...]
    scales: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.norm <= MAX_NORM:
            raise ValueError(f"a norm is 0 to 2^64 - 1, not {self.norm}")
        _check_entries(self.scores, self.scales)

    def encode(self) -> bytes:
        """R as a uint64, then per reveal index the score and `c - 1` as uint16, all big-endian."""
        return self.norm.to_bytes(NORM_BYTES, "big") + _encode_entries(self.scores, self.scales)

    @classmethod
    def decode(cls, data: bytes, count: int) -> ScoreVector:
        """The vector in `data`, over `count` revealed updates.

        Raises:
            WireError: the length is not `8 + 4 * count`.
        """
        if len(data) != NORM_BYTES + ENTRY_BYTES * count:
            raise WireError(f"scores of {count} updates are {NORM_BYTES + ENTRY_BYTES * count} bytes, not {len(data)}")
        scores, scales = _decode_entries(data[NORM_BYTES:])
        return cls(int.from_bytes(data[:NORM_BYTES], "big"), scores, scales)


@dataclass(frozen=True, slots=True)
class SettledScores:
    """What the evaluators' votes come to (P-11).

    Attributes:
        scores: by reveal index; 0 leaves the update out.
        scales: by reveal index, c in 1 to 65536, 0 where the score is 0.
        norm: the lower median of all R.
    """

    scores: tuple[int, ...]
    scales: tuple[int, ...]
    norm: int

    def __post_init__(self) -> None:
        _check_entries(self.scores, self.scales)
        if any(scale and not score for score, scale in zip(self.scores, self.scales, strict=True)):
            raise ValueError("an update that is left out has the scale 0")

    @property
    def included(self) -> tuple[int, ...]:
        """The reveal indices with a score above 0."""
        return tuple(i for i, score in enumerate(self.scores) if score)


def lower_median(values: Sequence[int]) -> int:
    """The (m-1)/2-th of m sorted values, counted from 0; m > 0."""
    return sorted(values)[(len(values) - 1) // 2]


def upper_median(values: Sequence[int]) -> int:
    """The m/2-th of m sorted values, counted from 0; m > 0."""
    return sorted(values)[len(values) // 2]


def medians(vectors: Sequence[ScoreVector], own: Sequence[int | None], count: int) -> SettledScores:
    """Settle all revealed vectors (P-11).

    Args:
        vectors: the revealed vectors, at least one.
        own: for each of them, the reveal index of the same operator's update, on which it has no vote, or `None`.
        count: the number of revealed updates.

    Raises:
        ValueError: there is no vector, or one has another length.
    """
    if not vectors or len(own) != len(vectors):
        raise ValueError(f"medians need vectors, each with its own index or None, not {len(vectors)} and {len(own)}")
    if any(len(vector.scores) != count for vector in vectors):
        raise ValueError(f"every vector must score {count} updates")
    settled = [
        settled_entry([(v.scores[i], v.scales[i]) for v, mine in zip(vectors, own, strict=True) if mine != i])
        for i in range(count)
    ]
    scores, scales = tuple(s for s, _ in settled), tuple(c for _, c in settled)
    return SettledScores(scores, scales, lower_median([vector.norm for vector in vectors]))


def settled_entry(votes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The settled (score, scale) of one update from the votes on it, (0, 0) included (P-11)."""
    scores = [score for score, _ in votes]
    if len(votes) < MIN_VOTES or upper_median(scores) == 0:
        return 0, 0
    stored = [max(scale, 1) - 1 for score, scale in votes if score or scale > 1]
    return max(1, lower_median(scores)), lower_median(stored) + 1


def encode_medians(settled: SettledScores) -> bytes:
    """The settlement's medians: per reveal index the score and `c - 1` as big-endian uint16, both 0 where left out."""
    return _encode_entries(settled.scores, settled.scales)


def decode_medians(data: bytes, norm: int) -> SettledScores:
    """The medians in a posted settlement.

    Raises:
        WireError: the length is no multiple of 4, there are more than `MAX_UPDATES`, or an update is left out but has a
            scale.
    """
    if len(data) % ENTRY_BYTES or len(data) > MAX_UPDATES * ENTRY_BYTES:
        raise WireError(f"medians are {ENTRY_BYTES} bytes an update, not {len(data)} in all")
    scores, scales = _decode_entries(data)
    if any(scale and not score for score, scale in zip(scores, scales, strict=True)):
        raise WireError("medians leave out an update but give it a scale")
    return SettledScores(scores, scales, norm)


def norm_sq(q: Quantised) -> int:
    """The exact sum of all q^2 (P-25)."""
    from parley.numerics import _jit, _rule_kernels

    if q.dtype != np.int32 or q.ndim != 1:
        raise ValueError(f"quantised parameters are an int32 vector, not {q.dtype} {q.shape}")
    upper, lower = _rule_kernels.square_halves(_jit.frozen(np.ascontiguousarray(q)))
    return (int(upper) << 32) + int(lower)


def norm_bound(norm_sqs: Sequence[int], last_norm: int) -> int:
    """R, the norm that the round allows an update (P-25).

    Args:
        norm_sqs: `norm_sq` of the fit updates; zero updates are passed over.
        last_norm: L, the norm of the last final settlement, or the policy's `initialNorm`.

    Returns:
        The root of the lower median, at most a quarter above and a fifth below L, at least 1; L where all are zero.
    """
    moving = [square for square in norm_sqs if square]
    if not moving:
        return max(1, last_norm)
    bound = isqrt(lower_median(moving))
    return max(1, min(max(bound, -(-4 * last_norm // 5)), 5 * last_norm // 4))


def scale_for(square: int, bound: int) -> int:
    """The scale c that brings an update of the squared norm `square` down to the norm `bound`, never up (P-25)."""
    if square == 0:
        return UNIT_SCALE
    return max(1, min(UNIT_SCALE, UNIT_SCALE * bound // isqrt(square)))


def evaluator_quality(scores: Sequence[int], settled: Sequence[int], own: int | None) -> int:
    """How much more an evaluator's scores agree with the settled ones than shifted ones do (P-26).

    Args:
        scores: the evaluator's, by reveal index.
        settled: the settled ones, by reveal index.
        own: the reveal index of the same operator's update, which does not count, or `None`.
    """
    n = len(scores) - (own is not None)
    if n <= 1:
        return 0
    peers = min(PEERS, n - 1)
    base = BASIS // n
    mine = [_informative(score, base) for i, score in enumerate(scores) if i != own]
    theirs = [_informative(score, base) for i, score in enumerate(settled) if i != own]
    agreed = sum(map(min, mine, theirs))
    by_chance = sum(min(t, theirs[(i + k) % n]) for k in range(1, peers + 1) for i, t in enumerate(mine))
    return max(0, peers * agreed - by_chance)


def trainer_shares(pool: int, settled: Sequence[int]) -> list[int]:
    """What each revealed update earns of the trainers' pool, floored: by merit, the settled score less 1 (P-12)."""
    return _shares(pool, [max(score, 1) - 1 for score in settled])


def evaluator_shares(
    pool: int,
    vectors: Sequence[Sequence[int]],
    own: Sequence[int | None],
    settled: Sequence[int],
) -> list[int]:
    """What each evaluator who revealed earns of the evaluators' pool, floored (P-26).

    Args:
        pool: in wei.
        vectors: the scores of each evaluator.
        own: the reveal index of each evaluator's own update, or `None`.
        settled: the settled scores.

    Returns:
        By the square of its quality; where all qualities are 0, equally among those who voted as settled everywhere.
    """
    squares = [evaluator_quality(v, settled, mine) ** 2 for v, mine in zip(vectors, own, strict=True)]
    if not any(squares):
        squares = [int(_agrees(v, settled, mine)) for v, mine in zip(vectors, own, strict=True)]
    return _shares(pool, squares)


def _shares(pool: int, weights: Sequence[int]) -> list[int]:
    """The pool by weight, each share floored; nothing where all weights are 0."""
    total = sum(weights)
    return [pool * weight // total if total else 0 for weight in weights]


def _agrees(scores: Sequence[int], settled: Sequence[int], own: int | None) -> bool:
    """Whether the scores are the settled ones on every update but one's own."""
    return all(t == x for i, (t, x) in enumerate(zip(scores, settled, strict=True)) if i != own)


def _informative(score: int, base: int) -> int:
    """The function f of P-26: 0 stays 0, all else is lifted by an equal share."""
    return score - 1 + base if score else 0


def _check_entries(scores: Sequence[int], scales: Sequence[int]) -> None:
    """Scores and scales are of one length and in range, and every score above 0 has a scale."""
    for score, scale in zip(scores, scales, strict=True):
        if not 0 <= score <= MAX_SCORE or not (score != 0) <= scale <= UNIT_SCALE:
            raise ValueError(f"a score is 0 to {MAX_SCORE} and its scale 1 to {UNIT_SCALE}, not {score} and {scale}")


def _encode_entries(scores: Sequence[int], scales: Sequence[int]) -> bytes:
    pairs = [(score, max(scale, 1) - 1) for score, scale in zip(scores, scales, strict=True)]
    return np.array(pairs, dtype=">u2").tobytes()


def _decode_entries(data: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Scores and scales; the entry (0, 0) has the scale 0."""
    pairs = np.frombuffer(data, dtype=">u2").reshape(-1, 2).tolist()
    return tuple(score for score, _ in pairs), tuple(stored + 1 if score or stored else 0 for score, stored in pairs)
