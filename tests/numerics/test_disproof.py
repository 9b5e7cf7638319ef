"""Every lie is found and shown, no honest settlement is: against a liar who answers demands by what it posted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.numerics import word_tree
from parley.numerics.descent import Demand, Found
from parley.numerics.disproof import (
    NOBODY,
    Search,
    Tree,
    Truth,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
    conclude,
    find,
    find_beyond_clip,
    find_in_scores,
    honest_tree,
)
from parley.numerics.errors import MissingUpdate, WireError
from parley.numerics.fixed_point import WORD_BYTES, Z, encode, words_for
from parley.numerics.rewards import RewardTree, reward_leaf
from parley.numerics.rows import row_bytes
from parley.numerics.rules import Rule
from tests.numerics.disputed import (
    Liar,
    Refused,
    Unanswerable,
    contents,
    judge,
    make_truth,
    operator,
    pursue,
    with_lane,
    with_votes,
)
from tests.numerics.lies import (
    LIES,
    Lie,
    any_row,
    consistent_update,
    consistent_word,
    old_model_again,
    rewards_of_before,
    swapped_rows,
)
from tests.numerics.strategies import rules as any_rule

pytestmark = pytest.mark.unit

# ------------------------------------------------ soundness and completeness ----------------------------

seeds = st.integers(0, 2**32)
shapes = st.tuples(st.integers(0, 7), st.sampled_from([1, 8, 9, 17, 19, 33, 64]))


def require_convicted(liar: Liar, *, fetched: bool) -> None:
    posted, truth = liar.posted(), liar.truth
    demands: list[Demand] = []
    try:
        fault = pursue(liar, fetched=fetched, watch=demands.append)
    except Unanswerable:
        return
    finally:
        assert len(demands) <= 2
    if posted == Liar(truth).posted():
        assert fault is None
    else:
        assert fault is not None
        assert judge(fault, posted, truth)


@settings(max_examples=400)
@given(seeds, any_rule, shapes, st.lists(st.sampled_from(LIES), min_size=1, max_size=3), st.booleans())
def test_find__p15_p22__any_lies__end_in_a_conviction(
    seed: int, rule: Rule, shape: tuple[int, int], lies: list[Lie], fetched: bool
) -> None:
    """P-15, P-22, F-31, F-36: whatever is wrong is shown by a call, or leads to a demand that nobody can answer."""
    liar, rng = Liar(make_truth(seed, rule, *shape)), np.random.default_rng(seed)
    for lie in lies:
        lie(liar, rng)
    require_convicted(liar, fetched=fetched)


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("seed", range(3))
def test_find__p22__each_lie_by_itself__is_convicted(lie: Lie, seed: int) -> None:
    """P-22: as above, each lie for certain."""
    truth = with_votes(make_truth(seed), (3, 0, 2, 9, 1))
    liar = Liar(truth)
    lie(liar, np.random.default_rng(seed))
    assert liar.posted() != Liar(truth).posted() or lie is swapped_rows
    require_convicted(liar, fetched=bool(seed % 2))


@given(seeds, any_rule, shapes, st.booleans())
def test_find__honest_settlement__nothing(seed: int, rule: Rule, shape: tuple[int, int], fetched: bool) -> None:
    """P-15, F-35: what is right has no fault."""
    assert pursue(Liar(make_truth(seed, rule, *shape)), fetched=fetched) is None


@pytest.mark.parametrize("trainers", [0, 1, 256])
@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("lie", [consistent_word, any_row, consistent_update])
def test_find__n_0_1_and_256__each_lie_is_convicted(trainers: int, rule: Rule, lie: Lie) -> None:
    """P-15: none, one and as many updates as a round takes."""
    truth = with_votes(make_truth(5, rule, trainers), [1 + i % 9 for i in range(trainers)])
    assert len(truth.result.included) == trainers
    assert find(Liar(truth).posted(), truth) is None
    liar = Liar(truth)
    lie(liar, np.random.default_rng(trainers))
    require_convicted(liar, fetched=True)


# ------------------------------------------------ which call --------------------------------------------


def simple() -> Truth:
    """Three of five updates included: 0, 2 and 3; three words and one of padding."""
    return with_votes(make_truth(1), (3, 0, 2, 9, 0))


def test_find__wrong_entry_or_norm__is_named() -> None:
    """P-11: the reveal index of the entry; the number of updates for the norm."""
    liar = Liar(simple())
    medians = bytearray(liar.medians)
    medians[4 * 3 + 2] ^= 1
    liar.medians = bytes(medians)
    assert pursue(liar, fetched=False) == WrongMedian(3)
    liar = Liar(simple())
    liar.norm += 1
    assert pursue(liar, fetched=False) == WrongMedian(5)
    liar = Liar(simple())
    liar.earned -= 1
    assert pursue(liar, fetched=False) == WrongEarned()


def test_find__medians_of_another_length__refused() -> None:
    truth = simple()
    with pytest.raises(ValueError, match="medians of 5 updates are 20 bytes, not 16"):
        find(replace(Liar(truth).posted(), medians=bytes(16)), truth)


def test_find_in_scores__updates_and_models_missing__needs_none() -> None:
    """P-23: a wrong median needs no content to be shown."""
    truth = simple()
    none = np.zeros(0, np.int32)
    given_ = replace(truth.given, updates=[replace(u, q=None) for u in truth.given.updates], old=none, previous=none)
    posted = Liar(truth).posted()
    assert find_in_scores(posted, given_, truth.members) is None
    assert find_in_scores(replace(posted, norm=posted.norm + 1), given_, truth.members) == WrongMedian(5)


def test_find__rewards_of_before__need_no_demand() -> None:
    """P-12: nobody is paid: the tree can be guessed."""
    liar = Liar(simple())
    rewards_of_before(liar, np.random.default_rng(0))
    assert isinstance(pursue(liar, fetched=False), WrongReward)
    assert isinstance(find(liar.posted(), liar.truth), WrongReward)


def test_find__one_member_left_out__needs_no_demand() -> None:
    """P-12: somebody's reward is left out: the tree can be guessed."""
    liar = Liar(simple())
    account = liar.truth.given.ledger.get(3)
    liar.leaves[3] = reward_leaf(operator(3), account.cumulative if account else 0)
    fault = find(liar.posted(), liar.truth)
    assert isinstance(fault, WrongReward)
    assert fault.index == 3
    assert judge(fault, liar.posted(), liar.truth)


