"""Amounts of tokens on the command line: whole tokens, to units of 18 decimals (wei)."""

from __future__ import annotations

from decimal import Decimal, localcontext

from parley.amounts import DIGITS, WEI, tokens

__all__ = ["WEI", "to_wei", "tokens"]


def to_wei(amount: object) -> int:
    """Whole tokens, as text or an integer, to units of 18 decimals: "1.5" is 1500000000000000000.

    Raises:
        ValueError: it is no amount, negative, too long, or has more than 18 decimals.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int) or len(str(amount)) > DIGITS:
        raise ValueError("an amount is whole tokens, as a string or an integer")
    with localcontext(prec=2 * DIGITS):
        try:
            wei = Decimal(str(amount).replace(",", "").replace("_", "")) * WEI
        except ArithmeticError:
            raise ValueError(f"{amount!r:.40} is no amount of tokens") from None
        if not wei.is_finite() or wei < 0 or wei >= 2**256 or wei != wei.to_integral_value():
            raise ValueError(f"{amount!r:.40} is no amount of tokens: 0 or more, at most 18 decimals")
        return int(wei)
