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
        max_fee: never offer more in all; a transaction that would need more waits.
    """

    min_tip: int = GWEI // 1000
    max_tip: int = 10 * GWEI
    max_fee: int = 500 * GWEI


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers.

    Attributes:
        max_fee: in all, the base fee included.
        tip: for the proposer.
    """

    max_fee: int
    tip: int

    def bumped(self, market: Fees, policy: FeePolicy) -> Fees:
        """Fees that replace these in a pool: at least an eighth more of both, and no less than the market's (P-19)."""
        raised = Fees(max(_eighth_more(self.max_fee), market.max_fee), max(_eighth_more(self.tip), market.tip))
        return raised if raised.max_fee <= policy.max_fee else self

    def doubled(self, policy: FeePolicy) -> Fees:
        """Fees for a rival of unknown price in the pool; the same ones where the limit is reached."""
        raised = Fees(2 * self.max_fee, 2 * self.tip)
        return raised if raised.max_fee <= policy.max_fee else self


def suggest(w3: Web3, policy: FeePolicy) -> Fees:
    """Fees that the next blocks will take: twice the base fee, and the median of the latest tips.

    Raises:
        ChainError: the node does not tell.
    """
    history = w3.eth.fee_history(HISTORY, "latest", [50.0])
    tips = [reward[0] for reward in history.get("reward", []) if reward]
    tip = min(max(int(median(tips)) if tips else 0, policy.min_tip), policy.max_tip)
    base_fees = history["baseFeePerGas"]
    if not base_fees:
        raise NodeRefused("eth_feeHistory", 0, "it tells no base fee")
    return Fees(min(2 * base_fees[-1] + tip, policy.max_fee), min(tip, policy.max_fee))


def _eighth_more(fee: int) -> int:
    """12.5 % more, rounded up; never the same."""
    return -(-fee * 9 // 8) + (fee == 0)
