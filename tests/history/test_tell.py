"""From events to the story of a round."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import Any

import pytest

from parley.chain.events import Event
from parley.chain.model import Admission, Policy
from parley.history.charter import Charter, charter_of
from parley.history.model import State, Verdict
from parley.history.tell import by_round, rounds_of
from parley.numerics.faults import Node, Tree
from parley.numerics.fixed_point import size_for
from parley.numerics.rules import Rule
from parley.storage import Cid
from tests.history.tape import (
    AGGREGATOR,
    CHARTER,
    EVALUATORS,
    NOBODY,
    PROVER,
    TRAINERS,
    Tape,
    played,
    vector,
)
from tests.roles.builders import POLICY, TERMS

pytestmark = pytest.mark.unit

GOOD = (vector(0, 2, 3), vector(0, 2, 3), vector(1, 2, 3))
NODE = (int(Tree.ROW), 0, 8, 3)


def event(name: str, **args: Any) -> Event:  # noqa: ANN401 - as the ABI has it
    return Event(name, {"fid": 1, **args}, 5, b"b" * 32, 900, b"t" * 32, 2)


def test_tell__whole_round__who_did_what_when() -> None:
    tape = played(*GOOD).finishes()
    told = tape.told()
    assert (told.number, told.version, told.state, told.void) == (1, 1, State.FINAL, None)
    assert [update.operator for update in told.updates] == list(TRAINERS[:3])
    assert [update.score for update in told.updates] == [0, 2, 3]
    assert [update.verdict for update in told.updates] == [Verdict.UNAVAILABLE, Verdict.PAID, Verdict.PAID]
    assert [panelist.seat for panelist in told.panel] == [0, 1, 2]
    assert told.settlement is not None
    assert (told.settlement.aggregator, told.settlement.turn) == (AGGREGATOR, 0)
    assert [update.index for update in told.included] == [1, 2]
    paid = told.earned
    assert paid[TRAINERS[1]] == POLICY.trainer_pool * 1 // 3
    assert paid[AGGREGATOR] == POLICY.aggregator_pool
    assert told.opened.time < told.settlement.step.time < (told.ended.time if told.ended else 0)


def test_tell__reveal__cid_and_root_of_the_update() -> None:
    """P-5: the digest is in the event, the string follows from it and the size."""
    update = played(*GOOD).told().update_of(TRAINERS[1])
    assert update is not None
    assert (update.index, update.root, update.digest) == (1, b"\x02" * 32, b"\x0a" * 32)
    assert update.cid == str(Cid.from_digest(b"\x0a" * 32, size_for(TERMS.params)))
    assert update.revealed is not None
    assert update.revealed.event == "UpdateRevealed"


def test_tell__committed_again__all_steps_and_the_last_commitment() -> None:
    tape = Tape().commits(TRAINERS[0], TRAINERS[1])
    tape.add("UpdateCommitted", operator=TRAINERS[0], commitment=b"z" * 32)
    update = tape.told().update_of(TRAINERS[0])
    assert update is not None
    assert (len(update.commitments), update.commitment) == (2, b"z" * 32)
    assert update.verdict is Verdict.NOT_REVEALED


def test_tell__withheld_update_and_scores__stand_last_and_earn_nothing() -> None:
    tape = Tape(trainers=4, seats=4).commits(*TRAINERS[:4])
    tape.reveals(*TRAINERS[1:4]).opens().judges(*EVALUATORS[:4]).tells(*GOOD).settles(wait=20).finishes()
    told = tape.told()
    assert [update.operator for update in told.updates] == [*TRAINERS[1:4], TRAINERS[0]]
    assert (told.updates[-1].revealed, told.updates[-1].verdict) == (None, Verdict.NOT_REVEALED)
    silent = told.panelist(EVALUATORS[3])
    assert silent is not None
    assert (silent.seat, silent.revealed, silent.scores, silent.earned) == (None, None, (), 0)
    assert told.panel[-1] is silent
    assert told.panelist(TRAINERS[0]) is None


def test_tell__scores_out_of_seat_order__panel_and_votes_are_by_seat() -> None:
    tape = Tape().up_to_scores()
    for seat in (2, 0, 1):
        tape.add(
            "ScoresRevealed", operator=EVALUATORS[seat], seat=seat, vector=GOOD[seat].encode(), salt=bytes([seat]) * 32
        )
    told = tape.settles().told()
    assert [panelist.operator for panelist in told.panel] == list(EVALUATORS[:3])
    assert [vote.score for vote in told.updates[0].votes] == [0, 0, 1]
    assert [panelist.salt for panelist in told.panel] == [bytes([seat]) * 32 for seat in range(3)]


def test_tell__conviction__settlement_stays_on_record_with_its_fall() -> None:
    """P-16: who was paid; nobody where the proof was not committed."""
    tape = played(*GOOD).convicts().settles(turn=1, by=TRAINERS[0]).convicts(NOBODY).settles(turn=2)
    told = tape.told()
    falls = [posted.fell for posted in told.settlements]
    assert [fall and fall.prover for fall in falls] == [PROVER, None, None]
    assert [fall is not None for fall in falls] == [True, True, False]
    assert falls[0] is not None
    assert (falls[0].step.event, falls[0].unanswered) == ("Convicted", False)
    assert told.settlement == told.settlements[2]
    assert len({posted.hash for posted in told.settlements}) == 3


def test_tell__all_fell__nothing_is_settled() -> None:
    told = played(*GOOD).convicts().told()
    assert told.settlement is None
    assert {update.verdict for update in told.updates} == {Verdict.UNSETTLED}
    assert (told.norm, told.included) == (None, ())


def test_tell__settlement_hash__is_the_coordinators() -> None:
    """P-13: the demands of a settlement name it by this hash."""
    tape = played(*GOOD)
    (posted,) = tape.told().settlements
    tape.add("Demanded", settlement=posted.hash, demander=PROVER, node=NODE, hash=b"n" * 32, deadline=1, fee=7)
    tape.add("Demanded", settlement=b"?" * 32, demander=PROVER, node=NODE, hash=b"n" * 32, deadline=1, fee=7)
    (demand,) = tape.told().settlements[0].demands
    assert (demand.node, demand.fee, demand.content) == (Node(Tree.ROW, 0, 8, 3), 7, None)


def demanded(tape: Tape, wait: int = 1) -> bytes:
    """A node is demanded, to be supplied within six seconds; the settlement's hash."""
    settlement = tape.told().settlements[-1].hash
    asked = {"settlement": settlement, "node": NODE, "hash": b"n" * 32}
    tape.add("Demanded", wait, demander=PROVER, deadline=tape.time + wait + 6, fee=7, **asked)
    tape.add("Postponed", 0, finalAt=tape.time + 12, contested=True)
    return settlement


