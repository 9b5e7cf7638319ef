"""Bids for block space."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.bids import Worth, ceiling, doubled, opening, raised
from parley.chain.fees import GWEI, FeePolicy, Fees

pytestmark = pytest.mark.unit

POLICY = FeePolicy(max_fee=100 * GWEI, urgent_max_fee=500 * GWEI)
wei = st.integers(0, 10**15)
fees = st.builds(lambda fee, tip: Fees(fee, min(fee, tip)), wei, wei)
policies = st.builds(FeePolicy, max_fee=st.integers(1, 10**13), urgent_max_fee=st.integers(1, 10**13))
worths = st.builds(
    Worth,
    gas=st.integers(21_000, 1 << 24),
    opened=st.integers(0, 1000),
    deadline=st.none() | st.integers(0, 2000),
    at_stake=st.none() | st.integers(0, 10**21),
)


def replaces(before: Fees, after: Fees) -> bool:
    """Whether both fees rose by an eighth."""
    return after.max_fee * 8 >= before.max_fee * 9 and after.tip * 8 >= before.tip * 9 and after.tip > before.tip


@given(fees, fees, wei)
def test_raised__any_market_and_ceiling__replaces_or_stays(standing: Fees, market: Fees, most: int) -> None:
    """F-70, P-19: nodes replace a transaction only for a tenth more of both fees: we bid an eighth more or nothing."""
    bid = raised(standing, market, most)
    if bid == standing:
        assert most * 8 < standing.max_fee * 9 or standing.max_fee == most == 0
        return
    assert replaces(standing, bid)
    assert bid.tip <= bid.max_fee <= most
    assert bid.max_fee >= min(market.max_fee, most)
    assert bid.tip >= min(market.tip, bid.max_fee)


@given(fees, wei)
def test_doubled__rival_of_unknown_price__twice_or_what_is_allowed(standing: Fees, most: int) -> None:
    bid = doubled(standing, most)
    if bid != standing:
        assert replaces(standing, bid)
        assert bid.tip <= bid.max_fee <= most
        assert bid.max_fee == max(
            min(2 * standing.max_fee, most), -(-standing.max_fee * 9 // 8) + (not standing.max_fee)
        )


@given(fees, wei)
def test_opening__any_market__is_the_market_as_far_as_allowed(market: Fees, most: int) -> None:
    bid = opening(market, most)
    assert bid.max_fee == min(market.max_fee, most)
    assert bid.tip == min(market.tip, bid.max_fee)


@given(policies, worths, st.integers(0, 3000), st.integers(0, 3000))
def test_ceiling__time_goes_by__rises_and_never_beyond_what_is_at_stake(
    policy: FeePolicy, worth: Worth, one: int, other: int
) -> None:
    """F-72: the nearer the deadline, the higher; never more than the urgent maximum or than what would be lost."""
    sooner, later = sorted((one, other))
    early, late = ceiling(policy, worth, sooner), ceiling(policy, worth, later)
    assert early <= late <= max(policy.max_fee, policy.urgent_max_fee)
    if worth.at_stake is not None:
        assert late * worth.gas <= worth.at_stake
    elif worth.deadline is None:
        assert early == late == policy.max_fee


@pytest.mark.parametrize(("now", "gwei"), [(0, 100), (100, 100), (150, 300), (199, 496), (200, 500), (300, 500)])
def test_ceiling__deadline_in_100_seconds__on_a_line_to_the_urgent_maximum(now: int, gwei: int) -> None:
    worth = Worth(gas=100_000, opened=100, deadline=200)
    assert ceiling(POLICY, worth, now) == gwei * GWEI
    assert ceiling(POLICY, replace(worth, at_stake=10**5 * 3 * GWEI), now) == 3 * GWEI


def test_bids__fee_spike_below_the_ceiling__goes_all_the_way() -> None:
    """A bid at the ceiling may be mined where one an eighth higher would wait."""
    assert raised(Fees(20, 1), Fees(3000, 2), 100) == Fees(100, 2)
    assert raised(Fees(99, 1), Fees(3000, 2), 100) == Fees(99, 1)
