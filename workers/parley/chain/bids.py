"""How much is bid for block space: pure arithmetic on fees, deadlines and what is at stake (P-19).

Nodes replace a waiting transaction only where both fees rise by at least a tenth; each new bid rises by an eighth. The
ceiling is the ordinary maximum at first and the urgent one at the deadline, on a straight line of chain time between;
gas times fee never exceeds what is at stake. All fees are wei per unit of gas, all times seconds of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.fees import FeePolicy, Fees


@dataclass(frozen=True, slots=True)
class Worth:
    """What bounds the bids for one transaction.

    Attributes:
        gas: its limit.
        opened: chain time at which it was first wanted.
        deadline: chain time from which it is worth nothing; `None` if it is never too late.
        at_stake: wei that its gas may cost at most; `None` if unknown.
    """

    gas: int
    opened: int
    deadline: int | None = None
    at_stake: int | None = None


def ceiling(policy: FeePolicy, worth: Worth, now: int) -> int:
    """The most that may be offered at a chain time."""
    urgent = max(policy.urgent_max_fee, policy.max_fee)
    most = policy.max_fee + (urgent - policy.max_fee) * _elapsed(worth, now) // 10**6
    return most if worth.at_stake is None else min(most, worth.at_stake // worth.gas)


def opening(market: Fees, most: int) -> Fees:
    """The first bid: the market's price, as far as it is allowed."""
    return Fees(min(market.max_fee, most), min(market.tip, market.max_fee, most))


def raised(standing: Fees, market: Fees, most: int) -> Fees:
    """The bid that replaces a standing one: an eighth more of both fees, and the market's price as far as allowed.

    The standing bid itself where an eighth more is not allowed: it waits until the market comes down.
    """
    return _at_least(Fees(_eighth_more(standing.max_fee), _eighth_more(standing.tip)), standing, market, most)


def doubled(standing: Fees, most: int) -> Fees:
    """The bid against a rival of unknown price: twice as much, or what is allowed; else the standing one."""
    least = Fees(_eighth_more(standing.max_fee), _eighth_more(standing.tip))
    return _at_least(least, standing, Fees(2 * standing.max_fee, 2 * standing.tip), most)


def _at_least(least: Fees, standing: Fees, wanted: Fees, most: int) -> Fees:
    """The wanted bid between the least that replaces the standing one and the most that is allowed."""
    if least.max_fee > most:
        return standing
    max_fee = min(max(least.max_fee, wanted.max_fee), most)
    return Fees(max_fee, min(max(least.tip, wanted.tip), max_fee))


def _elapsed(worth: Worth, now: int) -> int:
    """How much of the time until the deadline is over, in millionths."""
    if worth.deadline is None:
        return 0
    span = worth.deadline - worth.opened
    if span <= 0:
        return 10**6
    return min(max(now - worth.opened, 0) * 10**6 // span, 10**6)


def _eighth_more(fee: int) -> int:
    """12.5 % more, rounded up; never the same."""
    return -(-fee * 9 // 8) + (fee == 0)