def test_tell__demand_unanswered__its_conviction_says_so() -> None:
    """P-22: silence convicts."""
    tape = played(*GOOD)
    demanded(tape)
    fell = tape.convicts(wait=6).told().settlements[0].fell
    assert fell is not None
    assert fell.unanswered


def test_tell__demand_answered__conviction_is_for_something_else() -> None:
    tape = played(*GOOD)
    settlement = demanded(tape)
    tape.add("Supplied", settlement=settlement, supplier=AGGREGATOR, node=NODE, content=b"c" * 64)
    tape.add("Postponed", 0, finalAt=tape.time + 12, contested=False)
    (posted,) = tape.convicts(wait=7).told().settlements
    assert posted.fell is not None
    assert not posted.fell.unanswered
    assert posted.demands[0].supplier == AGGREGATOR
    assert posted.final_at == posted.demands[0].deadline + 7


def test_tell__demand_in_time_but_another_proof_first__not_unanswered() -> None:
    tape = played(*GOOD)
    demanded(tape)
    fell = tape.convicts(wait=5).told().settlements[0].fell
    assert fell is not None
    assert not fell.unanswered


def test_by_round__fee_booked_in_a_later_round__belongs_to_the_demands() -> None:
    """P-22: fees wait for the outcome, which may come rounds before anybody asks for them."""
    tape = played(*GOOD)
    settlement = demanded(tape)
    tape.add("Supplied", settlement=settlement, supplier=AGGREGATOR, node=NODE, content=b"c" * 64).finishes(20)
    later = Tape(number=2, time=tape.time)
    later.add("Released", settlement=settlement, to=AGGREGATOR, node=NODE, paid=7)
    for late in later.events:
        if late.name == "Released":
            late.args.pop("round")  # type: ignore[attr-defined]
    rounds = rounds_of(CHARTER, [*tape.events, *later.events])
    assert rounds[1].settlements[0].demands[0].released
    assert len(by_round([*tape.events, *later.events])[2]) == 1


