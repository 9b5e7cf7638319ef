"""Amounts of tokens: units of 18 decimals (wei) to programs, whole tokens to people."""

from __future__ import annotations

from decimal import Decimal, localcontext

WEI = 10**18
"""Units to a whole token."""

_DIGITS = 120
"""More than any uint256 has."""


def to_wei(amount: object) -> int:
    """Whole tokens, as text or an integer, to units of 18 decimals: "1.5" is 1500000000000000000.

    Raises:
        ValueError: it is no amount, negative, too long, or has more than 18 decimals.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int) or len(str(amount)) > _DIGITS:
        raise ValueError("an amount is whole tokens, as a string or an integer")
    with localcontext(prec=2 * _DIGITS):
        try:
            wei = Decimal(str(amount).replace(",", "").replace("_", "")) * WEI
        except ArithmeticError:
            raise ValueError(f"{amount!r:.40} is no amount of tokens") from None
        if not wei.is_finite() or wei < 0 or wei >= 2**256 or wei != wei.to_integral_value():
            raise ValueError(f"{amount!r:.40} is no amount of tokens: 0 or more, at most 18 decimals")
        return int(wei)


def tokens(wei: int) -> str:
    """An amount in whole tokens, exact: 1500000000000000000 is "1.5"."""
    with localcontext(prec=_DIGITS):
        text = f"{Decimal(wei) / WEI:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
