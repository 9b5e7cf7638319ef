"""Python proves, Solidity judges: thousands of rows, words, witnesses and lies, and both always agree (P-15).

The libraries run behind `tests/contracts/utils/DisproofHarness.sol`, many calls to a request. Cases are drawn from
fixed seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from eth_abi import decode
from eth_utils.crypto import keccak
from web3.contract import Contract

from parley.numerics import row_checks, scoring
from parley.numerics.disproof import (
    Fault,
    Posted,
    Truth,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
)
from parley.numerics.errors import WitnessInvalid
from parley.numerics.fixed_point import WORD_BYTES, Z, encode, words_for
from parley.numerics.rewards import EMPTY_LEAF, RewardTree, reward_leaf
from parley.numerics.rows import row_leaf
from parley.numerics.rules import Rule
from parley.numerics.scoring import SettledScores
from parley.numerics.settlement import SettlementConfig
from parley.numerics.word_tree import root
from tests.numerics.disputed import Liar, Unanswerable, depth_of, included, make_truth, pursue, with_lane
from tests.numerics.lies import LIES
from tests.numerics.row_cases import RowCase, forged, row_case
from tests.numerics.solidity import NONE, ask_all, deployed

pytestmark = pytest.mark.integration

WITNESS_INVALID = keccak(text="Disproof_WitnessInvalid(uint256,uint256,uint256,uint256)")[:4]

Call = tuple[str, tuple[object, ...]]


@dataclass
class Judge:
    """The contracts, and how to put many questions to them at once."""

    batch: Contract
    disproof: Contract
    numerics: Contract

    def verdicts(self, calls: Sequence[Call]) -> list[bool | None]:
        """Whether each is wrong; `None` where the witness is refused, and nothing else reverts."""
        return [_verdict(ok, data) for ok, data in ask_all(self.batch, self.disproof, calls)]


def _verdict(ok: bool, data: bytes) -> bool | None:
    if ok:
        return bool(decode(["bool"], data)[0])
    assert data[:4] == WITNESS_INVALID, data.hex()
    return None


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """The libraries, callable."""
    sources = ("utils/CallBatch.sol", "utils/DisproofHarness.sol", "NumericsHarness.sol")
    with deployed(*(f"tests/contracts/{source}" for source in sources)) as contracts:
        yield Judge(*contracts)


# ------------------------------------------------ one row -----------------------------------------------


@dataclass(frozen=True)
class Question:
    """What `disproveArithmetic` is asked of a row."""

    config: SettlementConfig
    settled: SettledScores
    row: bytes
    lane: int
    lo: int
    hi: int

    def call(self) -> Call:
        rules = (int(self.config.rule), self.config.trim_bps, self.config.beta)
        medians = scoring.encode_medians(self.settled)
        return "wrongArithmetic", (rules, self.row, medians, self.lane, self.lo, self.hi)

    def python(self) -> bool | None:
        try:
            return row_checks.wrong_arithmetic(self.config, self.settled, self.row, self.lane, self.lo, self.hi)
        except WitnessInvalid:
            return None


def question(case: RowCase, row: bytes, lane: int, witnesses: tuple[int, int]) -> Question:
    return Question(case.config, case.settled, row, lane, *witnesses)


def honest_witnesses(case: RowCase, row: bytes, lane: int) -> tuple[int, int]:
    return row_checks.witnesses(case.config, row_checks.scaled_lane(row, case.settled, lane))


def altered_new(rng: np.random.Generator, case: RowCase, lane: int) -> bytes:
    """The row with another new parameter, mostly one beside the right one."""
    word = case.row[-WORD_BYTES:]
    right = row_checks.lane_of(word, lane)
    wrong = right ^ 1 if rng.random() < 0.5 else (right + int(rng.integers(1, 2**32))) % 2**32
    return case.row[:-WORD_BYTES] + with_lane(word, lane, wrong)


def altered_anywhere(rng: np.random.Generator, row: bytes) -> bytes:
    place = int(rng.integers(len(row)))
    return row[:place] + bytes([row[place] ^ 1 << int(rng.integers(8))]) + row[place + 1 :]


@pytest.mark.parametrize("rule", Rule)
def test_arithmetic__p15_f35__honest_rows__are_convicted_by_no_witness(judge: Judge, rule: Rule) -> None:
    """P-15, F-35: 1200 rows a rule: the honest witnesses acquit, values of the ranks beside them never convict."""
    rng = np.random.default_rng([1, rule])
    cases = [row_case(rng, rule, int(rng.integers(0, 14))) for _ in range(400)]
    asked = []
    for case in cases:
        lane = int(rng.integers(8))
        asked.append(question(case, case.row, lane, honest_witnesses(case, case.row, lane)))
        asked += [question(case, case.row, lane, forged(rng, case, lane)) for _ in range(2)]
    verdicts = judge.verdicts([each.call() for each in asked])
    assert not any(verdicts)
    assert verdicts[::3] == [False] * len(cases)
    assert verdicts == [each.python() for each in asked]
    if rule in (Rule.TRIMMED_MEAN, Rule.MEDIAN):
        assert 50 < verdicts.count(None) < 790, "forged witnesses are refused, and near enough to pass at times"


@pytest.mark.parametrize("rule", Rule)
def test_arithmetic__p15_f36__altered_new_words__are_convicted_always(judge: Judge, rule: Rule) -> None:
    """P-15, F-36: 400 rows a rule with another new parameter, by the lane and witnesses that Python finds."""
    rng = np.random.default_rng([2, rule])
    asked = []
    for _ in range(400):
        case = row_case(rng, rule, int(rng.integers(0, 14)))
        lane = int(rng.integers(8))
        row = altered_new(rng, case, lane)
        wrong = row_checks.find_wrong_lane(case.config, case.settled, row)
        assert wrong is not None
        assert wrong.lane == lane
        asked.append(question(case, row, lane, (wrong.lo, wrong.hi)))
    assert judge.verdicts([each.call() for each in asked]) == [True] * len(asked)


@pytest.mark.parametrize("rule", Rule)
def test_arithmetic__p15__any_row_and_witness__is_judged_the_same(judge: Judge, rule: Rule) -> None:
    """P-15: 800 rows a rule altered anywhere, honest and forged witnesses; wrong lengths among them (F-45)."""
    rng = np.random.default_rng([3, rule])
    asked = []
    for _ in range(400):
        case = row_case(rng, rule, int(rng.integers(0, 14)))
        lane, row = int(rng.integers(8)), altered_anywhere(rng, case.row)
        asked.append(question(case, row, lane, honest_witnesses(case, row, lane)))
        if rng.random() < 0.2:
            row = (row + rng.bytes(70))[: int(rng.integers(0, len(row) + 71))]
        asked.append(question(case, row, lane, forged(rng, case, lane)))
    assert judge.verdicts([each.call() for each in asked]) == [each.python() for each in asked]


@pytest.mark.parametrize("rule", Rule)
def test_arithmetic__p15__none_one_and_as_many_as_a_round_takes__are_judged_the_same(judge: Judge, rule: Rule) -> None:
    """P-15: N = 0, 1, 2, 255, 256, in every lane, right and altered."""
    rng = np.random.default_rng([4, rule])
    asked, expected = [], []
    for n in (0, 1, 2, 255, 256):
        case = row_case(rng, rule, n)
        for lane in range(8):
            for row, wrong in ((case.row, False), (altered_new(rng, case, lane), True)):
                asked.append(question(case, row, lane, honest_witnesses(case, row, lane)))
                expected.append(wrong)
    assert judge.verdicts([each.call() for each in asked]) == expected


def test_words_and_padding__any_row__are_judged_the_same(judge: Judge) -> None:
    """P-3, F-45: slots, models and padding of 300 rows, some of them misshapen, against right and wrong words."""
    rng = np.random.default_rng(5)
    calls: list[Call] = []
    expected: list[bool] = []
    for _ in range(300):
        case = row_case(rng, Rule.MEAN, int(rng.integers(0, 6)))
        row, medians = case.row, scoring.encode_medians(case.settled)
        if rng.random() < 0.4:
            row = (row + rng.bytes(70))[: int(rng.integers(0, len(row) + 71))]
        word = Z if rng.random() < 0.2 else case.row[32 * (i := int(rng.integers(len(case.row) // 32))) : 32 * i + 32]
        slot = int(rng.integers(0, 10))
        calls.append(("wrongUpdate", (row, slot, word)))
        expected.append(row_checks.wrong_update(row, slot, word))
        for name, arguments, place in (
            ("wrongOldModel", (True, word), row_checks.PREVIOUS),
            ("wrongOldModel", (False, word), row_checks.OLD),
            ("wrongNewModel", (word,), row_checks.NEW),
        ):
            calls.append((name, (row, *arguments)))
            expected.append(row_checks.wrong_model(row, place, word))
        zero = Z * (len(case.settled.included) + 3)
        padding = [row, zero, altered_anywhere(rng, zero), zero + Z, zero[32:]][rng.integers(5)]
        calls.append(("wrongPadding", (padding, medians)))
        expected.append(row_checks.wrong_padding(padding, case.settled))
    assert judge.verdicts(calls) == expected
    assert {True, False} == set(expected)


# ------------------------------------------------ whole settlements -------------------------------------


def proofs_of(fault: Fault, posted: Posted, truth: Truth) -> list[Call]:
    """The path checks of `Disputes` that come before the question, as calls of `NumericsHarness.verify`."""
    if isinstance(fault, WrongMedian | WrongEarned):
        return []
    if isinstance(fault, WrongReward):
        depth = truth.given.config.reward_depth
        proofs = [("verify", (posted.reward_root, fault.leaf, fault.index, fault.path, depth))]
        if fault.index < len(truth.members):
            before = RewardTree(truth.given.ledger, depth).root
            leaf = reward_leaf(fault.operator, fault.previous)
            proofs.append(("verify", (before, leaf, fault.index, fault.previous_path, depth)))
        return proofs
    depth = depth_of(truth)
    calls = [("verify", (posted.row_root, row_leaf(fault.row), fault.index, fault.path, depth))]
    if isinstance(fault, WrongArithmetic):
        return calls
    if isinstance(fault, WrongUpdate):
        under = truth.given.updates[included(posted.medians)[fault.slot]].root
    elif isinstance(fault, WrongOldModel):
        under = root(encode(truth.given.previous if fault.previous else truth.given.old))
    else:
        under = posted.model_root
    return [*calls, ("verify", (under, fault.word, fault.index, fault.word_path, depth))]


def row_question(fault: Fault, posted: Posted, truth: Truth) -> Call:
    """The question about a row, as `Disputes` puts it."""
    if isinstance(fault, WrongArithmetic):
        settled = scoring.decode_medians(posted.medians, posted.norm)
        if fault.index >= words_for(truth.given.config.params):
            return "wrongPadding", (fault.row, posted.medians)
        return Question(truth.given.config, settled, fault.row, fault.lane, fault.lo, fault.hi).call()
    assert isinstance(fault, WrongUpdate | WrongOldModel | WrongNewModel)
    if isinstance(fault, WrongNewModel):
        return "wrongNewModel", (fault.row, fault.word)
    assert fault.index < words_for(truth.given.config.params)
    if isinstance(fault, WrongUpdate):
        return "wrongUpdate", (fault.row, fault.slot, fault.word)
    return "wrongOldModel", (fault.row, fault.previous, fault.word)


def score_question(fault: Fault, posted: Posted, truth: Truth) -> tuple[Call, int | bytes]:
    """What the harness makes of the vectors, and what the settlement claims instead."""
    given = truth.given
    vectors = [vote.vector.encode() for vote in given.votes]
    own = [NONE if vote.own is None else vote.own for vote in given.votes]
    if isinstance(fault, WrongMedian):
        if fault.index == len(given.updates):
            return ("settledNorm", (vectors,)), posted.norm
        entry = posted.medians[4 * fault.index : 4 * fault.index + 4]
        return ("settledEntry", (vectors, own, fault.index)), int.from_bytes(entry, "big")
    assert isinstance(fault, WrongReward)
    trainers, index = len(given.updates), fault.index
    if index < trainers:
        return ("trainerShares", (given.config.trainer_pool, posted.medians)), index
    return ("evaluatorShares", (given.config.evaluator_pool, vectors, own, posted.medians)), index - trainers


@pytest.mark.parametrize("seed", range(10))
def test_lies__p15_p22__of_every_kind__are_convicted_by_what_python_proves(judge: Judge, seed: int) -> None:
    """P-15, P-22, F-36: 30 settlements a seed with up to three lies each: every path holds, every question convicts."""
    rng = np.random.default_rng(seed)
    proofs: list[Call] = []
    rows: list[Call] = []
    scores: list[tuple[Fault, Posted, Truth]] = []
    for number in range(30):
        truth = make_truth(int(rng.integers(2**32)), Rule(rng.integers(4)), int(rng.integers(0, 8)))
        liar = Liar(truth)
        LIES[(number + 30 * seed) % len(LIES)](liar, rng)
        for lie in rng.permutation(np.array(LIES))[: rng.integers(0, 3)]:
            lie(liar, rng)
        try:
            fault = pursue(liar, fetched=bool(rng.random() < 0.5))
        except Unanswerable:
            continue
        posted = liar.posted()
        if fault is None:
            assert posted == Liar(truth).posted()
            continue
        proofs += proofs_of(fault, posted, truth)
        if isinstance(fault, WrongMedian | WrongEarned | WrongReward):
            scores.append((fault, posted, truth))
        else:
            rows.append(row_question(fault, posted, truth))
    assert rows
    assert scores
    answers = ask_all(judge.batch, judge.numerics, proofs)
    assert all(ok and decode(["bool"], data)[0] for ok, data in answers)
    assert all(judge.verdicts(rows))
    for fault, posted, truth in scores:
        require_wrong_score(judge, fault, posted, truth)


def require_wrong_score(judge: Judge, fault: Fault, posted: Posted, truth: Truth) -> None:
    """The vectors say otherwise, by Solidity's arithmetic."""
    config = truth.given.config
    if isinstance(fault, WrongEarned):
        pools = [config.trainer_pool, config.evaluator_pool, config.aggregator_pool]
        vectors = [vote.vector.encode() for vote in truth.given.votes]
        call: Call = ("earned", (pools, vectors, [NONE] * len(vectors), posted.medians))
        assert answer(judge, judge.disproof, call, "uint256") != posted.earned
        return
    if isinstance(fault, WrongMedian):
        asked, claimed = score_question(fault, posted, truth)
        assert answer(judge, judge.numerics, asked, "uint256") != claimed
        return
    assert isinstance(fault, WrongReward)
    assert fault.leaf != expected_leaf(judge, fault, posted, truth)


def expected_leaf(judge: Judge, fault: WrongReward, posted: Posted, truth: Truth) -> bytes:
    """What the leaf of a member should be, by Solidity's arithmetic."""
    if fault.index >= len(truth.members):
        return EMPTY_LEAF
    gain = 0
    if fault.index == truth.given.aggregator.index:
        gain = truth.given.config.aggregator_pool
    elif fault.index < truth.given.aggregator.index:
        asked, place = score_question(fault, posted, truth)
        gain = answer(judge, judge.numerics, asked, "uint256[]")[place]
    call: Call = ("rewardLeaf", (judge.batch.w3.to_checksum_address(fault.operator), fault.previous + gain))
    return bytes(answer(judge, judge.disproof, call, "bytes32"))


def answer(judge: Judge, contract: Contract, call: Call, kind: str) -> Any:  # noqa: ANN401
    """What one call returns."""
    ((ok, data),) = ask_all(judge.batch, contract, [call])
    assert ok, data.hex()
    return decode([kind], data)[0]
