"""What a transaction pays for gas (EIP-1559), in wei per unit of gas."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from web3 import Web3

from parley.chain.errors import NodeRefused

GWEI = 10**9
HISTORY = 10
"""Blocks whose tips are looked at."""


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """Bounds on fees.

    Attributes:
        min_tip: least priority fee.
        max_tip: most that is offered at first.
        max_fee: most that is offered in all while there is time; a transaction that would need more waits.
        urgent_max_fee: most that is offered in all at a deadline.
    """

    min_tip: int = GWEI // 1000
    max_tip: int = 10 * GWEI
    max_fee: int = 100 * GWEI
    urgent_max_fee: int = 500 * GWEI


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers.

    Attributes:
        max_fee: in all, the base fee included.
        tip: for the proposer, at most `max_fee`.
    """

    max_fee: int
    tip: int


def suggest(w3: Web3, policy: FeePolicy) -> Fees:
    """Fees that the next blocks will take: twice the base fee, and the median of the latest tips.

    Only the tip is bounded here: what may be offered in all depends on what is at stake (`parley.chain.bids`).

    Raises:
        ChainError: the node does not tell.
    """
    history = w3.eth.fee_history(HISTORY, "latest", [50.0])
    tips = [reward[0] for reward in history.get("reward", []) if reward]
    tip = min(max(int(median(tips)) if tips else 0, policy.min_tip), policy.max_tip)
    base_fees = history["baseFeePerGas"]
    if not base_fees:
        raise NodeRefused("eth_feeHistory", 0, "it tells no base fee")
    return Fees(2 * base_fees[-1] + tip, tip)
