"""Bids for block space."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.fees import GWEI, FeePolicy, Fees

pytestmark = pytest.mark.unit

UNBOUNDED = FeePolicy(max_fee=10**30)
fees = st.builds(Fees, max_fee=st.integers(0, 10**15), tip=st.integers(0, 10**15))


@given(fees, fees)
def test_bumped__any_market__is_an_eighth_more_and_no_less_than_the_market(offered: Fees, market: Fees) -> None:
    """P-19: nodes replace a transaction only for at least 10 % more of both fees; we offer 12.5 %."""
    raised = offered.bumped(market, UNBOUNDED)
    assert raised.max_fee * 8 >= offered.max_fee * 9
    assert raised.tip * 8 >= offered.tip * 9
    assert raised.max_fee > offered.max_fee
    assert raised.tip > offered.tip
    assert raised.max_fee >= market.max_fee
    assert raised.tip >= market.tip


def test_bumped__beyond_the_largest_fee__stays() -> None:
    offered = Fees(450 * GWEI, GWEI)
    assert offered.bumped(Fees(1, 1), FeePolicy()) == offered
