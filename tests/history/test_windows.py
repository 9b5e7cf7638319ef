"""When phases end: at their deadline, or the second after everybody who can act has acted (section 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.clock import MAX_LENGTH
from parley.chain.model import Phase
from parley.history.windows import Window, Windows
from tests.history.tape import OPENED, TRAINERS, Tape, played, vector
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit

TRAIN_END = OPENED + 30
REVEAL_END = TRAIN_END + 10
KEY_END = REVEAL_END + 8
COMMIT_END = KEY_END + 25
SCORES_END = COMMIT_END + 10
GOOD = (vector(0, 2, 3), vector(0, 2, 3), vector(1, 2, 3))


def windows(tape: Tape, *, sealed: bool = True) -> Windows:
    """The windows after all events of a tape."""
    found = Windows(tape.events[0], tape.policy, sealed)
    for event in tape.events:
        found.apply(event)
    return found


def of(tape: Tape, phase: Phase) -> Window:
    """The window of a phase."""
    return next(window for window in windows(tape).all() if window.phase is phase)


def test_all__just_opened__every_phase_with_its_deadline() -> None:
    ends = [(w.phase, w.start, w.deadline, w.end, w.early, w.acted, w.expected) for w in windows(Tape()).all()]
    assert ends == [
        (Phase.TRAIN, OPENED, TRAIN_END, TRAIN_END, False, 0, 3),
        (Phase.REVEAL, TRAIN_END, REVEAL_END, REVEAL_END, False, 0, 0),
        (Phase.KEY, REVEAL_END, KEY_END, KEY_END, False, 0, 1),
        (Phase.SCORE_COMMIT, KEY_END, COMMIT_END, COMMIT_END, False, 0, 3),
        (Phase.SCORE_REVEAL, COMMIT_END, SCORES_END, SCORES_END, False, 0, 0),
        (Phase.SETTLE, SCORES_END, None, None, False, 0, None),
    ]


def test_all__public_validation__has_no_key_phase() -> None:
    """P-24: anchor 0."""
    found = windows(Tape(), sealed=False)
    assert Phase.KEY not in [window.phase for window in found.all()]
    assert found.clock.state.score_commit_end == REVEAL_END + 25


def test_train__last_trainer_commits__ends_the_next_second_and_all_later_ends_move() -> None:
    tape = Tape().commits()
    early = tape.time + 1
    train = of(tape, Phase.TRAIN)
    assert (train.end, train.deadline, train.early, train.acted) == (early, TRAIN_END, True, 3)
    assert windows(tape).clock.state.score_reveal_end == early + 10 + 8 + 25 + 10
    assert (of(tape, Phase.REVEAL).start, of(tape, Phase.REVEAL).expected) == (early, 3)


def test_train__one_is_missing__lasts_to_its_deadline() -> None:
    train = of(Tape().commits(*TRAINERS[:2]), Phase.TRAIN)
    assert (train.end, train.early, train.acted) == (TRAIN_END, False, 2)


def test_train__last_commit_in_the_last_second__is_not_early() -> None:
    """The next second is the deadline itself."""
    tape = Tape().commits(*TRAINERS[:2]).at(TRAIN_END - 1, "UpdateCommitted", operator=TRAINERS[2], commitment=b"c")
    assert (of(tape, Phase.TRAIN).end, of(tape, Phase.TRAIN).early) == (TRAIN_END, False)


def test_train__commitment_replaced__counts_once() -> None:
    tape = Tape().commits(TRAINERS[0], TRAINERS[0], TRAINERS[0])
    assert (of(tape, Phase.TRAIN).acted, of(tape, Phase.TRAIN).early) == (1, False)


def test_train__replaced_after_the_others__ends_with_the_last_newcomer() -> None:
    tape = Tape().commits(TRAINERS[0], TRAINERS[1], TRAINERS[0], TRAINERS[2])
    assert of(tape, Phase.TRAIN).end == tape.time + 1


def test_score_commit__scores_committed_anew__count_once() -> None:
    """P-28: score commitments may be replaced until their end."""
    tape = Tape().commits().reveals().opens()
    same = tape.judges("0xE0", "0xE0")
    assert (of(same, Phase.SCORE_COMMIT).acted, of(same, Phase.SCORE_COMMIT).early) == (1, False)


def test_reveal__all_who_committed_revealed__ends_early_though_a_trainer_is_silent() -> None:
    tape = Tape(trainers=4).commits(*TRAINERS[:3])
    tape.time = TRAIN_END - 1
    tape.reveals(*TRAINERS[:3])
    reveal = of(tape, Phase.REVEAL)
    assert (reveal.start, reveal.end, reveal.early, reveal.acted, reveal.expected) == (
        TRAIN_END,
        TRAIN_END + 3,
        True,
        3,
        3,
    )


@pytest.mark.parametrize(
    ("second", "counts"), [(-1, False), (0, True), (1, True), (7, True), (8, False), (9, False)], ids=str
)
def test_key__opened__counts_within_its_window_alone(second: int, counts: bool) -> None:
    """A phase is [start, end): the second of its end is the next phase's."""
    tape = Tape().commits(*TRAINERS[:2]).at(REVEAL_END + second, "ValidationOpened", key=b"k")
    key = of(tape, Phase.KEY)
    assert key.acted == counts
    assert key.end == (REVEAL_END + second + 1 if counts else KEY_END)
    assert key.early == (counts and second < 7)


