"""What is wrong with one row: by witnesses and counts as on chain, against P-6 by sorting (P-15)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parley.numerics import row_checks
from parley.numerics.errors import WitnessInvalid
from parley.numerics.fixed_point import WORD_BYTES, Z
from parley.numerics.rules import Rule
from tests.numerics import reference
from tests.numerics.row_cases import RowCase, forged, row_case

pytestmark = pytest.mark.unit

seeds = st.integers(0, 2**32)
rules = st.sampled_from(Rule)


def drawn(seed: int, rule: Rule, n: int | None = None) -> tuple[RowCase, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return row_case(rng, rule, int(rng.integers(0, 12)) if n is None else n), rng


@settings(max_examples=300)
@given(seeds, rules)
def test_wrong_arithmetic__p15__honest_row__is_right_with_honest_witnesses(seed: int, rule: Rule) -> None:
    """P-15, P-6: in every lane; the new word is that of the reference."""
    case, _ = drawn(seed, rule)
    assert row_checks.find_wrong_lane(case.config, case.settled, case.row) is None
    for lane in range(8):
        column = [row_checks.lane_of(word, lane) - 2**31 for word in row_checks.words_of(case.row)]
        combined = reference.aggregate(
            rule,
            column[:-3],
            [case.settled.scales[i] for i in case.settled.included],
            [case.settled.scores[i] for i in case.settled.included],
            case.config.trim_bps,
        )
        assert column[-1] == reference.next_parameter(column[-2], column[-3], combined, case.config.beta)


@settings(max_examples=300)
@given(seeds, rules)
def test_wrong_arithmetic__p15_f35__honest_row_and_forged_witnesses__never_wrong(seed: int, rule: Rule) -> None:
    """P-15, F-35: neighbours of the sorted row and their neighbours convict nobody."""
    case, rng = drawn(seed, rule)
    for lane in range(8):
        lo, hi = forged(rng, case, lane)
        try:
            assert not row_checks.wrong_arithmetic(case.config, case.settled, case.row, lane, lo, hi)
        except WitnessInvalid:
            assert rule in (Rule.TRIMMED_MEAN, Rule.MEDIAN)


@settings(max_examples=300)
@given(seeds, rules, st.integers(0, 7), st.integers(0, 2**32 - 1))
def test_find_wrong_lane__p15_f36__altered_new_parameter__is_named(seed: int, rule: Rule, lane: int, u: int) -> None:
    """P-15, F-36: whatever stands there instead."""
    case, _ = drawn(seed, rule)
    row = case.row[:-WORD_BYTES] + with_lane(case.row[-WORD_BYTES:], lane, u)
    assume(row != case.row)
    wrong = row_checks.find_wrong_lane(case.config, case.settled, row)
    assert wrong is not None
    assert wrong.lane == lane
    assert row_checks.wrong_arithmetic(case.config, case.settled, row, wrong.lane, wrong.lo, wrong.hi)


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("n", [0, 1, 2, 255, 256])
def test_witnesses__p15__of_any_number_of_updates__are_accepted(rule: Rule, n: int) -> None:
    """P-15: N = 0, 1, 2, 255, 256."""
    case, _ = drawn(n, rule, n)
    assert row_checks.find_wrong_lane(case.config, case.settled, case.row) is None


def test_witnesses__p15__ties_throughout__are_accepted() -> None:
    """P-15: lo = hi."""
    case, _ = drawn(3, Rule.TRIMMED_MEAN, 7)
    case = case.uniform()
    for lane in range(8):
        lo, hi = row_checks.witnesses(case.config, row_checks.scaled_lane(case.row, case.settled, lane))
        assert lo == hi
    assert row_checks.find_wrong_lane(case.config, case.settled, case.row) is None


@given(seeds, rules, st.integers(-200, 200))
def test_rows__f45__of_wrong_length__are_wrong_whatever_the_witness(seed: int, rule: Rule, by: int) -> None:
    """F-45: too long or too short by any number of bytes."""
    case, _ = drawn(seed, rule)
    assume(by and len(case.row) + by >= 0)
    row = (case.row + Z * 7)[: len(case.row) + by]
    wrong = row_checks.find_wrong_lane(case.config, case.settled, row)
    assert wrong == row_checks.WrongLane(0, 0, 0)
    assert row_checks.wrong_arithmetic(case.config, case.settled, row, 7, 5, 6)
    assert row_checks.wrong_padding(row, case.settled)
    if len(row) < 96 or len(row) % 32:
        assert all(row_checks.wrong_model(row, place, Z) for place in (-3, -2, -1))


@pytest.mark.parametrize("length", [0, 1, 32, 64, 65, 95, 97])
def test_rows__f45__too_short_for_three_models_or_of_no_whole_words__have_none(length: int) -> None:
    """F-45: whatever the word."""
    row = (Z * 4)[:length]
    assert all(row_checks.wrong_model(row, place, Z) for place in (-3, -2, -1))
    assert row_checks.wrong_update(row, 0, Z) == (length < WORD_BYTES)


@given(seeds, rules)
def test_words__of_a_row__are_told_from_any_other(seed: int, rule: Rule) -> None:
    """Slots, old, previous and new word; what lies beyond the row is wrong."""
    case, _ = drawn(seed, rule)
    words = row_checks.words_of(case.row)
    n = len(words) - 3
    for slot in range(n):
        assert not row_checks.wrong_update(case.row, slot, words[slot])
        assert row_checks.wrong_update(case.row, slot, flipped(words[slot]))
    assert row_checks.wrong_update(case.row, n + 3, Z)
    for place in (row_checks.PREVIOUS, row_checks.OLD, row_checks.NEW):
        assert not row_checks.wrong_model(case.row, place, words[place])
        assert row_checks.wrong_model(case.row, place, flipped(words[place]))


@given(seeds, st.integers(0, 2**32))
def test_padding__p3__any_bit__is_wrong(seed: int, bit: int) -> None:
    """P-3: a row beyond the model is Z throughout."""
    case, _ = drawn(seed, Rule.MEAN)
    row = bytearray(Z * (len(case.settled.included) + 3))
    assert not row_checks.wrong_padding(bytes(row), case.settled)
    bit %= 8 * len(row)
    row[bit // 8] ^= 1 << bit % 8
    assert row_checks.wrong_padding(bytes(row), case.settled)


@pytest.mark.parametrize("lane", [-1, 8])
def test_lanes__beyond_the_word__refused(lane: int) -> None:
    case, _ = drawn(1, Rule.MEAN)
    for call in (
        lambda: row_checks.wrong_arithmetic(case.config, case.settled, case.row, lane, 0, 0),
        lambda: row_checks.lane_of(Z, lane),
    ):
        with pytest.raises(ValueError, match="lanes 0 to 7"):
            call()


def flipped(word: bytes) -> bytes:
    return bytes([word[0] ^ 1]) + word[1:]


def with_lane(word: bytes, lane: int, u: int) -> bytes:
    return word[: 4 * lane] + u.to_bytes(4, "big") + word[4 * lane + 4 :]
