"""The aggregation rules and the momentum (P-6) against Python's integers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics import _sorting_network, rules
from parley.numerics.rules import Rule, aggregate, look_ahead, next_model, rescale, trim_count
from tests.numerics import reference
from tests.numerics.strategies import EXTREMES, betas, quantised, scales, scores, stacks, trims
from tests.numerics.strategies import rules as any_rule

pytestmark = pytest.mark.unit


@given(any_rule, stacks(), trims, st.data())
def test_aggregate__p6__is_the_definition(rule: Rule, updates: np.ndarray, trim: int, data: st.DataObject) -> None:
    """P-6: every rule, coordinate by coordinate, all divisions floor."""
    n = len(updates)
    factors = data.draw(st.lists(scales, min_size=n, max_size=n))
    weights = data.draw(st.lists(scores, min_size=n, max_size=n))
    expected = [reference.aggregate(rule, column, factors, weights, trim) for column in updates.T.tolist()]
    result = aggregate(rule, updates, factors, weights, trim)
    assert result.dtype == np.int64
    assert result.tolist() == expected


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("n", [1, 2, 3, 64, 100, 255, 256])
def test_aggregate__p6__as_many_trainers_as_a_round_takes(rule: Rule, n: int) -> None:
    """P-6: 3 to 256 trainers; the widths around a block of coordinates."""
    rng = np.random.default_rng(n)
    updates = rng.choice(EXTREMES, (n, 131)).astype(np.int32)
    updates[:, 40:90] = rng.integers(-(2**31), 2**31, (n, 50))
    factors, weights = rng.integers(1, 65537, n).tolist(), rng.integers(1, 65536, n).tolist()
    expected = [reference.aggregate(rule, column, factors, weights, 2000) for column in updates.T.tolist()]
    assert aggregate(rule, updates, factors, weights, 2000).tolist() == expected


@pytest.mark.parametrize("extreme", [-(2**31), 2**31 - 1])
def test_aggregate__p6__largest_weights__do_not_overflow(extreme: int) -> None:
    """P-6, F-46: 256 extreme updates at the largest score stay exact."""
    updates = np.full((256, 3), extreme, np.int32)
    assert aggregate(Rule.WEIGHTED_MEAN, updates, [65536] * 256, [65535] * 256).tolist() == [extreme] * 3


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("less", [0, 1])
def test_weighted_mean__p6__sums_beyond_53_bits__floor_exactly(sign: int, less: int) -> None:
    """P-6: quotients that are whole, or a hair below, where floating point cannot tell them apart."""
    rng = np.random.default_rng(less)
    columns = sign * rng.integers(2**30, 2**31 - 1, 4000)
    updates = np.tile(columns, (256, 1)).astype(np.int32)
    updates[0] -= less
    weights = [1, *[65535] * 254, 65531]
    expected = columns - less  # the floor of the column's value less at most one part in 2^24
    assert aggregate(Rule.WEIGHTED_MEAN, updates, [65536] * 256, weights).tolist() == expected.tolist()


@pytest.mark.parametrize("rule", Rule)
def test_aggregate__p6__nothing_included__is_zero(rule: Rule) -> None:
    """P-6: N = 0 gives 0."""
    assert aggregate(rule, np.zeros((0, 5), np.int32), [], [], 2000).tolist() == [0] * 5


@given(any_rule, stacks(max_updates=8), trims, st.data())
def test_aggregate__order_of_the_updates__does_not_matter(
    rule: Rule, updates: np.ndarray, trim: int, data: st.DataObject
) -> None:
    n = len(updates)
    factors = np.array(data.draw(st.lists(scales, min_size=n, max_size=n)), np.int64)
    weights = np.array(data.draw(st.lists(scores, min_size=n, max_size=n)), np.int64)
    order = np.array(data.draw(st.permutations(range(n))), np.int64)
    shuffled = aggregate(rule, updates[order], factors[order], weights[order], trim)
    assert np.array_equal(shuffled, aggregate(rule, updates, factors, weights, trim))


@given(st.integers(1, 4), st.integers(0, 2))
def test_trimmed_mean__f93__a_minority_of_wild_updates__stays_in_the_honest_range(honest_by: int, wild: int) -> None:
    """F-93, F-94: with a fifth trimmed at each end, a fifth of wild updates moves nothing beyond the honest ones."""
    n = 10
    updates = np.full((n, 4), 100 * honest_by, np.int32)
    updates[:wild] = 2**31 - 1
    result = aggregate(Rule.TRIMMED_MEAN, updates, [65536] * n, [1] * n, 2000)
    assert result.tolist() == [100 * honest_by] * 4


def test_aggregate__transposed_view__is_read_as_shown() -> None:
    updates = np.arange(-30, 30, dtype=np.int32).reshape(12, 5)
    for rule in Rule:
        expected = aggregate(rule, updates.T.copy(), [65536] * 5, [1, 2, 3, 4, 5], 2000)
        assert np.array_equal(aggregate(rule, updates.T, [65536] * 5, [1, 2, 3, 4, 5], 2000), expected)


@pytest.mark.parametrize(
    ("scale", "score", "trim", "match"),
    [
        (0, 1, 0, "scales are 1 to 65536, not 0"),
        (65537, 1, 0, "scales"),
        (1, 0, 0, "scores are 1 to 65535, not 0"),
        (1, 65536, 0, "scores"),
        (1, 1, 5000, "trim_bps is 0 to 4999, not 5000"),
        (1, 1, -1, "trim_bps"),
    ],
)
def test_aggregate__number_out_of_range__refused(scale: int, score: int, trim: int, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        aggregate(Rule.MEAN, np.zeros((1, 3), np.int32), [scale], [score], trim)


def test_aggregate__wrong_shapes__refused() -> None:
    with pytest.raises(ValueError, match="int32"):
        aggregate(Rule.MEAN, np.zeros((1, 3), np.int64), [1], [1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one to an update"):
        aggregate(Rule.MEAN, np.zeros((2, 3), np.int32), [1], [1, 1])


@given(quantised(st.integers(1, 20)), scales)
def test_rescale__p6__is_the_floor(q: np.ndarray, scale: int) -> None:
    """P-6: `x = floor(q * c / 2^16)`, which is `((u * c) >> 16) + 2^31 - (c << 15)` on offset lanes."""
    result = rescale(q, scale)
    assert result.tolist() == [reference.rescale(v, scale) for v in q.tolist()]
    offset = [(((v + 2**31) * scale) >> 16) + 2**31 - (scale << 15) for v in q.tolist()]
    assert [v + 2**31 for v in result.tolist()] == offset


@pytest.mark.parametrize("scale", [0, 65537])
def test_rescale__scale_out_of_range__refused(scale: int) -> None:
    with pytest.raises(ValueError, match="a scale is"):
        rescale(np.zeros(1, np.int32), scale)


@given(st.integers(1, 30), betas, st.data())
def test_next_model__p6__is_the_definition(params: int, beta: int, data: st.DataObject) -> None:
    """P-6: look-ahead, then the aggregate, each clamped."""
    old, previous, change = (data.draw(quantised(params)) for _ in range(3))
    result = next_model(old, previous, change.astype(np.int64), beta)
    columns = zip(old.tolist(), previous.tolist(), change.tolist(), strict=True)
    assert result.dtype == np.int32
    assert result.tolist() == [reference.next_parameter(o, p, a, beta) for o, p, a in columns]
    assert (
        look_ahead(old, previous, beta).tolist() == next_model(old, previous, np.zeros(params, np.int64), beta).tolist()
    )


def test_next_model__p6__extremes__are_the_definition() -> None:
    """P-6: clamp is to the range of int32, on both sides, twice."""
    grid = np.array(list(itertools.product(EXTREMES, repeat=3)), np.int32)
    for beta in (0, 1, 32768, 65535):
        result = next_model(grid[:, 0], grid[:, 1], grid[:, 2].astype(np.int64), beta)
        assert result.tolist() == [reference.next_parameter(o, p, a, beta) for o, p, a in grid.tolist()]


@given(quantised(st.integers(1, 20)), betas)
def test_look_ahead__p6__at_genesis__is_the_model(old: np.ndarray, beta: int) -> None:
    """P-6: at genesis previous = old."""
    assert np.array_equal(look_ahead(old, old, beta), old)


@pytest.mark.parametrize("beta", [-1, 65536])
def test_next_model__beta_out_of_range__refused(beta: int) -> None:
    model = np.zeros(3, np.int32)
    with pytest.raises(ValueError, match="beta"):
        next_model(model, model, np.zeros(3, np.int64), beta)


def test_next_model__wrong_shapes__refused() -> None:
    model = np.zeros(3, np.int32)
    with pytest.raises(ValueError, match="a model is"):
        next_model(model, model[:2], np.zeros(3, np.int64), 0)
    with pytest.raises(ValueError, match="a model is"):
        next_model(model, model, model, 0)  # type: ignore[arg-type]


@given(st.integers(0, 256), trims)
def test_trim_count__p6__never_trims_all(n: int, trim: int) -> None:
    """P-6: `k = N * trimBps / 10000`, trimBps < 5000."""
    assert trim_count(n, trim) == n * trim // 10_000
    assert n == 0 or n - 2 * trim_count(n, trim) > 0


@pytest.mark.parametrize("n", range(1, 11))
def test_network__every_zero_one_input__puts_the_wanted_ranks_in_place(n: int) -> None:
    """The 0-1 principle: a network that is right on all inputs of zeros and ones is right on all (Knuth, 5.3.4)."""
    inputs = np.array(list(itertools.product([0, 1], repeat=n)))
    ordered = np.sort(inputs, axis=1)
    for low, high in itertools.combinations(range(n + 1), 2):
        values = inputs.copy()
        for i, j in _sorting_network.network(n, low, high):
            values[:, [i, j]] = np.sort(values[:, [i, j]], axis=1)
        assert np.array_equal(values[:, low:high].sum(axis=1), ordered[:, low:high].sum(axis=1))


def test_network__all_wanted__compares_nothing() -> None:
    assert len(_sorting_network.network(100, 0, 100)) == 0
    assert len(_sorting_network.network(0, 0, 0)) == 0


def test_rule__numbers__are_those_of_the_contract() -> None:
    assert [rule.value for rule in Rule] == [0, 1, 2, 3]
    assert [rule.name for rule in Rule] == ["MEAN", "WEIGHTED_MEAN", "TRIMMED_MEAN", "MEDIAN"]
    assert rules.UNIT_SCALE == rules.UNIT_BETA == 65536
