"""Why a settlement fell: a sentence for each call, with the numbers that it is about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parley.chain.shown import Shown, Unanswered
from parley.history.model import Round
from parley.history.sentences import Names
from parley.history.sentences.faults import beyond_clip
from parley.history.sentences.rounds import explain_round
from parley.history.sentences.settlements import explain_settlements
from parley.numerics import rules
from parley.numerics.faults import (
    NOBODY,
    BeyondClip,
    Node,
    Tree,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
)
from parley.numerics.fixed_point import encode
from parley.numerics.rows import row_bytes
from tests.history.tape import AGGREGATOR, CHARTER, PROVER, TRAINERS, Tape, played, vector
from tests.history.tape import NOBODY as NO_PROVER
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit

NAMES = Names([*TRAINERS, AGGREGATOR, PROVER])
GOOD = (vector(0, 2, 3), vector(0, 2, 3), vector(1, 2, 3))
LIE = bytes.fromhex("0000 0000 ffff 7fff 0003 ffff".replace(" ", ""))
"""Medians that give update 1 the score 65535 at half its size."""


def fallen(medians: bytes | None = None, prover: str = PROVER) -> Round:
    """A round whose settlement fell."""
    tape = Tape().up_to_scores().tells(*GOOD).settles(medians=medians, earned=100)
    return tape.convicts(prover).told()


def told(round_: Round, shown: Shown | None) -> list[str]:
    """What is said of a settlement that fell."""
    (posted,) = round_.settlements
    assert posted.fell is not None
    sentences = list(explain_settlements(CHARTER, round_, {posted.fell.step.transaction: shown}, NAMES))
    assert all(sentence.text.endswith(".") for sentence in sentences)
    assert {s.check.value for s in sentences[1:-1]} == {"0x" + posted.fell.step.transaction.hex()}
    return [sentence.text for sentence in sentences]


def wrong(shown: Shown, medians: bytes | None = None) -> str:
    """The sentence about what was wrong."""
    return told(fallen(medians), shown)[2]


def test_settlement__fell__by_which_call_and_who_was_paid() -> None:
    lines = told(fallen(), WrongEarned())
    assert lines[0].startswith("In turn 0 0x99999999 posted a settlement that pays")
    assert lines[1] == "It fell by `disproveEarned`."
    assert lines[3] == "0x77777777 was paid half of the bond of 100 tokens, 50 tokens, and the rest was burned."
    assert lines[4] == "No settlement stands."


def test_settlement__proof_not_committed__all_is_burned() -> None:
    """P-16."""
    lines = told(fallen(prover=NO_PROVER), WrongEarned())
    assert lines[3] == "The whole bond of 100 tokens was burned, for nobody had committed to the proof beforehand."


def test_settlement__call_is_hidden__says_so() -> None:
    lines = told(fallen(), None)
    assert lines[1] == "The call that convicted it came through another contract, or the node does not have it."
    assert len(lines) == 4


def test_settlement__stands__and_by_whom() -> None:
    round_ = played(*GOOD).told()
    lines = [sentence.text for sentence in explain_settlements(CHARTER, round_, {}, NAMES)]
    assert lines[1] == "The settlement of 0x99999999 in turn 0 stands."


def test_settlement__none__round_was_void() -> None:
    round_ = Tape().commits(TRAINERS[0]).voids(1_050).told()
    (line,) = explain_settlements(CHARTER, round_, {}, NAMES)
    assert line.text == "No settlement stands, and the round was void: too few commits."


def test_settlement__demands__are_counted() -> None:
    tape = played(*GOOD)
    settlement = tape.told().settlements[0].hash
    for index in range(2):
        node = (0, 0, 8, index)
        tape.add("Demanded", settlement=settlement, demander=PROVER, node=node, hash=b"n", deadline=2000, fee=1)
    tape.add("Supplied", settlement=settlement, supplier=AGGREGATOR, node=(0, 0, 8, 0), content=b"c")
    lines = list(explain_settlements(CHARTER, tape.told(), {}, NAMES))
    assert lines[1].text == "2 nodes of its trees were demanded, 1 supplied."
    assert lines[1].check.block == tape.events[-1].block


# ------------------------------------------------------------------------------------------------- what was wrong


def test_median__score_and_scale__posted_and_honest() -> None:
    assert wrong(WrongMedian(1), LIE) == (
        "It gives update 1 of 0xa1a1a1a1 the score 65535 at the scale 32768; "
        "by the votes 2, 2 and 2 the score is 2 at the scale 65536."
    )
    assert wrong(WrongMedian(0), LIE) == (
        "It gives update 0 of 0xa0a0a0a0 the score 0 at the scale 0; by the votes 0, 0 and 1 the score is 0."
    )


@pytest.mark.parametrize(
    ("lie", "found", "said"),
    [
        ({}, (), None),
        ({"medians": LIE}, ("scores",), "scores"),
        ({"norm": 10}, ("norm",), "norm"),
        ({"medians": LIE, "norm": 10, "earned": 7}, ("scores", "norm", "pay"), "scores, norm and pay"),
    ],
)
def test_settlement__stands_and_is_wrong__is_said_while_it_can_fall_and_after(
    lie: dict[str, Any], found: tuple[str, ...], said: str | None
) -> None:
    """P-11, P-12: what a round shows follows from its votes; that its settlement says otherwise is not passed over."""
    tape = Tape().up_to_scores().tells(*GOOD).settles(**lie)
    for end in ("anybody can disprove it until it is final.", "nobody disproved it in time."):
        round_ = tape.told()
        assert round_.contradicted == found
        texts = [
            [sentence.text for sentence in explain_settlements(CHARTER, round_, {}, NAMES)],
            [sentence.text for sentence in explain_round(CHARTER, round_, NAMES, tape.time)],
        ]
        expected = (
            [] if said is None else [f"It is wrong in its {said}: the revealed votes come to something else; {end}"]
        )
        assert [[text for text in told if text.startswith("It is wrong")] for told in texts] == [expected] * 2
        tape.finishes()


def test_median__norm__posted_and_honest() -> None:
    assert wrong(WrongMedian(3)) == "It gives the norm 9; the lower median of the 3 revealed is 9."


def test_earned__sum__by_its_own_medians() -> None:
    text = wrong(WrongEarned())
    assert text.startswith("It says that the round earns 0.0000000000000001 tokens in all; by its own medians it earns")
    assert text.endswith("tokens.")


def test_earned__medians_that_are_none__no_sum_is_told() -> None:
    """The coordinator checks their length alone: an update that is left out may have a scale."""
    broken = bytes.fromhex("0000ffff" * 3)
    assert wrong(WrongEarned(), broken).endswith("which is not the sum of what it pays.")


def test_reward__of_a_member_and_of_nobody() -> None:
    account = WrongReward(1, TRAINERS[1], b"l" * 32, (), 5 * 10**18, ())
    assert wrong(account) == (
        "Its reward tree holds another account for member 1, 0xa1a1a1a1, who had earned 5 tokens before this round, "
        "than that and what the round earned it."
    )
    nobody = WrongReward(9, NOBODY, b"l" * 32, (), 0, ())
    assert wrong(nobody) == "Its reward tree holds something for member 9, an index that nobody has."


def row(new: int) -> tuple[bytes, int]:
    """A row of two updates and three models whose new parameter 10 is off by so much; what it should be."""
    updates = np.arange(32, dtype=np.int32).reshape(2, 16) * 1000
    old, previous = np.full(16, 1 << 20, np.int32), np.zeros(16, np.int32)
    combined = rules.aggregate(POLICY.rule, updates, [65536, 65536], [2, 3], POLICY.trim_bps)
    model = rules.next_model(old, previous, combined, POLICY.beta)
    honest = int(model[10])
    model[10] += new
    return row_bytes([*updates, previous, old, model], 1), honest


def test_arithmetic__parameter__posted_and_honest() -> None:
    """P-15: the witnesses of the call are those that the contract took."""
    posted, honest = row(1)
    lane = WrongArithmetic(posted, 1, (), 2, 10_000 + 2**31, 26_000 + 2**31)
    text = wrong(lane)
    assert text.startswith(f"It gives parameter 10 of the next model as {(honest + 1) / 2**24:.9g}; the rule makes")
    assert text.endswith(f"({honest + 1} and {honest} in steps of 2^-24).")


def test_arithmetic__beyond_the_model_and_of_wrong_length() -> None:
    posted, _ = row(1)
    assert wrong(WrongArithmetic(posted, 2, (), 0, 0, 0)) == "Its row 2, beyond the model's last word, is not zero."
    short = WrongArithmetic(posted[:-32], 1, (), 0, 0, 0)
    assert wrong(short) == "Its row 1 is 128 bytes long, and has not one word for each update and model."


def test_rows_and_models__name_what_differs() -> None:
    word = b"w" * 32
    assert wrong(WrongUpdate(b"", 1, (), 0, word, ())) == (
        "Its rows hold other parameters 8 to 15 of update 1 of 0xa1a1a1a1 than were revealed."
    )
    assert "of the included update in place 7 than" in wrong(WrongUpdate(b"", 1, (), 7, word, ()))
    old, previous = (WrongOldModel(b"", 0, (), which, word, ()) for which in (False, True))
    assert (
        wrong(old) == "Its rows hold other parameters 0 to 7 of the last final model than the root on chain stands for."
    )
    assert "of the model before the last than" in wrong(previous)
    assert wrong(WrongNewModel(b"", 0, (), word, ())) == (
        "Its model holds other parameters 0 to 7 than its own rows lead to."
    )


@pytest.mark.parametrize(
    ("tree", "which"),
    [
        (Tree.ROW, "the row tree"),
        (Tree.MODEL, "the model tree"),
        (Tree.REWARD, "the reward tree"),
        (Tree.UPDATE, "update 2"),
    ],
)
def test_unanswered__node__which_and_who_asked(tree: Tree, which: str) -> None:
    node = Node(tree, 2 if tree is Tree.UPDATE else 0, 8, 3)
    tape = played(*GOOD)
    asked = {"settlement": tape.told().settlements[0].hash, "node": (int(tree), node.update, 8, 3), "hash": b"n"}
    tape.add("Demanded", demander=PROVER, deadline=tape.time, fee=1, **asked).convicts()
    (posted,) = tape.told().settlements
    assert posted.fell is not None
    lines = list(explain_settlements(CHARTER, tape.told(), {posted.fell.step.transaction: Unanswered(node)}, NAMES))
    assert lines[2].text == "It fell by `expire`."
    assert lines[3].text == (
        f"Node 3 at level 8 of {which}, demanded by {PROVER}, was not supplied before its deadline."
    )


def test_beyond_clip__parameter__value_and_bound() -> None:
    q = np.zeros(16, np.int32)
    q[9] = -(POLICY.clip) - 1
    shown = BeyondClip(TRAINERS[0], 9, encode(q)[32:], ())
    assert beyond_clip(CHARTER, fallen(), shown) == "Parameter 9 of the update is -64.0000001, beyond the clip of 64."