@pytest.mark.parametrize("beyond", [0, 1, 20])
def test_find__leaf_of_an_index_given_to_nobody__is_shown_without_an_operator(beyond: int) -> None:
    """P-12: beyond the members every leaf is zero."""
    liar = Liar(simple())
    index = len(liar.truth.members) + beyond
    liar.leaves[index] = reward_leaf(operator(77), 10**30)
    fault = pursue(liar, fetched=False)
    assert isinstance(fault, WrongReward)
    assert (fault.index, fault.operator, fault.previous_path) == (index, NOBODY, ())
    assert judge(fault, liar.posted(), liar.truth)


def test_find__leaf_of_a_member_that_never_earned__names_its_operator() -> None:
    """P-12: an index is its operator's from when it was given, though its settlement was convicted and it has none."""
    liar = Liar(simple())
    index = len(liar.truth.members) - 1
    liar.leaves[index] = reward_leaf(operator(index), 5)
    fault = pursue(liar, fetched=False)
    assert isinstance(fault, WrongReward)
    assert (fault.index, fault.operator, fault.previous) == (index, operator(index), 0)
    assert judge(fault, liar.posted(), liar.truth)


def test_find__wrong_model_over_right_rows__is_a_new_word() -> None:
    """The rows are right and the model is not: one word of it, without a demand if it was fetched."""
    liar = Liar(simple())
    liar.words[1] = with_lane(liar.words[1], 5, 7)
    for fetched in (True, False):
        fault = pursue(liar, fetched=fetched)
        assert isinstance(fault, WrongNewModel)
        assert (fault.index, fault.word) == (1, liar.words[1])
    assert find(liar.posted(), liar.truth) == Search(Tree.MODEL)


def test_find__padding_of_the_model__is_a_new_word() -> None:
    """P-3: beyond the model every word is Z; no object shows it, a demand does."""
    liar = Liar(simple())
    liar.words[3] = bytes(32)
    fault = pursue(liar, fetched=True)
    assert isinstance(fault, WrongNewModel)
    assert fault.index == 3


def test_find__one_wrong_word_everywhere__needs_the_model_and_no_demand() -> None:
    """F-36: an old aggregate, or one wrong word, in model and row alike."""
    liar = Liar(simple())
    liar.words[2] = with_lane(liar.words[2], 1, 7)
    liar.rows[2] = liar.rows[2][:-WORD_BYTES] + liar.words[2]
    fault = find(liar.posted(), liar.truth, liar.model_object())
    assert isinstance(fault, WrongArithmetic)
    assert (fault.index, fault.lane) == (2, 1)
    assert judge(fault, liar.posted(), liar.truth)
    assert find(liar.posted(), liar.truth) == Search(Tree.ROW)


