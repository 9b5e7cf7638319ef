"""Python and Solidity give the same bits: thousands of random and extreme cases go through both.

The libraries run behind `tests/contracts/NumericsHarness.sol` on a chain of this module's own. Cases are drawn from
fixed seeds, many to a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from web3.contract import Contract

from parley.numerics import rewards, rows, rules, scoring, word_tree
from parley.numerics.fixed_point import WORD_BYTES, Z, decode, encode, words_for
from parley.numerics.rules import Rule
from parley.numerics.scoring import ScoreVector
from tests.numerics.solidity import NONE, ask, deployed
from tests.numerics.strategies import EXTREMES

pytestmark = pytest.mark.integration

SCALES = (1, 2, 32768, 65535, 65536)
SCORES = (1, 2, 3, 65535)
BETAS = (0, 1, 32768, 65535)
TRIMS = (0, 1, 1999, 2000, 4999)

Case = dict[str, Any]


@pytest.fixture(scope="module")
def harness() -> Iterator[Contract]:
    """The libraries, callable."""
    with deployed("tests/contracts/NumericsHarness.sol") as contracts:
        yield contracts[0]


def chosen(rng: np.random.Generator, extremes: Sequence[int], low: int, high: int, n: int) -> list[int]:
    """N numbers, an extreme one in three."""
    wild = [int(value) for value in rng.integers(low, high, n, endpoint=True)]
    return [extremes[rng.integers(len(extremes))] if rng.random() < 1 / 3 else value for value in wild]


def rule_case(rng: np.random.Generator, rule: Rule, n: int) -> Case:
    """One word of n updates, of the previous and of the old model."""
    parts = [
        rng.choice(EXTREMES, (n + 2, 8)),
        rng.integers(-(2**31), 2**31, (n + 2, 8)),
        rng.integers(-4, 5, (n + 2, 8)),
    ]
    vectors = np.where(rng.random((n + 2, 8)) < rng.random(), parts[rng.integers(3)], parts[rng.integers(3)])
    return {
        "rule": rule,
        "trim": chosen(rng, TRIMS, 0, 4999, 1)[0],
        "beta": chosen(rng, BETAS, 0, 65535, 1)[0],
        "scales": chosen(rng, SCALES, 1, 65536, n),
        "scores": chosen(rng, SCORES, 1, 65535, n),
        "vectors": vectors.astype(np.int32),
    }


def solidity_rule_case(case: Case) -> tuple[Any, ...]:
    words = [encode(q)[:WORD_BYTES] for q in case["vectors"]]
    return (
        int(case["rule"]), case["trim"], case["beta"], case["scales"], case["scores"], words[:-2], words[-2], words[-1]
    )  # fmt: skip


def aggregate_of(case: Case) -> np.ndarray:
    return rules.aggregate(case["rule"], case["vectors"][:-2], case["scales"], case["scores"], case["trim"])


def python_word(case: Case) -> bytes:
    """The word of the next model."""
    previous, old = case["vectors"][-2:]
    return encode(rules.next_model(old, previous, aggregate_of(case), case["beta"]))[:WORD_BYTES]


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("seed", range(5))
def test_rules__p6__a_thousand_words_each__are_the_same(harness: Contract, rule: Rule, seed: int) -> None:
    """P-6: 200 words a seed, 8000 coordinates a rule, by lanes and, for means, by packed words."""
    rng = np.random.default_rng([seed, rule])
    cases = [rule_case(rng, rule, int(rng.integers(0, 14))) for _ in range(200)]
    given = [solidity_rule_case(case) for case in cases]
    assert ask(harness, "nextWords", given) == [python_word(case) for case in cases]
    if rule <= Rule.WEIGHTED_MEAN:
        packed = ask(harness, "meanWords", given)
        assert packed == [encode(aggregate_of(case).astype(np.int32))[:WORD_BYTES] for case in cases]


@pytest.mark.parametrize("rule", Rule)
def test_rules__p6__as_many_trainers_as_a_round_takes__are_the_same(harness: Contract, rule: Rule) -> None:
    """P-6: up to 256 trainers."""
    rng = np.random.default_rng(rule)
    cases = [rule_case(rng, rule, n) for n in (63, 64, 100, 255, 256)]
    assert ask(harness, "nextWords", [solidity_rule_case(case) for case in cases]) == [python_word(c) for c in cases]


def test_lanes__p1__of_every_word__are_the_parameters(harness: Contract) -> None:
    """P-1: lane i of a word is parameter i, offset-binary, big-endian."""
    q = np.random.default_rng(0).integers(-(2**31), 2**31, 8).astype(np.int32)
    word = encode(q)[:WORD_BYTES]
    assert [ask(harness, "lane", word, i) - 2**31 for i in range(8)] == q.tolist() == decode(encode(q), 8).tolist()


def score_vector(rng: np.random.Generator, count: int, spread: int) -> ScoreVector:
    """Scores below `spread`, a third of them 0 and some of those unfit."""
    scores = np.where(rng.random(count) < 1 / 3, 0, rng.integers(0, spread, count))
    scales = chosen(rng, SCALES, 1, 65536, count)
    unfit = [score == 0 and (scale == 1 or rng.random() < 0.5) for score, scale in zip(scores, scales, strict=True)]
    norm = chosen(rng, (0, 1, 2**64 - 1), 0, 2**63 - 1, 1)[0]
    kept = (0 if none else scale for none, scale in zip(unfit, scales, strict=True))
    return ScoreVector(norm, tuple(scores.tolist()), tuple(kept))


def scoring_case(rng: np.random.Generator) -> Case:
    """A panel of up to 9 over up to 12 updates, some evaluators among the trainers, some voting alike."""
    count, panel = int(rng.integers(0, 13)), int(rng.integers(1, 10))
    spread = int(rng.choice([2, 3, 20, 65536]))
    vectors = [score_vector(rng, count, spread) for _ in range(panel)]
    if rng.random() < 1 / 3:
        vectors = [vectors[0] if rng.random() < 0.8 else vector for vector in vectors]
    own = [k if k < count and rng.random() < 0.4 else None for k in range(panel)]
    return {"vectors": vectors, "own": own, "count": count, "pools": chosen(rng, (0, 1, 2**96 - 1), 0, 10**18, 2)}


def solidity_scoring_case(case: Case) -> tuple[Any, ...]:
    settled = scoring.medians(case["vectors"], case["own"], case["count"])
    own = [NONE if index is None else index for index in case["own"]]
    return ([v.encode() for v in case["vectors"]], own, scoring.encode_medians(settled), *case["pools"])


def python_scores(case: Case) -> tuple[Any, ...]:
    """What `NumericsHarness.Scores` holds."""
    votes, own = [vector.scores for vector in case["vectors"]], case["own"]
    settled = scoring.medians(case["vectors"], own, case["count"])
    return (
        scoring.encode_medians(settled),
        settled.norm,
        len(settled.included),
        [scoring.evaluator_quality(scores, settled.scores, mine) for scores, mine in zip(votes, own, strict=True)],
        scoring.trainer_shares(case["pools"][0], settled.scores),
        scoring.evaluator_shares(case["pools"][1], votes, own, settled.scores),
    )


@pytest.mark.parametrize("seed", range(10))
def test_scoring__p11_p12_p26__a_hundred_rounds_each__are_the_same(harness: Contract, seed: int) -> None:
    """P-11, P-12, P-26, F-26: medians, norm, qualities and shares of a thousand rounds."""
    rng = np.random.default_rng(seed)
    cases = [scoring_case(rng) for _ in range(100)]
    answers = ask(harness, "scores", [solidity_scoring_case(case) for case in cases])
    for answer, case in zip(answers, cases, strict=True):
        assert tuple(answer) == python_scores(case)


def test_scoring__p11__the_largest_round__is_the_same(harness: Contract) -> None:
    """P-11, P-26: 32 seats over 256 updates."""
    rng = np.random.default_rng(0)
    vectors = [score_vector(rng, 256, 65536) for _ in range(32)]
    case = {"vectors": vectors, "own": [None, *range(31)], "count": 256, "pools": [10**18, 10**18]}
    assert tuple(ask(harness, "score", solidity_scoring_case(case))) == python_scores(case)


@pytest.mark.parametrize("params", [1, 16, 17, 33, 64, 65, 500, 8191, 8192, 8193, 10**6, 2**32 - 1])
def test_shape__p3__words_and_depth__are_the_same(harness: Contract, params: int) -> None:
    """P-3: the number of words and the depth of a vector's tree."""
    assert ask(harness, "wordsFor", params) == words_for(params)
    assert ask(harness, "depth", words_for(params)) == word_tree.depth(words_for(params))


