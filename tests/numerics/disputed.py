"""Rounds to settle, liars who settle them, and a judge who knows only what is on chain.

The judge is `Disputes.sol` in Python: roots and paths first, then the question. What the contract refuses it raises as
`Refused`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parley.numerics import row_checks, scoring, word_tree
from parley.numerics.descent import STRIDE, Demand, Descent, Found
from parley.numerics.disproof import (
    Fault,
    Posted,
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
    honest_tree,
)
from parley.numerics.faults import Node
from parley.numerics.fixed_point import LANES, WORD_BYTES, Z, encode, words_for
from parley.numerics.rewards import EMPTY_LEAF, Account, RewardTree, reward_leaf
from parley.numerics.rows import row_bytes, row_leaf
from parley.numerics.rules import Rule
from parley.numerics.scoring import ScoreVector
from parley.numerics.settlement import (
    Member,
    RevealedScores,
    RevealedUpdate,
    SettlementConfig,
    SettlementInput,
    settle,
    settle_rewards,
    settle_scores,
)
from parley.numerics.word_tree import WordTree
from tests.numerics.strategies import EXTREMES
from tests.numerics.tree_answers import answer

REWARD_DEPTH = 5
IDLE = 1
"""Members with an index and nothing else: their settlement was convicted."""


class Refused(Exception):
    """The contract reverts."""


class Unanswerable(Exception):
    """The contract takes no answer that the liar could give: the demand convicts when it expires."""


# ------------------------------------------------ rounds ------------------------------------------------


def operator(index: int) -> str:
    return f"0x{index + 1:040x}"


def member(index: int) -> Member:
    return Member(index, operator(index))


def vector(rng: np.random.Generator, params: int) -> np.ndarray:
    """Extremes, small or any numbers."""
    kinds = [rng.choice(EXTREMES, params), rng.integers(-(2**31), 2**31, params), rng.integers(-3, 4, params)]
    return np.where(rng.random(params) < rng.random(), kinds[rng.integers(3)], kinds[rng.integers(3)]).astype(np.int32)


def ballot(rng: np.random.Generator, count: int) -> ScoreVector:
    scores = np.where(rng.random(count) < 0.2, 0, rng.integers(0, int(rng.choice([3, 20, 65536])), count)).tolist()
    scales = [int(rng.choice([1, 2, 32768, 65535, 65536, rng.integers(1, 65537)])) for _ in range(count)]
    kept = (0 if score == 0 and scale == 1 else scale for score, scale in zip(scores, scales, strict=True))
    return ScoreVector(int(rng.integers(0, 2**63)), tuple(scores), tuple(kept))


def make_truth(
    seed: int, rule: Rule = Rule.TRIMMED_MEAN, trainers: int = 5, params: int = 19, evaluators: int = 4
) -> Truth:
    """A round of random content: members are trainers, then evaluators, the aggregator, and who is idle."""
    rng = np.random.default_rng(seed)
    config = SettlementConfig(
        rule,
        int(rng.choice([0, 1, 1999, 2000, 4999])),
        int(rng.choice([0, 1, 32768, 65535])),
        params,
        *(10**18, 10**17 + 3, 10**16),
        max(REWARD_DEPTH, (trainers + evaluators + 1 + IDLE).bit_length()),
    )
    updates = [vector(rng, params) for _ in range(trainers)]
    ledger = {i: Account(operator(i), int(rng.integers(0, 10**18))) for i in range(trainers) if rng.random() < 0.5}
    given = SettlementInput(
        config=config,
        updates=[RevealedUpdate(member(i), word_tree.root(encode(q)), q) for i, q in enumerate(updates)],
        votes=[RevealedScores(member(trainers + k), ballot(rng, trainers), None) for k in range(evaluators)],
        old=vector(rng, params),
        previous=vector(rng, params),
        aggregator=member(trainers + evaluators),
        ledger=ledger,
    )
    return Truth(given, settle(given), [operator(i) for i in range(trainers + evaluators + 1 + IDLE)])


def with_votes(truth: Truth, scores: Sequence[int]) -> Truth:
    """The same round where all evaluators agree."""
    ballots = ScoreVector(7, tuple(scores), tuple(65536 if score else 0 for score in scores))
    given = replace(truth.given, votes=[replace(vote, vector=ballots) for vote in truth.given.votes])
    return Truth(given, settle(given), truth.members)


def contents(truth: Truth) -> list[np.ndarray]:
    """The included updates and the three models."""
    included = [truth.given.updates[i].q for i in truth.result.included]
    return [*(q for q in included if q is not None), truth.given.previous, truth.given.old, truth.result.model]


# ------------------------------------------------ liars -------------------------------------------------


@dataclass
class Liar:
    """What an aggregator posts, all of it open to change, and how it answers demands: by what it posted.

    Attributes:
        truth: what it should post.
        rows: all `2^D` rows.
        words: all `2^D` words of the new model.
        leaves: all leaves of the reward tree.
    """

    truth: Truth
    medians: bytes = b""
    norm: int = 0
    earned: int = 0
    rows: list[bytes] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        truth, result = self.truth, self.truth.result
        vectors = contents(truth)
        self.medians, self.norm, self.earned = result.medians, result.norm, result.earned_total
        self.rows = [row_bytes(vectors, j) for j in range(1 << depth_of(truth))]
        data = result.model_bytes
        self.words = [data[i : i + WORD_BYTES] for i in range(0, len(data), WORD_BYTES)]
        self.words += [Z] * (len(self.rows) - len(self.words))
        self.leaves = [result.rewards.leaf(i) for i in range(1 << result.rewards.depth)]

    def trees(self) -> dict[Tree, WordTree]:
        return {
            Tree.ROW: WordTree(b"".join(row_leaf(row) for row in self.rows)),
            Tree.MODEL: WordTree(b"".join(self.words)),
            Tree.REWARD: WordTree(b"".join(self.leaves)),
        }

    def posted(self) -> Posted:
        roots = {tree: posted.root for tree, posted in self.trees().items()}
        return Posted(self.medians, self.norm, self.earned, roots[Tree.ROW], roots[Tree.MODEL], roots[Tree.REWARD])

    def model_object(self) -> bytes:
        """What the posted CID leads to."""
        return b"".join(self.words[: words_for(self.truth.given.config.params)])

    def answer(self, demand: Demand) -> bytes:
        """What the contract takes for a demand, if the liar has it."""
        node = demand.node
        tree = self.trees()[node.tree]
        if not word_tree.verify(tree.root, demand.hash, node.index, demand.path, node.level):
            raise Refused("not under the root")
        leaf = node.tree is Tree.ROW and node.level == tree.depth
        if not leaf and (node.level % STRIDE or node.level >= tree.depth):
            raise Refused(f"{node} cannot be demanded")
        if leaf:
            if len(self.rows[node.index]) != row_checks.row_length(len(included(self.medians))):
                raise Unanswerable
            return self.rows[node.index]
        return answer(tree, node)


def depth_of(truth: Truth) -> int:
    return word_tree.depth(words_for(truth.given.config.params))


def included(medians: bytes) -> list[int]:
    return [i for i in range(len(medians) // 4) if medians[4 * i : 4 * i + 2] != b"\0\0"]


def pursue(liar: Liar, *, fetched: bool, watch: Callable[[Demand], None] = lambda _: None) -> Fault | None:
    """What a watcher does: find, demand, conclude. `Unanswerable` where silence convicts.

    Args:
        liar: who posted, and answers.
        fetched: the posted model can be had by its CID.
        watch: sees every demand.
    """
    posted = liar.posted()
    outcome = find(posted, liar.truth, liar.model_object() if fetched else None)
    if not isinstance(outcome, Search):
        return outcome
    roots = {Tree.ROW: posted.row_root, Tree.MODEL: posted.model_root, Tree.REWARD: posted.reward_root}
    descent = Descent(outcome.tree, honest_tree(liar.truth, outcome.tree), roots[outcome.tree])
    supplied: dict[Node, bytes] = {}
    while isinstance(step := descent.next(supplied), Demand):
        assert step.node not in supplied, "each node can be demanded once"
        watch(step)
        supplied[step.node] = liar.answer(step)
    assert isinstance(step, Found)
    return conclude(outcome.tree, step, liar.truth)


# ------------------------------------------------ the judge ---------------------------------------------


def judge(fault: Fault, posted: Posted, truth: Truth) -> bool:
    """Whether the call convicts: `Disputes.sol` in Python, by committed data alone.

    Raises:
        Refused: what is supplied is not committed data.
    """
    if isinstance(fault, WrongMedian):
        return _wrong_median(fault.index, posted, truth.given)
    if isinstance(fault, WrongEarned):
        return posted.earned != sum(account.cumulative for account in _earned(posted, truth.given).values())
    if isinstance(fault, WrongReward):
        return _wrong_reward(fault, posted, truth)
    depth, words = depth_of(truth), words_for(truth.given.config.params)
    _require(posted.row_root, row_leaf(fault.row), fault.index, fault.path, depth)
    if isinstance(fault, WrongNewModel):
        _require(posted.model_root, fault.word, fault.index, fault.word_path, depth)
        return row_checks.wrong_model(fault.row, row_checks.NEW, fault.word)
    if isinstance(fault, WrongArithmetic):
        settled = scoring.decode_medians(posted.medians, posted.norm)
        if fault.index >= words:
            return row_checks.wrong_padding(fault.row, settled)
        return row_checks.wrong_arithmetic(truth.given.config, settled, fault.row, fault.lane, fault.lo, fault.hi)
    if fault.index >= words:
        raise Refused("beyond the model")
    return _wrong_word(fault, posted, truth, depth)


def _wrong_word(fault: WrongUpdate | WrongOldModel, posted: Posted, truth: Truth, depth: int) -> bool:
    if isinstance(fault, WrongUpdate):
        root = truth.given.updates[included(posted.medians)[fault.slot]].root
        _require(root, fault.word, fault.index, fault.word_path, depth)
        return row_checks.wrong_update(fault.row, fault.slot, fault.word)
    model = truth.given.previous if fault.previous else truth.given.old
    _require(word_tree.root(encode(model)), fault.word, fault.index, fault.word_path, depth)
    place = row_checks.PREVIOUS if fault.previous else row_checks.OLD
    return row_checks.wrong_model(fault.row, place, fault.word)


def _wrong_median(index: int, posted: Posted, given: SettlementInput) -> bool:
    settled = settle_scores(given.votes, len(given.updates))
    if index == len(given.updates):
        return posted.norm != settled.norm
    return posted.medians[4 * index : 4 * index + 4] != scoring.encode_medians(settled)[4 * index : 4 * index + 4]


def _wrong_reward(fault: WrongReward, posted: Posted, truth: Truth) -> bool:
    depth = truth.given.config.reward_depth
    _require(posted.reward_root, fault.leaf, fault.index, fault.path, depth)
    if fault.index >= len(truth.members):
        return fault.leaf != EMPTY_LEAF
    if truth.members[fault.index] != fault.operator:
        raise Refused("another operator's")
    if truth.given.ledger or fault.previous:
        before = RewardTree(truth.given.ledger, depth).root
        _require(before, reward_leaf(fault.operator, fault.previous), fault.index, fault.previous_path, depth)
    gain = _earned(posted, truth.given).get(fault.index)
    return fault.leaf != reward_leaf(fault.operator, fault.previous + (gain.cumulative if gain else 0))


def _earned(posted: Posted, given: SettlementInput) -> dict[int, Account]:
    return settle_rewards(given, scoring.decode_medians(posted.medians, posted.norm))


def _require(root: bytes, leaf: bytes, index: int, path: Sequence[bytes], levels: int) -> None:
    if not word_tree.verify(root, leaf, index, path, levels):
        raise Refused("not under the root")


def with_lane(word: bytes, lane: int, value: int) -> bytes:
    """The word with another parameter, offset-binary."""
    size = WORD_BYTES // LANES
    return word[: size * lane] + value.to_bytes(size, "big") + word[size * (lane + 1) :]
