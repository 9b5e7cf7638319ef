"""Score vectors, medians (P-11), shares (P-12, P-26) and norms (P-25)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.errors import WireError
from parley.numerics.scoring import (
    ScoreVector,
    SettledScores,
    decode_medians,
    encode_medians,
    evaluator_quality,
    evaluator_shares,
    lower_median,
    medians,
    norm_bound,
    norm_sq,
    scale_for,
    settled_entry,
    trainer_shares,
    upper_median,
)
from tests.numerics import reference
from tests.numerics.strategies import entries, quantised, vectors

pytestmark = pytest.mark.unit

panels = st.integers(0, 8).flatmap(lambda n: st.tuples(st.just(n), st.lists(vectors(n), min_size=1, max_size=9)))
pools = st.one_of(st.integers(0, 100), st.integers(0, 2**96 - 1))
any_scores = st.one_of(st.just(0), st.integers(0, 4), st.integers(0, 65535))


# Vectors on the wire


@given(st.integers(0, 12).flatmap(vectors))
def test_score_vector__any__survives_the_wire(vector: ScoreVector) -> None:
    """Section 6: R as uint64, then per reveal index two uint16, a score and c - 1, big-endian."""
    data = vector.encode()
    assert data[:8] == vector.norm.to_bytes(8, "big")
    for i, (score, scale) in enumerate(zip(vector.scores, vector.scales, strict=True)):
        assert data[8 + 4 * i : 12 + 4 * i] == score.to_bytes(2, "big") + max(scale - 1, 0).to_bytes(2, "big")
    assert ScoreVector.decode(data, len(vector.scores)) == vector


@given(st.binary(max_size=64).filter(lambda b: len(b) >= 8 and len(b) % 4 == 0))
def test_score_vector__any_bytes_of_the_right_length__are_a_vector(data: bytes) -> None:
    """What a contract accepts can be read: there is no invalid content."""
    assert ScoreVector.decode(data, (len(data) - 8) // 4).encode() == data


@pytest.mark.parametrize("length", [0, 7, 8, 15, 17, 20])
def test_score_vector__f45__another_length__refused(length: int) -> None:
    """F-45: exactly `8 + 4 * count` bytes."""
    with pytest.raises(WireError, match=f"scores of 2 updates are 16 bytes, not {length}"):
        ScoreVector.decode(bytes(length), 2)


def test_score_vector__score_zero_with_unit_wire_scale__reads_back_as_unfit() -> None:
    """(0, 0) on the wire is unfit: c = 1 with score 0 cannot be told from it."""
    assert ScoreVector.decode(ScoreVector(1, (0,), (1,)).encode(), 1) == ScoreVector(1, (0,), (0,))


@pytest.mark.parametrize(
    ("norm", "score", "scale"), [(-1, 1, 1), (2**64, 1, 1), (1, -1, 1), (1, 65536, 1), (1, 1, 0), (1, 1, 65537)]
)
def test_score_vector__number_out_of_range__refused(norm: int, score: int, scale: int) -> None:
    with pytest.raises(ValueError, match=r"a norm is|a score is"):
        ScoreVector(norm, (score,), (scale,))


def test_score_vector__lengths_differ__refused() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ScoreVector(1, (1, 1), (1,))


# Medians


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_median__p11__lower_and_upper(values: list[int]) -> None:
    """P-11: the (m-1)/2-th and the m/2-th, counted from 0."""
    ordered = sorted(values)
    assert lower_median(values) == ordered[(len(ordered) - 1) // 2]
    assert upper_median(values) == ordered[len(ordered) // 2]


@pytest.mark.parametrize(
    ("votes", "settled"),
    [
        ([], (0, 0)),
        ([(9, 9), (9, 9)], (0, 0)),
        ([(10, 7), (30, 5), (20, 6)], (20, 6)),
        ([(10, 9), (0, 0), (20, 3)], (10, 3)),
        ([(10, 9), (0, 2), (20, 3)], (10, 3)),
        ([(0, 9), (0, 2), (20, 3)], (0, 0)),
        ([(0, 0), (0, 0), (50, 5), (60, 9)], (1, 5)),
        ([(0, 0), (0, 0), (0, 0), (50, 5), (60, 9)], (0, 0)),
        ([(0, 0), (0, 0), (1, 65536)], (0, 0)),
        ([(0, 1), (3, 8), (5, 6)], (3, 6)),
    ],
)
def test_settled_entry__p11__by_hand(votes: list[tuple[int, int]], settled: tuple[int, int]) -> None:
    """P-11: fewer than 3 votes give (0, 0); half of an even panel excludes nobody; (0, 0) has no say in the scale."""
    assert settled_entry(votes) == settled


@given(panels, st.data())
def test_medians__p11__are_the_definition(panel: tuple[int, list[ScoreVector]], data: st.DataObject) -> None:
    """P-11: every index from the votes that are not on one's own update; the norm from all."""
    count, panel_vectors = panel
    mine = st.one_of(st.none(), st.integers(0, count - 1)) if count else st.none()
    own = data.draw(st.lists(mine, min_size=len(panel_vectors), max_size=len(panel_vectors)))
    settled = medians(panel_vectors, own, count)
    for i in range(count):
        votes = [(v.scores[i], v.scales[i]) for v, o in zip(panel_vectors, own, strict=True) if o != i]
        assert (settled.scores[i], settled.scales[i]) == settled_entry(votes)
    assert settled.norm == sorted(v.norm for v in panel_vectors)[(len(panel_vectors) - 1) // 2]
    assert settled.included == tuple(i for i in range(count) if settled.scores[i] > 0)


@given(st.lists(entries, min_size=3, max_size=9))
def test_settled_entry__f21__lies_within_the_votes(votes: list[tuple[int, int]]) -> None:
    """F-21: a median never leaves the range of the votes, so a minority cannot drag it beyond the honest ones."""
    score, scale = settled_entry(votes)
    assert score == 0 or min(1, *(s for s, _ in votes)) <= score <= max(s for s, _ in votes)
    assert scale == 0 or scale in {max(c, 1) for s, c in votes if s or c > 1}


def test_medians__p11__evaluators_who_are_the_trainers__need_four() -> None:
    """P-11: three evaluators that are the three trainers leave two votes on each, and so include nobody."""
    vector = ScoreVector(5, (9, 9, 9), (9, 9, 9))
    assert medians([vector] * 3, [0, 1, 2], 3).included == ()
    assert medians([vector] * 4, [0, 1, 2, None], 3).included == (0, 1, 2)


def test_medians__bad_arguments__refused() -> None:
    vector = ScoreVector(1, (1,), (1,))
    with pytest.raises(ValueError, match="medians need vectors"):
        medians([], [], 0)
    with pytest.raises(ValueError, match="medians need vectors"):
        medians([vector], [], 1)
    with pytest.raises(ValueError, match="score 2 updates"):
        medians([vector], [None], 2)


@given(panels)
def test_medians__on_the_wire__come_back(panel: tuple[int, list[ScoreVector]]) -> None:
    settled = medians(panel[1], [None] * len(panel[1]), panel[0])
    data = encode_medians(settled)
    assert len(data) == 4 * panel[0]
    assert decode_medians(data, settled.norm) == settled


@pytest.mark.parametrize("data", [b"\0\0\0", b"\0\0\0\1", b"\0\1\0\0\0"])
def test_decode_medians__malformed__refused(data: bytes) -> None:
    with pytest.raises(WireError, match="medians"):
        decode_medians(data, 1)


def test_settled_scores__scale_of_what_is_left_out__refused() -> None:
    with pytest.raises(ValueError, match="left out"):
        SettledScores((0,), (5,), 1)


# Norms


@given(quantised(st.integers(0, 50)))
def test_norm_sq__p25__is_exact(q: np.ndarray) -> None:
    """P-25: the exact sum of q^2, which may exceed 64 bits."""
    assert norm_sq(q) == sum(v * v for v in q.tolist())


def test_norm_sq__p25__a_million_extremes__is_exact() -> None:
    """P-25: a million times 2^62."""
    assert norm_sq(np.full(1_000_000, -(2**31), np.int32)) == 1_000_000 * 2**62


def test_norm_sq__wrong_dtype__refused() -> None:
    with pytest.raises(ValueError, match="int32"):
        norm_sq(np.zeros(3, np.int64))  # type: ignore[arg-type]


@given(st.lists(st.one_of(st.just(0), st.integers(0, 2**90)), max_size=9), st.integers(0, 2**63))
def test_norm_bound__p25__is_the_clamped_lower_median(squares: list[int], last: int) -> None:
    """P-25: zero updates do not count; at most a quarter up, a fifth down, at least 1."""
    bound = norm_bound(squares, last)
    moving = sorted(square for square in squares if square)
    assert bound >= 1
    if not moving:
        assert bound == max(1, last)
        return
    raw = isqrt(moving[(len(moving) - 1) // 2])
    least, most = ceil(Fraction(4 * last, 5)), floor(Fraction(5 * last, 4))
    assert bound == max(1, min(max(raw, least), most))


@pytest.mark.parametrize(
    ("squares", "last", "bound"),
    [
        ([], 100, 100),
        ([0, 0], 100, 100),
        ([100 * 100], 100, 100),
        ([1], 100, 80),
        ([10**6], 100, 125),
        ([1], 101, 81),
        ([10**6], 101, 126),
        ([0, 81 * 81, 90 * 90, 99 * 99], 100, 90),
        ([90 * 90, 99 * 99], 100, 90),
        ([1], 0, 1),
        ([10**6], 1, 1),
        ([10**6], 3, 3),
        ([10**6], 4, 5),
    ],
)
def test_norm_bound__p25__by_hand(squares: list[int], last: int, bound: int) -> None:
    """P-25: tiny updates of half the trainers cannot freeze the model in one round."""
    assert norm_bound(squares, last) == bound


@given(st.integers(0, 2**90), st.integers(0, 2**64 - 1))
def test_scale_for__p25__is_the_definition(square: int, bound: int) -> None:
    """P-25: `max(1, min(65536, floor(2^16 * R / isqrt(normSq))))`, 65536 for a zero update."""
    scale = scale_for(square, bound)
    if square == 0:
        assert scale == 65536
    else:
        assert scale == max(1, min(65536, 65536 * bound // isqrt(square)))


@given(quantised(st.integers(1, 50)), st.integers(1, 2**40))
def test_scale_for__p25__size_does_not_pay(q: np.ndarray, bound: int) -> None:
    """P-25: what is larger than R comes down to R, but for rounding, and what is smaller stays."""
    scale = scale_for(norm_sq(q), bound)
    length = isqrt(norm_sq(q))
    if length <= bound:
        assert scale == 65536
    elif scale > 1:
        assert scale * length <= 65536 * bound


# Shares


def test_trainer_shares__p12__by_hand() -> None:
    """P-12: merit is the score less 1, so what is harmless but useless earns nothing."""
    assert trainer_shares(100, [0, 1, 3, 5]) == [0, 0, 33, 66]
    assert trainer_shares(100, [0, 1, 1]) == [0, 0, 0]
    assert trainer_shares(100, []) == []


@given(pools, st.lists(any_scores, max_size=20))
def test_trainer_shares__p12__are_floors_of_the_pool(pool: int, settled: list[int]) -> None:
    """P-12: each floored, never more than the pool, less than a wei lost for each trainer."""
    shares = trainer_shares(pool, settled)
    merits = [max(0, score - 1) for score in settled]
    if sum(merits):
        assert shares == [int(Fraction(pool * merit, sum(merits))) for merit in merits]
        assert pool - len(settled) < sum(shares) <= pool
    else:
        assert not any(shares)


@given(
    st.integers(0, 12).flatmap(lambda n: st.lists(st.tuples(any_scores, any_scores), min_size=n, max_size=n)), st.data()
)
def test_evaluator_quality__p26__is_the_definition(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    """P-26: agreement with the settled scores less the agreement with shifted ones."""
    scores, settled = [t for t, _ in pairs], [x for _, x in pairs]
    own = data.draw(st.one_of(st.none(), st.integers(0, len(pairs) - 1))) if pairs else None
    assert evaluator_quality(scores, settled, own) == reference.quality(scores, settled, own)


@given(st.integers(0, 65535), st.lists(any_scores, min_size=5, max_size=12))
def test_evaluator_quality__f23_p26__a_constant__is_worth_nothing(constant: int, settled: list[int]) -> None:
    """P-26, F-23: who scores all alike earns nothing, whatever the others say."""
    assert evaluator_quality([constant] * len(settled), settled, None) == 0


@given(st.lists(any_scores, min_size=2, max_size=9), st.data())
def test_evaluator_quality__p26__own_update__does_not_count(settled: list[int], data: st.DataObject) -> None:
    """P-26: over the indices that are not its own, renumbered."""
    own = data.draw(st.integers(0, len(settled) - 1))
    scores = data.draw(st.lists(any_scores, min_size=len(settled), max_size=len(settled)))
    rest = [score for i, score in enumerate(scores) if i != own]
    others = [score for i, score in enumerate(settled) if i != own]
    assert evaluator_quality(scores, settled, own) == evaluator_quality(rest, others, None)


@given(st.lists(any_scores, min_size=2, max_size=9))
def test_evaluator_quality__p26__agreement__is_never_worse_than_a_shift(settled: list[int]) -> None:
    """P-26: honest scores are worth at least as much as the same scores on the wrong updates."""
    shifted = settled[1:] + settled[:1]
    assert evaluator_quality(settled, settled, None) >= evaluator_quality(shifted, settled, None)


@given(pools, panels)
def test_evaluator_shares__p26__are_by_the_square_of_quality(pool: int, panel: tuple[int, list[ScoreVector]]) -> None:
    """P-26: pay is `pool * q^2 / sum(q^2)`, floored."""
    all_scores = [v.scores for v in panel[1]]
    own: list[int | None] = [k if k < panel[0] and k % 2 else None for k in range(len(all_scores))]
    settled = medians(panel[1], own, panel[0]).scores
    shares = evaluator_shares(pool, all_scores, own, settled)
    squares = [reference.quality(s, settled, o) ** 2 for s, o in zip(all_scores, own, strict=True)]
    assert sum(shares) <= pool
    if any(squares):
        assert shares == [int(Fraction(pool * square, sum(squares))) for square in squares]


def test_evaluator_shares__p26__all_qualities_zero__shared_by_those_who_agree() -> None:
    """P-26: as where every fit update scores 2 for want of a key, so that silence saves the sponsor nothing."""
    assert evaluator_shares(101, [(2, 2), (2, 2), (2, 9)], [None] * 3, (2, 2)) == [50, 50, 0]
    assert evaluator_shares(101, [(2, 7), (2, 2), (9, 2)], [1, None, None], (2, 2)) == [50, 50, 0]
    assert evaluator_shares(101, [(3, 3)], [None], (2, 2)) == [0]
    assert evaluator_shares(100, [(9,)], [0], (0,)) == [100]
