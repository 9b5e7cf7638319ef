"""Each verifier passes a good history and fails a doctored one."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chaoslab.history import WIPED, History, Leftovers, Outage, Past
from chaoslab.outcomes import why_void
from chaoslab.verifiers import (
    VERIFIERS,
    books_balance,
    honest_work_counts,
    nobody_honest_is_punished,
    nonces_follow,
    nothing_is_left,
    nothing_twice,
    rewards_match,
    rounds_end,
    verify,
)
from parley.chain.disputed import Conviction
from parley.cli.demo.audit import Check
from parley.history.model import Void
from tests.chaos.past import AGGREGATOR, EVALUATORS, STATE, TRAINERS, good_acts, good_history, good_round, with_round
from tests.roles.builders import HEADER, POLICY, SETTLEMENT

pytestmark = pytest.mark.unit

FIRST = TRAINERS[0].operator


def changed(**of_record: object) -> Past:
    """The good round with another record."""
    past = good_round()
    return replace(past, record=replace(past.record, **of_record))  # type: ignore[arg-type]


def void(past: Past, **of_state: int) -> Past:
    """The round as a void one."""
    record = replace(past.record, final=False, void=True, header=None)
    return replace(past, record=record, state=replace(past.state, final_at=0, **of_state), reward_root=None)


def test_verify__good_history__has_no_complaint() -> None:
    """Nothing is found where nothing is wrong."""
    assert verify(good_history()) == {name: [] for name, _ in VERIFIERS}


def test_rounds_end__missing_or_open_round__fails() -> None:
    """P-10: each round has an end."""
    assert rounds_end(replace(good_history(), planned=2)) == ["round 2 has not ended"]
    assert rounds_end(with_round(changed(final=False))) == ["round 1 is neither final nor void"]


def test_rounds_end__void_without_reason__fails() -> None:
    """P-10: enough of everything, and void all the same."""
    assert "no reason" in rounds_end(with_round(void(good_round())))[0]


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ({"committed": 2}, Void.COMMITS),
        ({"revealed": 2}, Void.REVEALS),
        ({"scores_committed": 2}, Void.SCORE_COMMITS),
        ({"scores_revealed": 2}, Void.SCORE_REVEALS),
    ],
)
def test_why_void__too_few__is_named(numbers: dict[str, int], reason: Void) -> None:
    """P-10: each reason by its number."""
    past = void(good_round(), **numbers)
    assert why_void(past, POLICY) is reason
    assert rounds_end(with_round(past)) == []


def test_why_void__nobody_settled__only_after_the_last_turn() -> None:
    """P-10: five turns of silence make it void, four do not."""
    past = void(good_round())
    state = replace(past.state, turn=0)
    early, late = (replace(past, state=state, ended=STATE.score_reveal_end + n * POLICY.settle) for n in (4, 5))
    assert why_void(early, POLICY) is None
    assert why_void(late, POLICY) is Void.SETTLEMENT


def test_books_balance__one_wei_too_little__fails() -> None:
    """P-17: to the wei; and books that nobody checked do not balance."""
    assert books_balance(replace(good_history(), books=(Check("vault", 5, 6),))) == ["vault: 5 wei, not 6"]
    assert books_balance(replace(good_history(), books=()))


def test_rewards_match__another_root__fails() -> None:
    """P-12: the posted tree is the recomputed one."""
    assert rewards_match(with_round(replace(good_round(), reward_root=b"x" * 32)))
    assert rewards_match(with_round(changed(header=None)))


def test_nothing_twice__same_content_in_a_round__fails() -> None:
    """P-18: a second reveal with the same content; pokes may come twice."""
    acts = good_acts()
    assert nothing_twice(replace(good_history(), acts=(*acts, replace(acts[1], nonce=9))))
    assert not nothing_twice(replace(good_history(), acts=(*acts, replace(acts[1], nonce=9, succeeded=False))))
    assert not nothing_twice(replace(good_history(), acts=(*acts, replace(acts[1], nonce=9, round=2))))


def test_nothing_twice__update_replaced__only_after_a_lost_disk() -> None:
    """P-18: a crash changes nothing of an update; a lost disk may."""
    acts = good_acts()
    again = replace(good_history(), acts=(*acts, replace(acts[0], nonce=9, data=b"another update")))
    assert nothing_twice(again) == ["trainer-0 did commitUpdate 2 times in round 1, with 0 lost disks"]
    lost = (Outage(TRAINERS[0].name, WIPED, 1010, 1015),)
    assert not nothing_twice(replace(again, outages=lost))
    assert nothing_twice(replace(again, outages=(replace(lost[0], name="trainer-1"),)))


def test_nothing_twice__scores_replaced__only_after_a_reorg() -> None:
    """P-28: a reorg may change the order of the reveals; it never changes an update."""
    act = replace(good_acts()[0], operator=EVALUATORS[0].operator, function="commitScores", data=b"1")
    twice = replace(good_history(), acts=(act, replace(act, nonce=1, data=b"2")))
    assert nothing_twice(twice)
    assert not nothing_twice(replace(twice, rounds={1: replace(good_round(), reorgs=1)}))


def test_nonces_follow__gap_or_repeat__fails() -> None:
    """P-19: one sequence a key."""
    acts = good_acts()
    for nonce in (2, 0):
        assert nonces_follow(replace(good_history(), acts=(acts[0], replace(acts[1], nonce=nonce))))


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({"commitments": {t.operator: b"c" for t in TRAINERS[1:]}}, "trainer-0 was up .* not commit its update"),
        ({"reveals": good_round().record.reveals[1:]}, "trainer-0 was up .* not reveal its update"),
        ({"score_commitments": {}}, "evaluator-2 was up .* not commit its scores"),
        ({"vectors": good_round().record.vectors[1:]}, "evaluator-0 was up .* not reveal its scores"),
        ({"final": False, "void": True}, "aggregator-1 was up .* not settle"),
    ],
)
def test_honest_work_counts__act_is_missing__fails(record: dict[str, object], complaint: str) -> None:
    """P-18: whoever was up owes it."""
    wrong = honest_work_counts(with_round(changed(**record)))
    assert any(re.search(complaint, line) for line in wrong), wrong


def test_honest_work_counts__shard_not_opened__fails() -> None:
    """P-24: a sponsor that was up opens the shard."""
    assert "open the validation shard" in honest_work_counts(with_round(replace(good_round(), key_opened=False)))[0]


@pytest.mark.parametrize(("start", "end", "excused"), [(1029, 1031, True), (1020, None, True), (1031, 1099, False)])
def test_honest_work_counts__outage__excuses_only_windows_that_it_meets(
    start: int, end: int | None, *, excused: bool
) -> None:
    """P-18: a worker that was out for a moment of the window is excused, for that window."""
    past = changed(commitments={t.operator: b"c" for t in TRAINERS[1:]}, reveals=good_round().record.reveals[1:])
    history = replace(with_round(past), outages=(Outage("trainer-0", "kill", start, end),))
    assert (honest_work_counts(history) == []) == excused


def test_honest_work_counts__lost_disk_before_the_reveal__is_excused() -> None:
    """What was committed to is gone: nobody can reveal it."""
    past = changed(reveals=good_round().record.reveals[1:])
    lost = (Outage("trainer-0", WIPED, 1005, 1010),)
    assert honest_work_counts(replace(with_round(past), outages=lost)) == []
    assert honest_work_counts(replace(with_round(past), outages=(replace(lost[0], why="kill"),)))


def test_nobody_honest_is_punished__conviction_slash_or_missing_stake__fails() -> None:
    """P-28: a reorg convicts nobody."""
    convicted = changed(convictions=(Conviction(SETTLEMENT, HEADER, AGGREGATOR.operator, False, 90, b"t" * 32),))
    doctored: tuple[History, ...] = (
        with_round(convicted),
        with_round(changed(clipped=frozenset({FIRST}))),
        replace(good_history(), stakes={"trainer-0": 1_950}),
        replace(good_history(), stakes={}),
        replace(good_history(), burned=1),
    )
    for history in doctored:
        assert len(nobody_honest_is_punished(history)) == 1


@pytest.mark.parametrize("what", ["processes", "files", "locks", "slots", "pool", "exits"])
def test_nothing_is_left__something_is__fails(what: str) -> None:
    """P-18: each kind of thing that may stay behind."""
    left = Leftovers(**{what: ("a thing",)})
    assert nothing_is_left(replace(good_history(), leftovers=left)) == [f"{what}: a thing"]