def test_key__opened_after_the_round_was_void__moves_nothing() -> None:
    """P-24: keys of past rounds may be opened at any time; the word of a round that is over is not touched."""
    tape = Tape().commits(TRAINERS[0]).voids(TRAIN_END)
    before = windows(tape).clock.state.score_reveal_end
    tape.at(REVEAL_END + 1, "ValidationOpened", key=b"k")
    assert windows(tape).clock.state.score_reveal_end == before


def test_score_phases__everybody_acts__both_end_early() -> None:
    tape = Tape().up_to_scores()
    commit_end = tape.time + 1
    tape.tells(*GOOD)
    assert of(tape, Phase.SCORE_COMMIT).end == commit_end
    reveal = of(tape, Phase.SCORE_REVEAL)
    assert (reveal.start, reveal.end, reveal.early, reveal.acted) == (commit_end, tape.time + 1, True, 3)


def test_score_reveal__one_who_committed_is_silent__lasts_to_its_deadline() -> None:
    tape = Tape().up_to_scores().tells(*GOOD[:2])
    reveal = of(tape, Phase.SCORE_REVEAL)
    assert (reveal.end, reveal.early, reveal.acted, reveal.expected) == (reveal.start + 10, False, 2, 3)


def test_settle__posted__challenge_begins_and_never_ends_early() -> None:
    tape = played(*GOOD)
    settle, challenge = of(tape, Phase.SETTLE), of(tape, Phase.CHALLENGE)
    assert (settle.end, settle.deadline, settle.acted) == (tape.time, None, 1)
    assert (challenge.start, challenge.deadline, challenge.end) == (tape.time, tape.time + 6, tape.time + 6)
    tape.finishes(wait=60)
    assert of(tape, Phase.CHALLENGE) == challenge


def test_challenge__demand_and_answer__put_its_end_off() -> None:
    """P-22: the coordinator says until when, in each event."""
    tape = played(*GOOD)
    posted = tape.time
    tape.add("Postponed", finalAt=posted + 12, contested=True).add("Postponed", finalAt=posted + 18, contested=False)
    assert of(tape, Phase.CHALLENGE).end == posted + 18


def test_conviction__settlement_gone__the_next_turn_begins_then() -> None:
    tape = played(*GOOD).convicts(wait=5)
    found = windows(tape)
    assert found.clock.state.final_at == 0
    assert Phase.CHALLENGE not in [window.phase for window in found.all()]
    assert found.clock.state.score_reveal_end == tape.time
    assert [found.clock.turn(tape.time + second) for second in (0, 11, 12, 24)] == [1, 1, 2, 3]


def test_conviction__settled_again_and_convicted_again__turns_go_on() -> None:
    tape = played(*GOOD).convicts().settles(turn=1).convicts(wait=2)
    assert windows(tape).clock.turn(tape.time) == 2
    tape.settles(turn=4, wait=25).convicts()
    assert windows(tape).clock.turn(tape.time) == 5


def test_conviction__later_than_the_word_can_hold__turns_count_from_its_limit() -> None:
    """`RoundState.restartTurns` cuts off at 24 bits after the score commitments."""
    tape = played(*GOOD)
    commit_end = windows(tape).clock.state.score_commit_end
    tape.at(commit_end + MAX_LENGTH, "Convicted", aggregator="0x", prover="0x")
    assert windows(tape).clock.state.score_reveal_end == tape.time
    tape.events.pop()
    tape.at(commit_end + MAX_LENGTH + 100, "Convicted", aggregator="0x", prover="0x")
    assert windows(tape).clock.state.score_reveal_end == commit_end + MAX_LENGTH


def test_turn__nobody_settles__grows_by_the_policys_window() -> None:
    """P-27."""
    found = windows(Tape().up_to_scores().tells(*GOOD))
    start = found.clock.state.score_reveal_end
    assert [found.clock.turn(start + second) for second in (0, 11, 12, 59, 60)] == [0, 0, 1, 4, 5]


def test_all__void_round__what_ran_ends_with_it_and_what_did_not_begin_is_left_out() -> None:
    tape = Tape().up_to_scores().tells(*GOOD)
    start = windows(tape).clock.state.score_reveal_end
    tape.voids(start + 60)
    *_, settle = windows(tape).all()
    assert (settle.phase, settle.start, settle.end) == (Phase.SETTLE, start, start + 60)
    early = Tape().commits(TRAINERS[0]).voids(TRAIN_END)
    assert [window.phase for window in windows(early).all()] == [Phase.TRAIN]


def test_ends__another_policy__are_its_own() -> None:
    """P-7: a round keeps the version that it opened with."""
    tape = Tape(policy=replace(POLICY, train=100, reveal=1, key=2))
    assert [w.end for w in windows(tape).all()][:3] == [OPENED + 100, OPENED + 101, OPENED + 103]