@pytest.mark.parametrize("params", [1, 17, 40, 100])
def test_proofs__p3__of_every_word__are_accepted(harness: Contract, params: int) -> None:
    """P-3: Python's proofs hold on chain, for padding too, and one index further they do not."""
    tree = word_tree.WordTree(encode(np.random.default_rng(params).integers(-9, 9, params).astype(np.int32)))
    for index in range(2**tree.depth):
        leaf, path = tree.node(tree.depth, index), tree.proof(index)
        assert ask(harness, "rootFrom", leaf, index, path) == tree.root
        assert ask(harness, "verify", tree.root, leaf, index, path, tree.depth)
        assert not ask(harness, "verify", tree.root, leaf, index + 2**tree.depth, path, tree.depth)


def test_proofs__index_beyond_the_depth__is_zero_on_both_sides(harness: Contract) -> None:
    path = [Z, Z, Z]
    assert ask(harness, "rootFrom", Z, 8, path) == word_tree.root_from(Z, 8, path) == bytes(32)


def test_fold__p22__of_every_run__is_the_same(harness: Contract) -> None:
    """P-22: up to eight levels of a tree."""
    data = np.random.default_rng(1).bytes(WORD_BYTES * 256)
    for levels in range(9):
        run = data[: WORD_BYTES << levels]
        assert ask(harness, "foldWords", run) == word_tree.fold_words(run)
        assert ask(harness, "uniformRoot", data[:WORD_BYTES], levels) == word_tree.uniform_root(
            data[:WORD_BYTES], levels
        )


