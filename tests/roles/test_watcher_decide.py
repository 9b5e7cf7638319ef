"""Tables of what watchers and suppliers do next: pure functions of a view and of what is known besides it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.disputed import Conviction, Demand
from parley.chain.model import Phase
from parley.chain.view import RevealedVector, RoundRecord, View
from parley.numerics import descent
from parley.numerics.faults import BeyondClip, Node, Tree, WrongMedian
from parley.numerics.scoring import ScoreVector
from parley.roles import fees, supplier
from parley.roles.actions import (
    Action,
    Advance,
    Collect,
    CommitProof,
    DemandNode,
    Expire,
    Prove,
    Release,
    Supply,
    Wait,
)
from parley.roles.convictions import own_convictions
from parley.roles.guard import complaints
from parley.roles.inspector import Finding, Lead, Sound, Unclear, Wrong
from parley.roles.pokes import PATIENCE
from parley.roles.watcher import Facts, Noted, decide
from tests.roles.builders import HEADER, ME, NOW, OTHER, RECORD, SETTLEMENT, view_in

pytestmark = pytest.mark.unit

KEY = "0x" + "99" * 20
FAULT = WrongMedian(2)
CLIP = BeyondClip(OTHER, 3, b"w" * 32, ())
NODE = Node(Tree.ROW, 0, 0, 0)
WANTED = descent.Demand(NODE, b"r" * 32, ())
POSTED = replace(RECORD, settlement=SETTLEMENT, header=HEADER, settled_block=96)
PENDING = Noted(NOW - 1, 100)
"""A commitment in the block of the view, after the settlement was posted."""


def challenged(record: RoundRecord = POSTED, *, final_at: int = NOW + 500) -> View:
    """A view of a posted settlement whose challenge ends at `final_at`."""
    header = replace(HEADER, posted_at=NOW - 8)
    view = view_in(Phase.CHALLENGE, record=replace(record, header=header))
    return replace(view, round=replace(view.round, final_at=final_at))


def demanded(view: View, *, deadline: int, demander: str = KEY, content: bytes | None = None) -> View:
    """The same view with a demand on its settlement."""
    assert view.record is not None
    assert view.record.header is not None
    settlement = view.hash_of(view.record.number, view.record.header)
    supplied_by = None if content is None else OTHER
    demand = Demand(settlement, NODE, b"r" * 32, demander, deadline, 7, content, supplied_by)
    record = replace(view.record, demands=(demand,), contested=content is None)
    return replace(view, records={**view.records, record.number: record})


@pytest.mark.parametrize(
    ("finding", "noted", "expected"),
    [
        (Wrong(FAULT), Noted(), CommitProof(FAULT)),
        (Wrong(FAULT), PENDING, Prove(FAULT)),
        (Wrong(FAULT), Noted(NOW - 9, 95), CommitProof(FAULT)),
        (Wrong(FAULT), Noted(NOW, 101), CommitProof(FAULT)),
        (Lead(WANTED), Noted(), DemandNode(WANTED)),
        (Unclear("no words"), Noted(), Wait("no words")),
    ],
    ids=["wrong", "committed", "committed-before-the-settlement", "not-in-the-view-yet", "lead", "unclear"],
)
def test_watcher_decide__finding__commits_before_it_proves(finding: Finding, noted: Noted, expected: Action) -> None:
    """P-16, P-28, F-38: a proof leaves once its commitment, younger than the settlement, lies in the view."""
    assert decide(challenged(), Facts(KEY, finding, noted=noted)) == expected


def test_watcher_decide__sound_settlement__waits() -> None:
    """Principle 2: what is right is left alone."""
    assert isinstance(decide(challenged(), Facts(KEY, Sound())), Wait)


def test_watcher_decide__last_moment__convicts_without_reward() -> None:
    """P-16: where a commitment leaves no block for the proof, the conviction is worth more than the reward."""
    assert decide(challenged(final_at=NOW + 1), Facts(KEY, Wrong(FAULT))) == Prove(FAULT)
    assert decide(challenged(final_at=NOW + 60), Facts(KEY, Wrong(FAULT))) == CommitProof(FAULT)


def test_watcher_decide__challenge_has_passed__sends_no_proof() -> None:
    """P-22: beyond `finalAt` only an unanswered demand convicts."""
    view = demanded(challenged(final_at=NOW - 1), deadline=NOW + 50, demander=OTHER)
    assert view.phase == Phase.CHALLENGE
    assert isinstance(decide(view, Facts(KEY, Wrong(FAULT))), Wait)


def test_watcher_decide__demand_is_open__waits_then_expires() -> None:
    """P-22: each node is demanded once, whoever did; silence convicts, the demander's own worker first."""
    open_ = demanded(challenged(), deadline=NOW + 1)
    assert decide(open_, Facts(KEY, Lead(WANTED))) == Wait("a demand waits for its answer")
    late = demanded(challenged(), deadline=NOW)
    assert decide(late, Facts(KEY, Lead(WANTED))) == Expire(NODE)
    of_another = demanded(challenged(), deadline=NOW, demander=OTHER)
    assert isinstance(decide(of_another, Facts(KEY)), Wait)
    long_ago = demanded(challenged(), deadline=NOW - PATIENCE, demander=OTHER)
    assert decide(long_ago, Facts(KEY)) == Expire(NODE)


def test_watcher_decide__update_beyond_the_clip__is_shown_after_the_settlement() -> None:
    """P-2, P-16: a settlement cannot wait; the update can until the round is over."""
    view = challenged()
    assert decide(view, Facts(KEY, clip=CLIP)) == CommitProof(CLIP)
    assert decide(view, Facts(KEY, clip=CLIP, noted=PENDING)) == Prove(CLIP)
    assert decide(view, Facts(KEY, Wrong(FAULT), CLIP)) == CommitProof(FAULT)
    assert decide(view, Facts(KEY, Unclear("?"), CLIP)) == CommitProof(CLIP)