def test_by_round__events_of_no_round__are_left_out() -> None:
    """Joining, claims and keys of rounds that nobody knows belong to no story."""
    tape = Tape()
    strays = [event("Joined", operator=PROVER), event("RoundVoided", round=7), event("Claimed", operator=PROVER)]
    assert by_round([*strays, *tape.events, *strays]) == {1: tape.events}
    assert by_round(strays) == {}


def test_tell__clip_disproved__update_says_so_and_by_which_transaction() -> None:
    """P-2: the trainer is slashed; the settlement stands."""
    tape = played(*GOOD).add("ClipDisproved", operator=TRAINERS[1], prover=PROVER)
    slashed, other = tape.told().updates[1:3]
    assert slashed.clipped
    assert slashed.slashed is not None
    assert slashed.slashed.event == "ClipDisproved"
    assert (other.clipped, other.slashed) == (False, None)


def test_tell__seed_and_key__with_their_transactions() -> None:
    tape = Tape().add("SeedCaptured", seed=b"S" * 32).commits().reveals().opens()
    told = tape.told()
    assert told.seed is not None
    assert (told.seed[0].event, told.seed[1]) == ("SeedCaptured", b"S" * 32)
    assert told.key is not None
    assert told.key.event == "ValidationOpened"
    assert Tape().told().seed is None


def test_tell__unknown_policy_version__is_refused() -> None:
    tape = Tape()
    tape.events[0].args["version"] = 9  # type: ignore[index]
    with pytest.raises(KeyError):
        tape.told()


def test_tell__events_of_nothing_to_it__change_nothing() -> None:
    tape = played(*GOOD)
    before = tape.told()
    tape.add("Absent", operator=TRAINERS[0], role=1, count=1).add("MemberIndexed", operator=TRAINERS[0], index=3)
    assert tape.told() == before


CREATED = {"sponsor": PROVER, "terms": astuple(TERMS), "policy": astuple(POLICY)}


def test_charter_of__events__terms_policies_and_where_it_was_made() -> None:
    """P-7: each version by its number; structs come as tuples or by names, as whoever decoded them had it."""
    changed = replace(POLICY, reward=5, rule=Rule.MEDIAN)
    named = dict(zip("abcdefghijklmnopqrstuvwxy", astuple(changed), strict=True))
    charter = charter_of(
        7, "0xC", [event("FederationCreated", **CREATED), event("PolicyChanged", version=2, policy=named)]
    )
    assert charter is not None
    assert (charter.chain_id, charter.fid, charter.sponsor, charter.terms) == (7, 1, PROVER, TERMS)
    assert charter.policies == {1: POLICY, 2: changed}
    assert isinstance(charter.policies[2], Policy)
    assert charter.policies[2].rule is Rule.MEDIAN
    assert charter.terms.admission is Admission.OPEN
    assert charter.created is not None
    assert (charter.created.event, charter.created.block) == ("FederationCreated", 5)


def test_charter_of__no_creation__is_none() -> None:
    assert charter_of(7, "0xC", [event("PolicyChanged", version=2, policy=astuple(POLICY))]) is None


@pytest.mark.parametrize(("anchor", "sealed"), [(bytes(32), False), (b"a" * 32, True), (bytes(31) + b"\1", True)])
def test_charter__anchor__says_whether_validation_is_sealed(anchor: bytes, sealed: bool) -> None:
    """P-24."""
    charter = Charter(1, "0xC", 1, PROVER, replace(TERMS, anchor=anchor), {1: POLICY})
    assert charter.sealed == sealed
