"""On which samples an update did harm: sentences from a judgement made again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from parley.history.sentences import Names
from parley.history.sentences.judged import Rejudged, explain_judgement, not_judged
from parley.history.sentences.model import named
from parley.tasks.judging.effects import Effect, Marginal
from tests.history.tape import EVALUATORS, played, vector

pytestmark = pytest.mark.unit

NAMES = Names(EVALUATORS)
SHARD = named("bafshard")
ROUND = played(vector(0, 2), vector(0, 2), vector(0, 2), trainers=2).told()
PANELIST, VOTE = ROUND.panel[0], ROUND.updates[0].votes[0]
HARM = Effect(
    samples=np.array([3, 7, 9]),
    labels=np.array([1, 0, 2]),
    replayed=False,
    sound=True,
    without=np.array([0.1, 0.5, 0.2]),
    with_it=np.array([0.3, 0.4, 0.9]),
    left_out=Marginal(-0.25, -2.5),
    added=Marginal(-0.125, -1.5),
)


def told(effect: Effect | None, score: int = 0, samples: int = 3) -> list[str]:
    sentences = list(explain_judgement(Rejudged(PANELIST, VOTE, score, effect), SHARD, NAMES, samples))
    assert all(sentence.text.endswith(".") and sentence.check.value for sentence in sentences)
    return [sentence.text for sentence in sentences]


def test_judged__harmful__measures_and_worst_samples() -> None:
    assert told(HARM) == [
        "Judged again on the half of 0xe0e0e0e0, it scores 0, as was revealed.",
        "Without it the mean loss would be 0.25 lower (z = -2.50); 2 of 3 samples are better without it: below -2 is "
        "harmful.",
        "Alone it raises the mean loss by 0.125 (z = -1.50); it is not useful: that takes both z above 1.",
        "Losses rose most on samples 9 (class 2): 0.2 without it, 0.9 with it; 3 (class 1): 0.1 without it, "
        "0.3 with it.",
    ]


def test_judged__samples__at_most_so_many_and_singular() -> None:
    assert told(HARM, samples=1)[-1] == "Losses rose most on sample 9 (class 2): 0.2 without it, 0.9 with it."
    one = replace(HARM, with_it=np.array([0.3, 0.4, 0.2]))
    assert "1 of 3 samples is better without it" in told(one)[1]


def test_judged__useful__names_no_harm_where_there_is_none() -> None:
    good = replace(HARM, with_it=np.array([0.05, 0.4, 0.1]), left_out=Marginal(0.1, 2.0), added=Marginal(0.2, 3.0))
    assert told(good, score=5001)[1:] == [
        "Without it the mean loss would be 0.1 higher (z = 2.00); 0 of 3 samples are better without it.",
        "Alone it lowers the mean loss by 0.2 (z = 3.00); as both z are above 1, it is useful.",
    ]


def test_judged__another_score_than_was_revealed__says_both() -> None:
    assert told(HARM, score=7)[0] == (
        "Judged again on the half of 0xe0e0e0e0, it scores 7 and not 0, as was revealed: floats differ, or this "
        "evaluator judged otherwise."
    )


def test_judged__replay_and_unsound__say_why_nothing_is_paid() -> None:
    assert "Most of it was in the updates of the last three rounds: a replay, which is worth 1 at most." in told(
        replace(HARM, replayed=True)
    )
    unsound = told(replace(HARM, sound=False))
    assert unsound[1:] == ["With it, losses that were numbers before are none any more: that is harmful."]


def test_judged__evaluator_could_not_use_it__nothing_to_judge() -> None:
    assert told(None) == ["0xe0e0e0e0 could not use it, so there is nothing to judge again."]


def test_not_judged__hostile_reason__is_cleaned() -> None:
    sentence = not_judged("\x1b[2J gone\n", SHARD)
    assert sentence.text == "On which samples it did harm is not told: ?[2J gone ."
    assert sentence.check == SHARD
