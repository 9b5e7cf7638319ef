"""`parley watch` without a chain: what changes are told of, what the screen shows, what a node that goes away does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from parley.chain.errors import Unreachable
from parley.chain.model import Phase
from parley.cli.watch.changes import Change, change_of, changes, standing
from parley.cli.watch.follow import Follower
from parley.cli.watch.scene import Scene
from parley.history.sentences import Names
from tests.cli.watching import drawn, scene
from tests.history.tape import AGGREGATOR, EVALUATORS, PROVER, TRAINERS, Tape, played, vector
from tests.roles.builders import ME

pytestmark = pytest.mark.unit

NAMES = Names([*TRAINERS, *EVALUATORS, AGGREGATOR, PROVER], {TRAINERS[0]: "alice"})
GOOD = (vector(0, 2, 3001),) * 3


# --------------------------------------------------------------------------------------------------------- changes


def told(before: Tape, after: Tape, **options: Phase) -> list[tuple[str, str]]:
    found = changes(scene(before), scene(after, **options))  # type: ignore[arg-type]
    return [(change.change, change.text) for change in found]


def copy(tape: Tape) -> Tape:
    return replace(tape, events=list(tape.events))


def test_changes__first_look__says_how_things_stand() -> None:
    (change,) = changes(None, scene(Tape()))
    assert (change.change, change.round, change.transaction) == ("state", 1, None)
    assert change.text.startswith("federation 1: round 1 of 10, train until ")


def test_changes__new_events__one_line_each_and_none_twice() -> None:
    tape = Tape()
    before = copy(tape)
    tape.commits(TRAINERS[0], TRAINERS[1])
    assert told(before, tape) == [
        ("UpdateCommitted", "0xa0a0a0a0 committed to an update"),
        ("UpdateCommitted", "0xa1a1a1a1 committed to an update"),
    ]
    assert told(tape, copy(tape)) == []


def test_changes__event__carries_who_which_round_and_transaction() -> None:
    event = Tape().commits(TRAINERS[0]).events[-1]
    change = change_of(event, NAMES)
    assert (change.operator, change.round, change.block) == (TRAINERS[0], 1, event.block)
    assert (change.time, change.transaction) == (event.timestamp, event.transaction)
    assert change.text == "alice (0xa0a0a0a0) committed to an update"


def test_changes__another_phase__is_a_line_of_its_own() -> None:
    tape = Tape()
    (change,) = told(tape, copy(tape), phase=Phase.REVEAL)
    assert change[0] == "phase"
    assert "reveal" in change[1]


def test_changes__reorg__says_how_many_events_went_away() -> None:
    """P-19."""
    tape = Tape()
    before = copy(tape).commits(TRAINERS[0])
    tape.add("UpdateCommitted", 5, operator=TRAINERS[1], commitment=b"c")
    tape.events[-1] = replace(tape.events[-1], block_hash=b"other" * 6 + b"xx")
    assert told(before, tape) == [
        ("reorg", "the chain was reorganised: 1 event went away"),
        ("UpdateCommitted", "0xa1a1a1a1 committed to an update"),
    ]
    again = replace(scene(tape), reorgs=1)
    assert [change.change for change in changes(scene(tape), again)] == ["reorg"]


def test_changes__whole_saga__every_event_has_words() -> None:
    tape = Tape().add("SeedCaptured", seed=b"S" * 32).up_to_scores().tells(*GOOD).settles(earned=100)
    settlement = tape.told().settlements[0].hash
    tape.add("Demanded", settlement=settlement, demander=PROVER, node=(0, 0, 8, 0), hash=b"n", deadline=2000, fee=1)
    tape.add("Postponed", finalAt=2000, contested=True)
    tape.add("Supplied", settlement=settlement, supplier=AGGREGATOR, node=(0, 0, 8, 0), content=b"c")
    tape.add("Postponed", finalAt=2010, contested=False).convicts()
    tape.add("ClipDisproved", operator=TRAINERS[1], prover=PROVER)
    tape.add("MemberSlashed", operator=TRAINERS[1], prover=PROVER, amount=10**18)
    tape.settles(turn=1).add("RoundFinalized", modelRoot=b"", earned=10**20).add("RoundVoided")
    for name, more in (("Left", {"until": 3}), ("Evicted", {"until": 3}), ("Unbonded", {"stake": 10**18})):
        tape.add(name, operator=TRAINERS[1], **more)
    tape.add("MemberIndexed", operator=TRAINERS[1], index=4).add("Absent", operator=TRAINERS[1], role=1, count=1)
    tape.add("Joined", operator=TRAINERS[1], roles=3, stake=1, **{"from": 2}).add("FederationClosed")
    lines = [change_of(event, NAMES).text for event in tape.events]
    assert not [line for event, line in zip(tape.events, lines, strict=True) if line == event.name]
    assert "0xe0e0e0e0 (seat 0) revealed its scores: 0, 2 and 3001" in lines
    assert (
        "0x99999999 settled in turn 0: 2 updates included, 0.0000000000000001 tokens earned; final at"
        in lines[[event.name for event in tape.events].index("Settled")]
    )
    assert "the settlement of 0x99999999 fell, and 0x77777777 is paid" in lines
    assert "0xa1a1a1a1 is in from round 2 on, as trainer and evaluator" in lines
    assert "0xa1a1a1a1 was absent, 1 round running" in lines
    assert lines[-1] == "the federation is closed"


def test_changes__hostile_vector_and_unknown_event__do_no_harm() -> None:
    tape = Tape()
    tape.add("ScoresRevealed", operator=EVALUATORS[0], seat=0, vector=b"\x1b[2J", salt=b"")
    assert change_of(tape.events[-1], NAMES).text == "0xe0e0e0e0 revealed scores that nobody can read"
    tape.add("\x1b[31mNews\n")
    assert change_of(tape.events[-1], NAMES).text == "?[31mNews"


def test_standing__each_state__in_a_few_words() -> None:
    assert standing(scene(Tape(), Phase.SETTLE)).startswith("round 1 of 10, settle turn")
    assert standing(scene(Tape(), Phase.FINALIZABLE)) == "round 1 of 10, finalizable"
    assert standing(scene(Tape(), Phase.IDLE)) == "no round is open: anybody may open the next one"
    assert standing(scene(Tape(), Phase.CLOSED)) == "no round is open: the federation is closed"


# ---------------------------------------------------------------------------------------------------------- screen


def test_screen__before_the_first_look__says_that_it_reads() -> None:
    assert drawn(None) == ["reading the federation"]
    assert drawn(None, trouble="refused")[1] == "the node is away, trying again: refused"


def test_screen__round_in_training__phases_deadlines_and_who_committed() -> None:
    lines = drawn(scene(Tape().commits(TRAINERS[0], TRAINERS[1])))
    assert lines[0].startswith("federation 1  round 1 of 10  train  block ")
    assert lines[1].startswith("train 2/3 until 00:17:10, 27 s left > reveal until 00:17:20 > key until 00:17:28")
    text = "\n".join(lines)
    assert "0xa0a0a0a0  committed" in text
    assert "0xa2a2a2a2" not in text


def test_screen__scores_as_they_come__a_column_for_each_seat() -> None:
    tape = Tape().up_to_scores().tells(*GOOD[:2])
    lines = drawn(scene(tape, Phase.SCORE_REVEAL))
    table = next(place for place, line in enumerate(lines) if line.startswith("#"))
    assert lines[table].split() == ["#", "trainer", "update", "s0", "s1", "score", "earned"]
    assert lines[table + 1].split() == ["0", "0xa0a0a0a0", "revealed", "unfit", "unfit", "-"]
    assert lines[table + 3].split() == ["2", "0xa2a2a2a2", "revealed", "3001", "3001", "-"]
    assert "panel: 0xe0e0e0e0 seat 0, 0xe1e1e1e1 seat 1, 0xe2e2e2e2 committed" in "\n".join(lines)


def test_screen__settlement_that_fell_and_one_that_stands__both_told() -> None:
    lines = drawn(scene(played(*GOOD).convicts().settles(turn=1), Phase.CHALLENGE), width=100)
    found = [line for line in lines if line.startswith("settlement:")]
    assert found[0].startswith("settlement: turn 0 by 0x99999999, 1,000.00 tokens, convicted by 0x77777777")
    assert "turn 1 by 0x99999999" in found[1]
    assert ", final at 00:1" in found[1]


def test_screen__last_rounds__newest_first_with_outcome() -> None:
    first = played(*GOOD).finishes()
    void = Tape(number=2, time=first.time).commits(TRAINERS[0]).voids(first.time + 40)
    lines = drawn(scene(Tape(number=3, time=void.time), before=(first, void)))
    start = next(place for place, line in enumerate(lines) if line.startswith("round  outcome"))
    assert lines[start + 1].split() == ["2", "void", "0", "of", "1", "-", "0.00", "40", "s", "too", "few", "commits"]
    assert lines[start + 2].split()[:6] == ["1", "final", "3", "of", "3", "2"]


def test_screen__own_standing__name_earnings_and_what_is_next() -> None:
    lines = drawn(scene(Tape()))
    place = next(place for place, line in enumerate(lines) if line.startswith("yours"))
    assert lines[place].split() == ["yours", "earned", "next"]
    assert lines[place + 1].split()[:7] == ["alice", "0.00", "commit", "to", "an", "update:", "until"]
    wide = drawn(scene(Tape()), width=120)
    assert any("free stake" in line for line in wide)
    assert not any("yours" in line for line in drawn(scene(Tape(), own=False)))


def test_screen__node_away__says_so_above_what_was_last_known() -> None:
    lines = drawn(scene(Tape()), trouble="the node does not answer")
    assert lines[1] == "the node is away, trying again: the node does not answer"
    assert any("train 0/3" in line for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 20), (200, 60), (40, 15)], ids=str)
def test_screen__any_size__no_line_is_too_long(width: int, height: int) -> None:
    many = tuple("0x" + f"{place:02x}" * 20 for place in range(100))
    tape = Tape(trainers=100, seats=5).commits(*many).reveals(*many).opens().judges()
    tape.tells(*[vector(*range(100))] * 5)
    rounds = [played(*GOOD).finishes()]
    lines = drawn(scene(tape, Phase.SETTLE, before=tuple(rounds)), width, height)
    assert max(map(len, lines)) <= width
    if height >= 24:
        assert len(lines) <= height
    assert any("more" in line for line in lines) == (width > 40)


def test_screen__too_many_updates__ones_own_stays() -> None:
    many = (*TRAINERS, *("0x" + f"{place:02x}" * 20 for place in range(40)), ME)
    lines = drawn(scene(Tape(trainers=60).commits(*many)))
    assert any(line.split()[:2] == ["alice", "committed"] for line in lines)
    assert any(line.strip().startswith("and ") and line.strip().endswith("more") for line in lines)


def test_screen__many_seats__the_rest_is_counted() -> None:
    panel = tuple("0x" + f"{0x10 + place:02x}" * 20 for place in range(12))
    tape = Tape(seats=12).commits().reveals().opens().judges(*panel)
    tape.tells(*[vector(0, 2, 3)] * 12, operators=panel)
    header = next(line for line in drawn(scene(tape, Phase.SETTLE)) if line.startswith("#"))
    assert header.split()[3:-2] == ["s0", "s1", "s2", "+9"]


def test_screen__hostile_name__is_text_and_no_markup() -> None:
    one = scene(Tape())
    hostile = replace(one.own[0], name="[red]x[/red]\x1b[2J")
    lines = drawn(replace(one, own=(hostile,)))
    assert any("[red]x[/red]?[2J"[:16] in line for line in lines)
    assert not any("\x1b" in line for line in lines)


# -------------------------------------------------------------------------------------------------------- following


def followed(*looks: Scene | Exception) -> tuple[Follower, list[Change]]:
    """What is told when the looks find that, one after the other."""
    found: Iterator[Scene | Exception] = iter(looks)
    lines: list[Change] = []

    def look() -> Scene:
        seen = next(found)
        if isinstance(seen, Exception):
            raise seen
        return seen

    follower = Follower(look, lines.append, 0.0)
    for _ in looks:
        follower.look()
    return follower, lines


def test_follower__node_goes_away__is_told_once_and_once_that_it_is_back() -> None:
    first, gone = scene(Tape()), Unreachable("the node does not answer")
    follower, lines = followed(first, gone, Unreachable("refused"), first, first)
    assert [line.change for line in lines] == ["state", "trouble", "recovered"]
    assert lines[1].text == "the node is away, trying again: the node does not answer"
    assert follower.moment.trouble is None
    assert follower.moment.scene is first


def test_follower__while_away__keeps_the_last_scene_and_the_newest_reason() -> None:
    first = scene(Tape())
    follower, _ = followed(first, Unreachable("one"), Unreachable("two"))
    assert follower.moment.scene is first
    assert follower.moment.trouble == "two"


def test_follower__what_happened_meanwhile__is_told_after_the_return() -> None:
    tape = Tape()
    first = scene(copy(tape))
    _, lines = followed(first, Unreachable("gone"), scene(tape.commits(TRAINERS[0])))
    assert [line.change for line in lines] == ["state", "trouble", "recovered", "UpdateCommitted"]


def test_follower__fault_of_our_own__ends_the_thread_and_is_kept() -> None:
    """What is no error of chain or store is a bug, and not retried in silence."""
    ended = threading.Event()

    def look() -> Scene:
        ended.set()
        raise ZeroDivisionError

    follower = Follower(look, lambda _: None, 0.01)
    follower.start()
    assert ended.wait(5)
    follower.join(5)
    assert isinstance(follower.failed, ZeroDivisionError)


def test_follower__stopped__looks_no_more() -> None:
    looks = threading.Semaphore(0)
    one = scene(Tape())

    def look() -> Scene:
        looks.release()
        return one

    follower = Follower(look, lambda _: None, 0.01)
    follower.start()
    assert looks.acquire(timeout=5)
    follower.stop()
    follower.join(5)
    assert not follower.is_alive()
    assert follower.failed is None