def test_find__dirty_padding_lanes_of_the_last_word__need_no_demand() -> None:
    """P-4: 19 parameters leave five lanes of the third word."""
    liar = Liar(simple())
    liar.words[2] = with_lane(liar.words[2], 7, 0)
    liar.rows[2] = liar.rows[2][:-WORD_BYTES] + liar.words[2]
    fault = find(liar.posted(), liar.truth, liar.model_object())
    assert isinstance(fault, WrongArithmetic)
    assert (fault.index, fault.lane) == (2, 7)


def test_find__model_stays_as_it_was__needs_neither_model_nor_demand() -> None:
    """A lazy aggregator posts the old model: everybody has that."""
    liar = Liar(simple())
    old_model_again(liar, np.random.default_rng(0))
    fault = find(liar.posted(), liar.truth)
    assert isinstance(fault, WrongArithmetic)
    assert judge(fault, liar.posted(), liar.truth)


def test_find__rewards_to_search_and_a_word_to_show__shows_the_word() -> None:
    """P-22: a demand costs a fee and a window; what needs none comes first."""
    liar = Liar(simple())
    liar.leaves[2], liar.leaves[3] = liar.leaves[3], liar.leaves[2]
    assert find(liar.posted(), liar.truth) == Search(Tree.REWARD)
    liar.words[1] = bytes(32)
    assert isinstance(find(liar.posted(), liar.truth, liar.model_object()), WrongNewModel)
    assert find(liar.posted(), liar.truth) == Search(Tree.REWARD)


@pytest.mark.parametrize(("size", "why"), [(96, "another model"), (95, "too short"), (0, "nothing")])
def test_find__object_that_is_not_the_posted_model__is_as_good_as_none(size: int, why: str) -> None:
    """P-23: the root is the authority, the CID a hint."""
    liar = Liar(simple())
    liar.words[1] = bytes(32)
    assert find(liar.posted(), liar.truth, bytes(size)) == Search(Tree.MODEL), why


WORDS = {0: WrongUpdate, 1: WrongUpdate, 2: WrongUpdate, 3: WrongOldModel, 4: WrongOldModel, 5: WrongArithmetic}


@pytest.mark.parametrize("place", WORDS)
def test_find__wrong_word_of_a_consistent_row__is_shown_against_its_root(place: int) -> None:
    """A row of other updates or models, in itself right, is shown by the word that it should hold."""
    liar = Liar(simple())
    # parameters that no rule of this round shows: a mean's last bit, or what the trim leaves out
    for lane, value in [(lane, value) for lane in range(8) for value in (0, 2**31, 2**32 - 1)]:
        words = [liar.rows[1][i : i + WORD_BYTES] for i in range(0, len(liar.rows[1]), WORD_BYTES)]
        words[place] = with_lane(words[place], lane, value)
        lying = Liar(liar.truth)
        lying.rows[1] = b"".join(words)
        if lying.rows == liar.rows:
            continue
        fault = pursue(lying, fetched=False)
        assert isinstance(fault, WORDS[place] | WrongArithmetic)
        assert judge(fault, lying.posted(), lying.truth)


def test_find__consistent_lie_about_an_input__is_shown_against_its_root() -> None:
    """Rows of another old model, and what follows from it: no arithmetic is wrong, the word is."""
    kinds = set()
    for seed in range(40):
        liar = Liar(simple())
        consistent_update(liar, np.random.default_rng(seed))
        fault = pursue(liar, fetched=True)
        assert fault is None or judge(fault, liar.posted(), liar.truth)
        kinds.add(type(fault))
    assert {WrongUpdate, WrongOldModel} <= kinds


def test_find__row_beyond_the_model__is_arithmetic() -> None:
    """P-3: rows beyond the model are all Z, in every word."""
    liar = Liar(simple())
    liar.rows[3] = with_lane(liar.rows[3], 9, 1)
    fault = pursue(liar, fetched=True)
    assert isinstance(fault, WrongArithmetic)
    assert (fault.index, fault.lane, fault.lo, fault.hi) == (3, 0, 0, 0)


