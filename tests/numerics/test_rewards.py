"""The tree of cumulative rewards (P-12)."""

from __future__ import annotations

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.rewards import EMPTY_LEAF, Account, RewardTree, operator_bytes, reward_leaf, updated
from parley.numerics.word_tree import root_from, uniform_root, verify
from tests.numerics import reference

pytestmark = pytest.mark.unit

DEPTH = 5
amounts = st.one_of(st.just(0), st.integers(0, 2**100))
members = st.integers(0, 2**DEPTH - 1)
gains = st.dictionaries(members, amounts, max_size=12)


def operator(member: int) -> str:
    """A different address for each member."""
    return "0x" + keccak(member.to_bytes(2, "big"))[:20].hex()


def accounts(sums: dict[int, int]) -> dict[int, Account]:
    return {member: Account(operator(member), amount) for member, amount in sums.items()}


def test_reward_leaf__p12__is_thirty_seven_bytes_hashed() -> None:
    """P-12: keccak256(0x01 || operator || uint128 cumulative)."""
    packed = b"\x01" + bytes.fromhex("11" * 20) + (7).to_bytes(16, "big")
    assert len(packed) == 37
    assert reward_leaf("0x" + "11" * 20, 7) == keccak(packed)


def test_reward_leaf__p12__nothing_earned__is_zero() -> None:
    """P-12: zero while nothing was earned."""
    assert reward_leaf(operator(1), 0) == EMPTY_LEAF == bytes(32)


@given(gains)
def test_reward_tree__p12__is_the_padded_tree_over_member_indices(sums: dict[int, int]) -> None:
    """P-12: fixed depth, over member index."""
    leaves = [reward_leaf(operator(m), sums.get(m, 0)) for m in range(2**DEPTH)]
    tree = RewardTree(accounts(sums), DEPTH)
    assert tree.root == reference.tree(leaves, DEPTH, EMPTY_LEAF)[0][0]
    assert tree.depth == DEPTH


@given(gains, members)
def test_reward_tree__p12__proves_every_member(sums: dict[int, int], member: int) -> None:
    """P-12: one claim pays for all past rounds; a member without rewards has a leaf too."""
    tree = RewardTree(accounts(sums), DEPTH)
    cumulative = sums.get(member, 0)
    assert tree.cumulative(member) == cumulative
    assert tree.leaf(member) == reward_leaf(operator(member), cumulative)
    assert root_from(tree.leaf(member), member, tree.proof(member)) == tree.root
    assert tree.holds(member, operator(member), cumulative)


@given(gains, members, st.integers(1, 10**6))
def test_reward_tree__f30__a_forged_leaf__does_not_verify(sums: dict[int, int], member: int, more: int) -> None:
    """F-30: neither another amount nor another's account."""
    tree = RewardTree(accounts(sums), DEPTH)
    cumulative = sums.get(member, 0)
    assert not tree.holds(member, operator(member), cumulative + more)
    forged = reward_leaf(operator(member), cumulative + more)
    assert not verify(tree.root, forged, member ^ 1, tree.proof(member), DEPTH)
    if cumulative:
        assert not tree.holds(member, operator(member + 1000), cumulative)


@pytest.mark.parametrize("levels", [1, 10, 16])
def test_reward_tree__nobody_earned__is_the_empty_root(levels: int) -> None:
    assert RewardTree({}, levels).root == uniform_root(EMPTY_LEAF, levels)


@pytest.mark.parametrize("levels", [0, 17])
def test_reward_tree__depth_out_of_range__refused(levels: int) -> None:
    with pytest.raises(ValueError, match="1 to 16"):
        RewardTree({}, levels)


@pytest.mark.parametrize("member", [-1, 4])
def test_reward_tree__member_beyond_the_depth__refused(member: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        RewardTree(accounts({member & 0xFF: 1}) if member > 0 else {member: Account(operator(0), 1)}, 2)


@given(st.lists(gains, max_size=5))
def test_updated__p12__adds_up_over_the_rounds(rounds: list[dict[int, int]]) -> None:
    """P-12: the cumulative reward is the exact sum, and never falls."""
    ledger: dict[int, Account] = {}
    for earned in rounds:
        before, ledger = ledger, updated(ledger, accounts(earned))
        assert all(ledger[m].cumulative >= account.cumulative for m, account in before.items())
    for member, account in ledger.items():
        assert account.cumulative == sum(earned.get(member, 0) for earned in rounds)


def test_updated__another_operator__refused() -> None:
    with pytest.raises(ValueError, match="member 3 is"):
        updated(accounts({3: 1}), {3: Account(operator(4), 1)})


def test_updated__same_operator_in_another_case__accepted() -> None:
    earned = {3: Account("0x" + operator(3)[2:].upper(), 1)}
    assert updated(accounts({3: 1}), earned) == {3: Account(operator(3), 2)}


@pytest.mark.parametrize("amount", [-1, 2**128])
def test_account__amount_out_of_range__refused(amount: int) -> None:
    with pytest.raises(ValueError, match="cumulative reward"):
        Account(operator(1), amount)


def test_account__sum_beyond_128_bits__refused() -> None:
    with pytest.raises(ValueError, match="cumulative reward"):
        updated(accounts({1: 2**128 - 1}), accounts({1: 1}))


@pytest.mark.parametrize(
    "text", ["", "0x", "11" * 20, "0x" + "11" * 19, "0x" + "11" * 21, "0x" + "1g" * 20, "0x " + "1" * 39]
)
def test_operator_bytes__no_address__refused(text: str) -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        operator_bytes(text)
