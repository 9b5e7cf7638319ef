"""The tree of cumulative rewards (P-12). Its leaves are those of `WordTree.rewardLeaf` in `contracts/libraries`.

A member's leaf is `keccak256(0x01 ‖ operator ‖ cumulative)`, the cumulative reward in this federation as a uint128 in
wei, or 32 zero bytes while it has earned nothing. The depth is fixed by the federation and bounds its members.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parley.numerics.fixed_point import WORD_BYTES
from parley.numerics.keccak import keccak256
from parley.numerics.word_tree import WordTree, verify

EMPTY_LEAF = bytes(WORD_BYTES)
MAX_DEPTH = 16
MAX_CUMULATIVE = 2**128 - 1


@dataclass(frozen=True, slots=True)
class Account:
    """What a member has earned in a federation since it began.

    Attributes:
        operator: the address that may claim, `0x` and 40 hexadecimal digits, in any case.
        cumulative: all it ever earned, in wei, below 2^128.
    """

    operator: str
    cumulative: int

    def __post_init__(self) -> None:
        operator_bytes(self.operator)
        if not 0 <= self.cumulative <= MAX_CUMULATIVE:
            raise ValueError(f"a cumulative reward is 0 to 2^128 - 1, not {self.cumulative}")


Ledger = Mapping[int, Account]
"""The accounts by member index."""


def operator_bytes(operator: str) -> bytes:
    """The 20 bytes of an address.

    Raises:
        ValueError: it is not `0x` and 40 hexadecimal digits.
    """
    digits = operator.removeprefix("0x")
    if len(operator) != 42 or len(digits) != 40 or not all(c in "0123456789abcdefABCDEF" for c in digits):
        raise ValueError(f"an operator is an address of 20 bytes, not {operator!r}")
    return bytes.fromhex(digits)


def reward_leaf(operator: str, cumulative: int) -> bytes:
    """`keccak256(0x01 ‖ operator ‖ uint128 cumulative)`, or 32 zero bytes while nothing was earned."""
    if cumulative == 0:
        return EMPTY_LEAF
    return keccak256(b"\x01" + operator_bytes(operator) + cumulative.to_bytes(16, "big"))


def updated(ledger: Ledger, earned: Ledger) -> dict[int, Account]:
    """The accounts after a round.

    Args:
        ledger: the accounts before it.
        earned: what the round earned each member, `Account.cumulative` being this round's sum in wei.

    Raises:
        ValueError: a member index belongs to another operator, or a sum exceeds 128 bits.
    """
    accounts = dict(ledger)
    for member, gain in earned.items():
        before = accounts.get(member, Account(gain.operator, 0))
        if operator_bytes(before.operator) != operator_bytes(gain.operator):
            raise ValueError(f"member {member} is {before.operator}, not {gain.operator}")
        accounts[member] = Account(before.operator, before.cumulative + gain.cumulative)
    return accounts


class RewardTree:
    """The tree over all accounts of a federation.

    Args:
        ledger: the accounts by member index; all others are empty.
        levels: the federation's depth, 1 to 16.

    Raises:
        ValueError: the depth is out of range, or a member index does not fit it.
    """

    def __init__(self, ledger: Ledger, levels: int) -> None:
        if not 1 <= levels <= MAX_DEPTH:
            raise ValueError(f"the depth of a reward tree is 1 to {MAX_DEPTH}, not {levels}")
        if any(not 0 <= member < 1 << levels for member in ledger):
            raise ValueError(f"member indices {min(ledger)} to {max(ledger)} do not fit a tree of depth {levels}")
        self._ledger = dict(ledger)
        leaves = np.zeros((max(ledger, default=-1) + 1, WORD_BYTES), np.uint8)
        for member, account in ledger.items():
            leaves[member] = np.frombuffer(reward_leaf(account.operator, account.cumulative), np.uint8)
        self._tree = WordTree(leaves, levels=levels, pad=EMPTY_LEAF)

    @property
    def depth(self) -> int:
        """The fixed depth."""
        return self._tree.depth

    @property
    def root(self) -> bytes:
        """The 32-byte root."""
        return self._tree.root

    def leaf(self, member: int) -> bytes:
        """The leaf of a member, 32 zero bytes while it has earned nothing."""
        return self._tree.node(self.depth, member)

    def proof(self, member: int) -> list[bytes]:
        """The siblings from the member's leaf upwards, `depth` of them: what `claim` takes."""
        return self._tree.proof(member)

    def cumulative(self, member: int) -> int:
        """All that the member ever earned, in wei."""
        account = self._ledger.get(member)
        return account.cumulative if account else 0

    def holds(self, member: int, operator: str, cumulative: int) -> bool:
        """Whether the member's leaf says that: what every worker checks before a settlement is final (P-12)."""
        return verify(self.root, reward_leaf(operator, cumulative), member, self.proof(member), self.depth)
