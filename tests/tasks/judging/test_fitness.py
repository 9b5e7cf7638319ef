"""Section 6, P-2, P-4, P-5: what is fit, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.errors import UpdateMismatch, WireError
from parley.numerics.fixed_point import encode
from parley.tasks.judging import fit_update

pytestmark = pytest.mark.unit

CLIP = 1000
Q = np.array([0, 1, -1, CLIP, -CLIP, 7, 8, 9, 10, 11], np.int32)
DATA = encode(Q)
ROOT = word_tree.root(DATA)


def test_fit_update__honest_bytes__are_the_update() -> None:
    assert np.array_equal(fit_update(DATA, params=10, clip=CLIP, root=ROOT), Q)


def with_lane(lane: int, value: int) -> bytes:
    return DATA[: 4 * lane] + (value + 2**31).to_bytes(4, "big") + DATA[4 * lane + 4 :]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "64 bytes, not 0"),
        (DATA[:-1], "64 bytes, not 63"),
        (DATA + bytes(32), "64 bytes, not 96"),
        (with_lane(3, CLIP + 1), "beyond the clip"),
        (with_lane(3, -CLIP - 1), "beyond the clip"),
        (with_lane(3, -(2**31)), "beyond the clip"),
        (with_lane(10, 1), "padding"),
        (with_lane(15, -1), "padding"),
        (bytes(64), "padding"),
    ],
)
def test_fit_update__wrong_size_clip_or_padding__is_unfit_even_under_its_own_root(data: bytes, reason: str) -> None:
    root = word_tree.root(data) if len(data) == 64 else ROOT
    with pytest.raises(WireError, match=reason):
        fit_update(data, params=10, clip=CLIP, root=root)


@given(st.integers(0, 9), st.integers(-CLIP, CLIP))
def test_fit_update__any_parameter_altered__does_not_hash_to_the_root(lane: int, value: int) -> None:
    if value == Q[lane]:
        return
    with pytest.raises(UpdateMismatch, match=ROOT.hex()):
        fit_update(with_lane(lane, value), params=10, clip=CLIP, root=ROOT)


@given(st.binary(max_size=128))
def test_fit_update__random_bytes__are_refused_as_content(data: bytes) -> None:
    with pytest.raises(ContentError):
        fit_update(data, params=10, clip=CLIP, root=ROOT)
