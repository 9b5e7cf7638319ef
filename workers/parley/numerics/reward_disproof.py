"""What is wrong with a posted reward tree, from chain data alone (P-12).

The leaves of members are expected to be the accounts before the round plus what the round earned them, all others zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from parley.numerics.faults import NOBODY, Path, Search, Tree, WrongReward
from parley.numerics.fixed_point import WORD_BYTES
from parley.numerics.rewards import EMPTY_LEAF, Account, Ledger, RewardTree, updated
from parley.numerics.settlement import SettlementInput, settle_rewards, settle_scores
from parley.numerics.word_tree import WordTree


def find_in_rewards(root: bytes, given: SettlementInput, members: Sequence[str]) -> WrongReward | Search | None:
    """The first wrong leaf of a posted reward tree that can be guessed, the tree to search, or `None` if it is right.

    Guessed are the tree of before the round, and those that leave out what the round earned one member.

    Args:
        root: the posted reward root.
        given: the committed data, with whoever posted it as aggregator; the `q` of updates and models are not read.
        members: the operators by member index, all that are given.
    """
    honest = RewardTree(_accounts(given), given.config.reward_depth)
    if root == honest.root:
        return None
    for guess in _guesses(given):
        tree = RewardTree(guess, honest.depth)
        if tree.root == root:
            index = next(i for i in range(1 << tree.depth) if tree.leaf(i) != honest.leaf(i))
            return reward_fault(index, tree.leaf(index), tuple(tree.proof(index)), given, members)
    return Search(Tree.REWARD)


def honest_rewards(given: SettlementInput) -> WordTree:
    """The reward tree as it should have been posted."""
    accounts = _accounts(given)
    tree = RewardTree(accounts, given.config.reward_depth)
    leaves = b"".join(tree.leaf(i) for i in range(max(accounts, default=-1) + 1))
    return WordTree(np.frombuffer(leaves, np.uint8).reshape(-1, WORD_BYTES), levels=tree.depth, pad=EMPTY_LEAF)


def reward_fault(index: int, leaf: bytes, path: Path, given: SettlementInput, members: Sequence[str]) -> WrongReward:
    """That a posted leaf is not what it should be.

    Args:
        index: the leaf's.
        leaf: the posted leaf.
        path: from the leaf to the posted reward root.
        given: as of `find_in_rewards`.
        members: as of `find_in_rewards`.

    Raises:
        ValueError: the leaf is the honest one, or an account belongs to no member.
    """
    accounts, depth = _accounts(given), given.config.reward_depth
    if accounts and max(accounts) >= len(members):
        raise ValueError(f"member {max(accounts)} has an account, but only {len(members)} indices are given")
    if leaf == RewardTree(accounts, depth).leaf(index):
        raise ValueError(f"the reward of member {index} is as it should be")
    if index >= len(members):
        return WrongReward(index, NOBODY, leaf, path, 0, ())
    before = RewardTree(given.ledger, depth)
    return WrongReward(index, members[index], leaf, path, before.cumulative(index), tuple(before.proof(index)))


def _accounts(given: SettlementInput) -> dict[int, Account]:
    """The accounts after the round."""
    return updated(given.ledger, _earned(given))


def _earned(given: SettlementInput) -> dict[int, Account]:
    return settle_rewards(given, settle_scores(given.votes, len(given.updates)))


def _guesses(given: SettlementInput) -> Iterator[Ledger]:
    """Accounts that a lazy or selfish aggregator would post; one that changes nothing has the honest root."""
    yield given.ledger
    earned = _earned(given)
    for member in earned:
        yield updated(given.ledger, {other: gain for other, gain in earned.items() if other != member})
