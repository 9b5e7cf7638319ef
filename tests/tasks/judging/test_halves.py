"""Section 6, section 9: every evaluator scores on its own half, which its salt alone decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.keccak import keccak256
from parley.tasks.judging.halves import half, half_seed

pytestmark = pytest.mark.unit

salts = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 200), salts)
def test_half__any_shard__is_half_of_it_without_repeats(samples: int, salt: bytes) -> None:
    chosen = half(samples, salt).tolist()
    assert len(chosen) == min(samples, max(2, samples // 2))
    assert chosen == sorted(set(chosen))
    assert all(0 <= number < samples for number in chosen)


def test_half_seed__a_salt__is_hashed_with_its_purpose() -> None:
    assert half_seed(bytes(32)) == keccak256(bytes(32) + b"half")


def test_half__known_salt__is_the_same_on_every_machine() -> None:
    assert half(10, bytes(32)).tolist() == [0, 2, 4, 5, 6]


def test_half__many_salts__take_every_sample_equally_often() -> None:
    counts = sum(np.bincount(half(20, keccak256(bytes([i]))), minlength=20) for i in range(256))
    assert counts.min() > 128 - 5 * 8
    assert counts.max() < 128 + 5 * 8