def test_find__row_of_wrong_length__cannot_be_supplied() -> None:
    """F-45, P-22: the contract takes no row of another length, so that its silence convicts."""
    liar = Liar(simple())
    liar.rows[0] += Z
    with pytest.raises(Unanswerable):
        pursue(liar, fetched=True)
    fault = conclude(Tree.ROW, Found(0, liar.rows[0], tuple(liar.trees()[Tree.ROW].proof(0))), liar.truth)
    assert isinstance(fault, WrongArithmetic)
    assert judge(fault, liar.posted(), liar.truth)


# ------------------------------------------------ refusals ----------------------------------------------


@pytest.mark.parametrize("tree", [Tree.ROW, Tree.MODEL, Tree.REWARD])
def test_conclude__honest_leaf__refused(tree: Tree) -> None:
    """P-15: there is no call against what is right."""
    truth = simple()
    honest = honest_tree(truth, tree)
    content = row_bytes(contents(truth), 1) if tree is Tree.ROW else honest.node(honest.depth, 1)
    with pytest.raises(ValueError, match="as it should be"):
        conclude(tree, Found(1, content, tuple(honest.proof(1))), truth)


def test_trees_of_updates__have_no_honest_one_beside_them() -> None:
    truth = simple()
    with pytest.raises(ValueError, match="committed to"):
        honest_tree(truth, Tree.UPDATE)
    with pytest.raises(ValueError, match="committed to"):
        conclude(Tree.UPDATE, Found(0, Z, ()), truth)


def test_honest_tree__roots__are_the_settlement_s() -> None:
    truth = simple()
    roots = [honest_tree(truth, tree).root for tree in (Tree.ROW, Tree.MODEL, Tree.REWARD)]
    assert roots == [truth.result.row_root, truth.result.model_root, truth.result.reward_root]


def test_rows__words_of_an_included_update_missing__named() -> None:
    """P-23: what is needed and not there is named."""
    truth = simple()
    updates = [replace(u, q=None) if i == 2 else u for i, u in enumerate(truth.given.updates)]
    with pytest.raises(MissingUpdate, match="update 2"):
        honest_tree(replace(truth, given=replace(truth.given, updates=updates)), Tree.ROW)


def test_find__account_of_no_member__refused() -> None:
    """A list of members that is too short would name the wrong operator."""
    truth = replace(simple(), members=[operator(0)])
    with pytest.raises(ValueError, match="only 1 indices are given"):
        find(replace(Liar(truth).posted(), reward_root=RewardTree(truth.given.ledger, 5).root), truth)


def test_judge__path_of_another_leaf__refused() -> None:
    """The judge of these tests does look at paths."""
    liar = Liar(simple())
    liar.words[1] = bytes(32)
    fault = pursue(liar, fetched=True)
    assert isinstance(fault, WrongNewModel)
    with pytest.raises(Refused):
        judge(replace(fault, index=0), liar.posted(), liar.truth)
    with pytest.raises(Refused):
        judge(replace(fault, word_path=fault.word_path[:-1]), liar.posted(), liar.truth)


# ------------------------------------------------ clip --------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 2**31 - 1), st.data())
def test_find_beyond_clip__p2__first_of_those_beyond(params: int, clip: int, data: st.DataObject) -> None:
    """P-2: |q| > clip, with the proof of its word; -2^31 is beyond every clip."""
    values = st.sampled_from([0, clip, -clip, min(clip + 1, 2**31 - 1), -clip - 1, -(2**31)])
    q = np.array(data.draw(st.lists(values, min_size=params, max_size=params)), np.int64)
    fault = find_beyond_clip(encode(q.astype(np.int32)), operator(3), clip, params)
    beyond = [i for i, value in enumerate(q.tolist()) if abs(value) > clip]
    if not beyond:
        assert fault is None
        return
    assert fault is not None
    assert (fault.operator, fault.parameter) == (operator(3), beyond[0])
    root = word_tree.root(encode(q.astype(np.int32)))
    depth = word_tree.depth(words_for(params))
    assert word_tree.verify(root, fault.word, fault.parameter // 8, fault.path, depth)
    assert int.from_bytes(fault.word[4 * (beyond[0] % 8) :][:4], "big") - 2**31 == q[beyond[0]]


def test_find_beyond_clip__padding_lanes__are_no_parameters() -> None:
    dirty = with_lane(Z, 7, 0) + Z
    assert find_beyond_clip(dirty, operator(0), 5, 7) is None
    assert find_beyond_clip(dirty, operator(0), 5, 8) is not None


def test_find_beyond_clip__another_length__refused() -> None:
    with pytest.raises(WireError, match="3 parameters are 64 bytes, not 32"):
        find_beyond_clip(Z, operator(0), 5, 3)