def test_watcher_decide__nothing_wrong__ends_a_round_that_nobody_ends() -> None:
    """Principle 3: nothing waits for one particular party."""
    assert isinstance(decide(view_in(Phase.FINALIZABLE, record=POSTED), Facts(KEY)), Advance)


# ---------------------------------------------------------------------------------------------------------- fees


def test_fees__settlement_stands__waits_for_the_outcome() -> None:
    """P-22: a fee stays where it is while the outcome is open."""
    view = demanded(challenged(), deadline=NOW - 2, content=b"c")
    assert fees.due(view, KEY, 0) is None
    assert fees.due(view, OTHER, 0) is None


def test_fees__convicted__refunds_the_demander() -> None:
    """P-22: all is refunded on conviction."""
    view = demanded(challenged(), deadline=NOW - 2)
    record = view.record
    assert record is not None
    assert record.header is not None
    fallen = Conviction(SETTLEMENT, record.header, KEY, True, 99, b"t" * 32)
    after = replace(record, header=None, settlement=None, convictions=(fallen,), contested=False)
    view = replace(view, records={4: after})
    assert fees.due(view, KEY, 0) == Release(record.demands[0].settlement, NODE, record.demands[0].fee)
    assert fees.due(view, OTHER, 0) is None
    done = replace(after, demands=(replace(record.demands[0], released=True),))
    assert fees.due(replace(view, records={4: done}), KEY, 7) == Collect(7)
    assert fees.due(replace(view, records={4: done}), KEY, 0) is None


def test_fees__final__pays_the_supplier() -> None:
    """P-22: the fee pays the supplier for its gas."""
    view = demanded(challenged(), deadline=NOW - 2, content=b"c")
    assert view.record is not None
    view = replace(view, records={4: replace(view.record, final=True)})
    assert isinstance(fees.due(view, OTHER, 0), Release)
    assert fees.due(view, KEY, 0) is None


# ------------------------------------------------------------------------------------------------------- supplier


def test_supplier_due__own_settlement__answers_the_most_urgent_in_time() -> None:
    """P-22, F-88: every open demand on one's own settlement is answered before its deadline."""
    view = demanded(challenged(), deadline=NOW + 9)
    assert view.record is not None
    (demand,) = view.record.demands
    nodes = [Node(Tree.ROW, 0, 8, place) for place in range(20)]
    many = tuple(replace(demand, node=node, deadline=NOW + 40 - place) for place, node in enumerate(nodes))
    view = replace(view, operator=OTHER, records={4: replace(view.record, demands=many)})
    due = supplier.due(view)
    assert isinstance(due, Supply)
    assert [d.deadline for d in due.demands] == [NOW + 21 + place for place in range(supplier.BATCH)]
    assert supplier.due(replace(view, operator=ME)) is None


@pytest.mark.parametrize(("deadline", "content"), [(NOW, None), (NOW + 9, b"c")], ids=["late", "answered"])
def test_supplier_due__nothing_to_answer__is_none(deadline: int, content: bytes | None) -> None:
    """P-22: what is late or answered already is refused by the contract, so nothing is sent."""
    view = demanded(challenged(), deadline=deadline, content=content)
    assert supplier.due(replace(view, operator=OTHER)) is None


def test_own_convictions__of_others__do_not_count() -> None:
    """P-17: an aggregator stops for its own bond only."""
    fallen = Conviction(SETTLEMENT, HEADER, KEY, False, 99, b"t" * 32)
    view = view_in(Phase.SETTLE, record=replace(RECORD, convictions=(fallen,)))
    assert own_convictions(view) == []
    assert own_convictions(replace(view, operator=OTHER)) == [(4, fallen)]


# ---------------------------------------------------------------------------------------------------------- guard


def test_guard__commitment_without_reveal__is_said() -> None:
    """P-12: whoever committed and is not counted earns nothing, and hears of it."""
    record = replace(RECORD, commitments={ME: b"c" * 32})
    assert list(complaints(view_in(Phase.KEY, record=record), record)) == [
        "the update was committed and not revealed: it earns nothing"
    ]
    assert list(complaints(view_in(Phase.KEY), RECORD)) == []


def judged(medians: bytes) -> RoundRecord:
    """One revealed update, of the view's operator, that three evaluators score 7, and what was posted of it."""
    vector = ScoreVector(9, (7,), (65536,)).encode()
    votes = tuple(RevealedVector(seat, f"0x{seat + 1:040x}", vector, b"s" * 32) for seat in range(3))
    reveals = (replace(RECORD.reveals[0], operator=ME),)
    return replace(POSTED, reveals=reveals, vectors=votes, settlement=replace(SETTLEMENT, medians=medians))


def test_guard__posted_score_is_another__is_said_with_both() -> None:
    """P-12, F-31: the owner hears that its score is not what the panel gave it."""
    honest, wrong = bytes.fromhex("0007ffff"), bytes.fromhex("0001ffff")
    assert list(complaints(challenged(judged(honest)), judged(honest))) == []
    assert list(complaints(challenged(judged(wrong)), judged(wrong))) == [
        "the posted settlement scores the update 0x0001ffff; the panel's votes come to 0x0007ffff"
    ]


def test_guard__scores_that_were_not_revealed__are_said() -> None:
    """P-12: an evaluator that is not counted earns nothing, and hears of it."""
    record = replace(judged(bytes.fromhex("0007ffff")), score_commitments={ME: b"c" * 32})
    assert list(complaints(challenged(record), record)) == ["scores were committed and not revealed: they earn nothing"]
