"""Amounts of tokens, to wei and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.cli.amounts import to_wei, tokens

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("amount", "wei"),
    [("1", 10**18), (1, 10**18), ("1.5", 15 * 10**17), ("0.000000000000000001", 1), ("1,000", 10**21), (0, 0)],
)
def test_to_wei__whole_tokens__exact(amount: object, wei: int) -> None:
    assert to_wei(amount) == wei


@pytest.mark.parametrize(
    "amount",
    [1.5, True, None, "", "x", "-1", "0.0000000000000000001", "nan", "inf", "1e-19", [1], "1.2.3", "9" * 60, "1" * 200],
)
def test_to_wei__no_amount__refused(amount: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        to_wei(amount)


@given(st.integers(0, 2**256 - 1))
def test_to_wei__any_whole_amount_of_wei__comes_back(wei: int) -> None:
    text = f"{wei // 10**18}.{wei % 10**18:018}"
    assert to_wei(text) == wei


@pytest.mark.parametrize(
    ("wei", "text"),
    [(0, "0"), (1, "0.000000000000000001"), (10**18, "1"), (15 * 10**17, "1.5"), (10**21, "1,000"), (-(10**18), "-1")],
)
def test_tokens__wei__whole_tokens_exactly(wei: int, text: str) -> None:
    assert tokens(wei) == text


@given(st.integers(0, 2**256 - 1))
def test_tokens__any_amount__nothing_lost(wei: int) -> None:
    whole, _, rest = tokens(wei).replace(",", "").partition(".")
    assert int(whole) * 10**18 + int(rest.ljust(18, "0")) == wei