def test_row_leaves__of_a_row_tree__are_the_same(harness: Contract) -> None:
    rng = np.random.default_rng(2)
    vectors = [rng.integers(-(2**31), 2**31, 50).astype(np.int32) for _ in range(7)]
    tree = rows.row_tree(vectors)
    for j in range(2**tree.depth):
        leaf = ask(harness, "rowLeaf", rows.row_bytes(vectors, j))
        assert ask(harness, "rootFrom", leaf, j, tree.proof(j)) == tree.root


def test_reward_leaves__p12__of_a_reward_tree__are_the_same(harness: Contract) -> None:
    """P-12: what the vault computes of (operator, cumulative) is the leaf that Python proves."""
    rng = np.random.default_rng(3)
    sums = chosen(rng, (1, 2**128 - 1), 1, 10**18, 20)
    ledger = {m: rewards.Account("0x" + rng.bytes(20).hex(), amount) for m, amount in enumerate(sums)}
    tree = rewards.RewardTree(ledger, 10)
    for index, account in ledger.items():
        leaf = ask(harness, "rewardLeaf", int(account.operator, 16), account.cumulative)
        assert leaf == tree.leaf(index)
        assert ask(harness, "rootFrom", leaf, index, tree.proof(index)) == tree.root
    assert ask(harness, "uniformRoot", bytes(32), 10) == rewards.RewardTree({}, 10).root
