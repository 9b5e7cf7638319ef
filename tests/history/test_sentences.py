"""Sentences about updates, rewards and rounds, from stories made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from parley.history.charter import Charter
from parley.history.model import Round, Update, Verdict
from parley.history.sentences import Names, Sentence, update_reason
from parley.history.sentences.model import Kind
from parley.history.sentences.rewards import explain_reward
from parley.history.sentences.rounds import explain_round
from parley.history.sentences.updates import explain_update, has_shard
from parley.numerics.scoring import ScoreVector
from tests.history.tape import AGGREGATOR, CHARTER, EVALUATORS, OPENED, PROVER, TRAINERS, Tape, played, vector
from tests.roles.builders import POLICY, TERMS

pytestmark = pytest.mark.unit

NAMES = Names([*TRAINERS, *EVALUATORS, AGGREGATOR, PROVER], {TRAINERS[0]: "alice"})
PUBLIC = Charter(1, "0xC", 1, PROVER, replace(TERMS, anchor=bytes(32)), {1: POLICY})


def texts(sentences: Iterable[Sentence]) -> list[str]:
    """The texts; each is a sentence with a check of a known kind."""
    found = list(sentences)
    for sentence in found:
        assert sentence.text.endswith("."), sentence.text
        assert "  " not in sentence.text
        assert sentence.check.value
        assert (sentence.check.block is not None) == (sentence.check.kind is Kind.TRANSACTION)
    return [sentence.text for sentence in found]


def update_of(round_: Round, place: int) -> Update:
    """The update of a trainer."""
    update = round_.update_of(TRAINERS[place])
    assert update is not None
    return update


def reason(round_: Round, place: int = 0) -> str:
    """The one sentence about an update."""
    (text,) = texts([update_reason(round_, update_of(round_, place))])
    return text


def voted(*scores: int | None, final: bool = True) -> Round:
    """A round with one update of merit beside the one that is voted on; `None` is unfit."""
    told = [ScoreVector(9, (score or 0, 5001), (0 if score is None else 65536, 65536)) for score in scores]
    tape = played(*told, trainers=2)
    return (tape.finishes() if final else tape).told()


# ------------------------------------------------------------------------------------------------------- an update


@pytest.mark.parametrize(
    ("votes", "text"),
    [
        ((0, 0, 0), "It was left out: 3 of 3 votes gave it 0, so that the upper median is 0."),
        ((0, 0, 9), "It was left out: 2 of 3 votes gave it 0, so that the upper median is 0."),
        (
            (0, None, 0, 0),
            "It was left out: 4 of 4 votes gave it 0, 1 of them because it was unfit or not to be had, so that the "
            "upper median is 0.",
        ),
        (
            (1, 1, 9),
            "It was included, but paid nothing: of the scores 1, 1 and 9 the lower median is no more than 1: of no "
            "use.",
        ),
        (
            (None, None, 9),
            "It was left out: 2 of 3 evaluators could not use what is behind its CID, because it was not to be had, is"
            " not what the root says, or lies beyond the clip.",
        ),
    ],
    ids=str,
)
def test_reason__of_each_outcome__names_the_votes(votes: tuple[int | None, ...], text: str) -> None:
    assert reason(voted(*votes)) == text


def test_reason__paid__merit_and_money() -> None:
    round_ = voted(2, 2, 2)
    merit = "It was included with the score 2: its merit is 1 of 5001 in all"
    assert reason(round_) == f"{merit}, and it earned 0.139972005598880223 tokens."
    assert reason(round_, 1).startswith("It was included with the score 5001: its merit is 5000 of 5001 in all, and it")
    assert reason(voted(2, 2, 2, final=False)).endswith("and it will be paid once the round is final.")


def test_reason__own_vote_leaves_two__too_few() -> None:
    tape = Tape(trainers=1, seats=3).commits().reveals().opens()
    panel = (TRAINERS[0], *EVALUATORS[:2])
    round_ = tape.judges(*panel).tells(vector(5), vector(5), vector(5), operators=panel).settles().told()
    assert reason(round_) == "It was left out: 2 evaluators had a vote on it, and fewer than three decide nothing."


def test_reason__not_revealed__open_and_closed() -> None:
    tape = Tape().commits()
    assert reason(tape.told()) == "It is committed to, and not revealed so far."
    closed = tape.reveals(TRAINERS[1], TRAINERS[2]).voids(OPENED + 100).told()
    assert reason(closed) == "It was left out: it was committed to, and never revealed."
    assert reason(closed, 1) == "It counts for nothing: the round is void (too few reveals)."


def test_reason__revealed_only__nothing_is_settled() -> None:
    assert reason(Tape().commits().reveals().told()) == "Nothing is settled yet."


def test_reason__every_verdict__has_a_sentence() -> None:
    update = update_of(voted(5, 5, 5), 0)
    for verdict in Verdict:
        assert texts([update_reason(voted(5, 5, 5), replace(update, verdict=verdict))])


def test_update__whole_story__who_said_what_and_where_the_median_fell() -> None:
    round_ = voted(0, None, 1, 2301)
    told = texts(explain_update(CHARTER, round_, update_of(round_, 0), NAMES))
    assert told[:2] == ["alice (0xa0a0a0a0) committed to an update of round 1.", "It revealed the update as number 0."]
    assert told[2].startswith("The update is baf")
    assert told[3:7] == [
        "Evaluator 0xe0e0e0e0 (seat 0) gave it 0: harmful.",
        "Evaluator 0xe1e1e1e1 (seat 1) gave it 0: unfit, or not to be had.",
        "Evaluator 0xe2e2e2e2 (seat 2) gave it 1: it does no harm, and is of no use.",
        "Evaluator 0xe3e3e3e3 (seat 3) gave it 2301: useful, with 23 % of all that the useful ones brought.",
    ]
    assert told[7] == (
        "Of the 4 votes 0, 0, 1 and 2301 the lower median is 0 and the upper one 1; the settled score is 1."
    )


def test_update__one_vote_and_its_own__own_does_not_count() -> None:
    tape = Tape(trainers=1, seats=2).commits().reveals().opens()
    panel = (TRAINERS[0], EVALUATORS[0])
    round_ = tape.judges(*panel).tells(vector(9), vector(5), operators=panel).settles().told()
    told = texts(explain_update(CHARTER, round_, round_.updates[0], NAMES))
    assert "gave it 9, which does not count, for the update is its own." in told[3]
    assert told[5] == "Of the 1 vote 5 the median is 5; the settled score is 0."


def test_update__scaled_down_and_committed_twice__says_so() -> None:
    told = [ScoreVector(9, (5, 9), (32768, 65536))] * 3
    tape = Tape(trainers=2).commits(TRAINERS[0], TRAINERS[0], TRAINERS[0], TRAINERS[1])
    round_ = tape.reveals().opens().judges().tells(*told).settles().finishes().told()
    lines = texts(explain_update(CHARTER, round_, update_of(round_, 0), NAMES))
    assert lines[0].endswith("round 1, after 2 earlier ones.")
    assert "and the update was taken at 0.5000 of its size." in lines[6]
    assert lines[-1].startswith("It earns ")


def test_update__slashed__says_what_it_cost() -> None:
    tape = played(vector(0, 2), vector(0, 2), vector(0, 2), trainers=2)
    round_ = tape.add("ClipDisproved", operator=TRAINERS[0], prover=PROVER).told()
    told = list(explain_update(CHARTER, round_, update_of(round_, 0), NAMES))
    assert "alice (0xa0a0a0a0) was slashed" in told[-1].text
    assert bytes.fromhex(told[-1].check.value[2:]).decode().strip().startswith("ClipDisproved")


def test_update__no_shard_in_time__nothing_tells_updates_apart() -> None:
    """P-24."""
    tape = Tape().commits().reveals()
    tape.time += 20
    round_ = tape.judges().tells(vector(2, 2, 0), vector(2, 2, 0), vector(2, 2, 0)).settles().told()
    assert not has_shard(round_)
    told = texts(explain_update(CHARTER, round_, update_of(round_, 0), NAMES))
    assert told[3].endswith("gave it 2: no validation shard was opened in time, so nothing tells updates apart.")
    assert texts(explain_update(CHARTER, round_, update_of(round_, 2), NAMES))[3].endswith("unfit, or not to be had.")


def test_has_shard__public_validation__always() -> None:
    assert has_shard(Tape().commits().told(charter=PUBLIC))


# -------------------------------------------------------------------------------------------------------- a reward


def rewarded(round_: Round, operator: str) -> list[str]:
    return texts(explain_reward(CHARTER, round_, operator, NAMES))


def test_reward__trainer__sum_merit_and_pool() -> None:
    round_ = played(vector(2, 3), vector(2, 3), vector(2, 3), trainers=2).finishes().told()
    told = rewarded(round_, TRAINERS[0])
    assert told[0] == "Round 1 is final and earned alice (0xa0a0a0a0) 233.333333333333333333 tokens in all."
    assert told[1] == "As a trainer it revealed update 0."
    assert told[3] == (
        "The trainers' pool is 700 tokens: 700000000000000000000 x 1 / 3 wei, rounded down, "
        "is 233.333333333333333333 tokens."
    )
    assert told[4] == "3 evaluators judged it, as they themselves say."


def test_reward__useless_trainer__zero_and_why() -> None:
    round_ = played(vector(1, 3), vector(1, 3), vector(1, 3), trainers=2).finishes().told()
    told = rewarded(round_, TRAINERS[0])
    assert told[0] == "Round 1 is final and earned alice (0xa0a0a0a0) 0 tokens in all."
    assert "paid nothing" in told[2]


def test_reward__evaluators__by_quality_or_equally_or_nothing() -> None:
    good = played(vector(1, 5001, 5001), vector(1, 5001, 5001), vector(5001, 5001, 1)).finishes().told()
    best = rewarded(good, EVALUATORS[0])
    assert best[1] == "As an evaluator it sat in seat 0 and revealed its scores."
    assert "agree with the settled ones better than by chance: their quality is" in best[2]
    assert best[2].endswith("tokens.")
    worst = rewarded(good, EVALUATORS[2])
    assert "no better than by chance: their quality is 0, and of the pool of 200 tokens it gets 0^2 /" in worst[2]
    same = played(vector(2, 2), vector(2, 2), vector(2, 3), trainers=2).finishes().told()
    assert rewarded(same, EVALUATORS[0])[2].startswith("Nobody's scores say more than chance would; those who voted as")
    assert rewarded(same, EVALUATORS[0])[2].endswith("share the pool of 200 tokens equally, which is 100 tokens.")
    assert rewarded(same, EVALUATORS[2])[2].endswith("of the pool of 200 tokens it gets nothing.")


def test_reward__evaluator_before_the_end__no_money_is_told() -> None:
    round_ = played(vector(1, 5001, 5001), vector(1, 5001, 5001), vector(5001, 5001, 1)).told()
    told = rewarded(round_, EVALUATORS[0])
    assert told[0] == "Round 1 is not final, so it has paid 0xe0e0e0e0 nothing so far."
    assert "which is" not in told[2]
    early = Tape().up_to_scores().tells(vector(1, 2, 3)).told()
    assert len(rewarded(early, EVALUATORS[0])) == 2


def test_reward__silent_evaluator__no_reveal_no_pay() -> None:
    tape = Tape().up_to_scores().tells(vector(1, 2, 3), vector(1, 2, 3))
    told = rewarded(tape.told(), EVALUATORS[2])
    assert told[1] == "As an evaluator it committed to scores and did not reveal them: no reveal, no pay."


def test_reward__aggregator__paid_or_convicted() -> None:
    fell = played(vector(2, 3), vector(2, 3), vector(2, 3), trainers=2).convicts()
    assert rewarded(fell.told(), AGGREGATOR)[1] == (
        "As an aggregator it posted a settlement in turn 0 that fell: its bond of 100 tokens is lost, 50 tokens of it "
        "burned."
    )
    paid = fell.settles(turn=1, by=PROVER).finishes().told()
    assert rewarded(paid, PROVER)[1] == (
        "As an aggregator it posted the settlement that stands, in turn 1: its pay is 100 tokens."
    )


def test_reward__final__is_checked_by_the_account_of_whoever_has_one() -> None:
    """Whoever took no part may be no operator at all, and has no account to look at."""
    round_ = played(vector(2, 3), vector(2, 3), vector(2, 3), trainers=2).finishes().told()
    checks = [next(iter(explain_reward(CHARTER, round_, who, NAMES))).check.value for who in (TRAINERS[0], PROVER)]
    assert checks == [f"parley claim {TRAINERS[0]} --dry --federation 1", "parley round show 1 --federation 1"]


def test_reward__void_round_and_bystander__nothing_for_nobody() -> None:
    round_ = Tape().commits(TRAINERS[0]).voids(OPENED + 40).told()
    told = rewarded(round_, PROVER)
    assert told[0] == "Round 1 was void (too few commits) and paid nobody: its reward returned to the budget."
    assert told[1] == "It neither committed to an update or scores of round 1 nor settled it."


# --------------------------------------------------------------------------------------------------------- a round


def story(round_: Round, now: int = OPENED, charter: Charter = CHARTER) -> list[str]:
    return texts(explain_round(charter, round_, NAMES, now))


def test_round__whole__from_opening_to_end() -> None:
    tape = Tape(trainers=2).add("SeedCaptured", seed=b"S" * 32).commits().reveals().opens().judges()
    tape.tells(vector(2, 3), vector(2, 3), vector(2, 3)).settles().convicts().settles(turn=1).finishes()
    told = story(tape.told())
    assert told[0] == "Round 1 opened at 1970-01-01 00:16:40 UTC with policy 1 for 2 trainers."
    assert told[1].startswith("Its seed, which draws seats and turns, is 0x5353")
    assert told[2] == "2 trainers committed to an update, and the phase ended early."
    assert told[3] == "2 updates were revealed, and the phase ended early."
    assert told[4] == "The validation shard was opened, and the phase ended early."
    assert told[5] == "3 evaluators committed to scores, and the phase ended early."
    assert told[7].startswith("Update of alice (0xa0a0a0a0): it was included")
    assert told[9:11] == ["0x99999999 posted a settlement in turn 0.", "That settlement fell."]
    assert told[11].startswith("0x99999999 settled it in turn 1: 2 updates included,")
    assert told[12].startswith("The round became final at")


def test_round__one_of_each__is_singular() -> None:
    tape = Tape(trainers=1, seats=1).up_to_scores().tells(vector(2)).settles()
    told = story(tape.told())
    assert "for 1 trainer." in told[0]
    assert told[1].startswith("1 trainer committed to an update")
    assert told[2].startswith("1 update was revealed")


def test_round__somebody_silent__is_named() -> None:
    tape = Tape().commits().reveals(TRAINERS[1], TRAINERS[2])
    assert "2 updates were revealed; not by alice (0xa0a0a0a0)." in story(tape.told())


def test_round__shard_never_opened__is_told_once_somebody_judges() -> None:
    tape = Tape().commits().reveals()
    tape.time += 20
    told = story(tape.judges().told())
    assert "The validation shard was not opened in time: every fit update that moves the model scores the same." in told
    assert not any("shard" in line for line in story(Tape().commits().told()))


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (1, "The round is open: its phase is train until 1970-01-01 00:17:10 UTC."),
        (29, "The round is open: its phase is train until 1970-01-01 00:17:10 UTC."),
        (30, "The round is void: too few commits. Anybody may end it."),
    ],
)
def test_round__open__where_it_stands_now(second: int, text: str) -> None:
    tape = Tape()
    assert story(tape.told(OPENED + second), OPENED + second)[-1] == text


def test_round__settle_and_challenge_and_due__stand_as_they_are() -> None:
    tape = Tape().up_to_scores().tells(vector(1, 2, 3), vector(1, 2, 3), vector(1, 2, 3))
    assert story(tape.told(tape.time + 5), tape.time + 5)[-1] == "The round is open: its phase is settle."
    tape.settles()
    assert "its phase is challenge until" in story(tape.told(tape.time + 1), tape.time + 1)[-1]
    assert story(tape.told(tape.time + 60), tape.time + 60)[-1] == "The round is due: anybody may make it final."


def test_round__void__why() -> None:
    tape = Tape().commits(TRAINERS[0]).voids(OPENED + 40)
    assert story(tape.told())[-1] == (
        "The round was void: too few commits. Its reward returned, and the model stayed as it was."
    )


def test_sentences__hostile_names__are_cleaned() -> None:
    """A name that moves the cursor, or turns the line round, does nothing."""
    names = Names(TRAINERS, {TRAINERS[0]: "\x1b[31mmallory\u202e\n$(rm)"})
    round_ = voted(2, 2, 2)
    for sentence in explain_update(CHARTER, round_, update_of(round_, 0), names):
        assert sentence.text.isprintable()
        assert "\x1b" not in sentence.text
