"""Amounts of tokens for people: whole tokens, where programs have units of 18 decimals (wei)."""

from __future__ import annotations

from decimal import Decimal, localcontext

WEI = 10**18
"""Units to a whole token."""

DIGITS = 120
"""More than any uint256 has."""


def tokens(wei: int) -> str:
    """An amount in whole tokens, exact: 1500000000000000000 is "1.5"."""
    with localcontext(prec=DIGITS):
        text = f"{Decimal(wei) / WEI:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
