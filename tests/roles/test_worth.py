"""What transactions mean, until when, and what they are worth: pure functions of the view (P-18, P-19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parley.chain.disputed import Demand
from parley.chain.model import Phase
from parley.chain.transactions import Intent
from parley.chain.view import RevealedVector, View
from parley.numerics.faults import BeyondClip, Node, Tree, WrongEarned
from parley.roles import worth
from tests.roles.builders import HEADER, ME, NOW, OTHER, POLICY, RECORD, SETTLEMENT, view_in

pytestmark = pytest.mark.unit

PRICE = 10**15
"""A thousandth of an ether a token."""

NODE = Node(Tree.ROW, 0, 1, 2)
DEMAND = Demand(b"s" * 32, NODE, b"r" * 32, OTHER, NOW + 3, 7)
POSTED = replace(RECORD, settlement=SETTLEMENT, header=replace(HEADER, aggregator=ME), settled_block=96)
CLIP = BeyondClip(OTHER, 3, b"w" * 32, ())
CHALLENGED = view_in(Phase.CHALLENGE, record=POSTED)


@pytest.mark.parametrize(
    ("make", "phase", "deed", "end", "tokens"),
    [
        (worth.update_commitment, Phase.TRAIN, "commitUpdate/1/4", "train_end", POLICY.trainer_pool // 5),
        (worth.update_reveal, Phase.REVEAL, "revealUpdate/1/4", "reveal_end", POLICY.trainer_pool // 5),
        (
            worth.score_commitment,
            Phase.SCORE_COMMIT,
            "commitScores/1/4",
            "score_commit_end",
            POLICY.evaluator_pool // 3,
        ),
        (worth.score_reveal, Phase.SCORE_REVEAL, "revealScores/1/4", "score_reveal_end", POLICY.evaluator_pool // 3),
    ],
)
def test_intent__of_commits_and_reveals__a_share_of_the_pool_until_the_phase_ends(
    make: Callable[[View, int], Intent], phase: Phase, deed: str, end: str, tokens: int
) -> None:
    """P-12, P-19: what is at stake is an equal share of the pool; from the end of the phase on it is worth nothing."""
    view = view_in(phase)
    assert make(view, PRICE) == Intent(deed, getattr(view.round, end), tokens // 1000)


def test_intent__tokens_worth_nothing__stake_is_unknown() -> None:
    """Who gives no price of the token does not forbid gas altogether: the settings' maximum holds."""
    assert worth.update_commitment(view_in(Phase.TRAIN), 0).at_stake is None


def test_intent__fewer_members_than_needed__is_not_divided_by_nobody() -> None:
    view = view_in(Phase.REVEAL)
    lonely = replace(view, round=replace(view.round, committed=0))
    assert worth.update_reveal(lonely, PRICE).at_stake == POLICY.trainer_pool // POLICY.min_trainers // 1000


def test_settlement__each_turn__is_another_deed_and_ends_with_the_turn() -> None:
    """P-27: a turn that has passed is not settled any more."""
    view = view_in(Phase.SETTLE)
    window = view.policy.settle
    start = view.round.score_reveal_end + window  # the view lies in the second window since the scores
    intent = worth.settlement(view, PRICE)
    assert intent == Intent(f"settle/1/4/{view.turn}", start + window, POLICY.aggregator_pool // 1000)
    last = replace(view, block=replace(view.block, timestamp=start + window - 2))
    assert last.turn_end == start + window
    later = replace(view, block=replace(view.block, timestamp=start + window - 1))
    assert later.turn_end == start + 2 * window


def test_validation__of_a_past_round__is_never_too_late() -> None:
    """P-24: trainers mix opened shards into their data whenever they are opened."""
    view = view_in(Phase.KEY)
    assert worth.validation(view, 4, PRICE).deadline == view.round.key_end
    assert worth.validation(view, 3, PRICE) == Intent("openValidation/1/3")


def test_poke__own_reward_waits__is_worth_that_reward() -> None:
    """What becomes payable by the poke: as aggregator, as one of five trainers, as one of two evaluators."""
    vectors = tuple(RevealedVector(seat, owner, b"", b"") for seat, owner in enumerate((ME, OTHER)))
    mine = replace(POSTED, reveals=(replace(RECORD.reveals[0], operator=ME), *RECORD.reveals[1:]), vectors=vectors)
    view = view_in(Phase.FINALIZABLE, record=mine)
    reward = POLICY.aggregator_pool + POLICY.trainer_pool // 5 + POLICY.evaluator_pool // 2
    assert worth.poke(view, PRICE) == Intent("advance/1/4/finalizable", view.time + 60, reward // 1000)


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.VOIDABLE])
def test_poke__nothing_of_ones_own__is_worth_little(phase: Phase) -> None:
    """Others can poke as well: nobody bids all it has for it."""
    view = view_in(phase)
    intent = worth.poke(view, PRICE)
    assert intent.key == f"advance/1/4/{phase.name.lower()}"
    assert intent.at_stake == POLICY.reward // 100 // 1000


def test_answer__to_a_demand__is_worth_the_bond_until_its_deadline() -> None:
    """P-22: who does not answer in time loses the bond."""
    intent = worth.answer(CHALLENGED, DEMAND, PRICE)
    assert intent == Intent("supply/1/4/7373737373737373/0.0.1.2", NOW + 3, POLICY.bond // 1000)


def test_proof__of_a_wrong_settlement__is_worth_half_of_the_bond_while_it_can_fall() -> None:
    """P-16: commitment and proof are two deeds; both are worth the prover's half."""
    fault, header = WrongEarned(), POSTED.header
    both = [worth.proof(CHALLENGED, fault, header, PRICE, commitment=first) for first in (True, False)]
    assert {intent.at_stake for intent in both} == {POLICY.bond // 2 // 1000}
    assert {intent.deadline for intent in both} == {CHALLENGED.round.final_at}
    assert [intent.key.split("/")[0] for intent in both] == ["commitDisproof", "disproveEarned"]


def test_proof__of_a_parameter_beyond_the_clip__is_worth_half_of_the_slash() -> None:
    view = view_in(Phase.REVEAL)
    dear = replace(view, policies={1: replace(POLICY, clip_slash=10**19)})
    assert worth.proof(dear, CLIP, None, PRICE, commitment=False) == Intent(
        f"disproveClip/1/4/{OTHER}", None, 10**19 // 2 // 1000
    )


def test_keys__of_all_deeds__differ() -> None:
    """P-18: a deed is sent once because its key is its own."""
    view, header = CHALLENGED, POSTED.header
    assert header is not None
    other = replace(DEMAND, node=Node(Tree.ROW, 0, 1, 3))
    intents = [
        worth.update_commitment(view, PRICE),
        worth.update_reveal(view, PRICE),
        worth.score_commitment(view, PRICE),
        worth.score_reveal(view, PRICE),
        worth.settlement(view, PRICE),
        worth.validation(view, 4, PRICE),
        worth.validation(view, 3, PRICE),
        worth.poke(view, PRICE),
        worth.poke(view_in(Phase.IDLE), PRICE),
        worth.answer(view, DEMAND, PRICE),
        worth.answer(view, other, PRICE),
        worth.proof(view, WrongEarned(), header, PRICE, commitment=True),
        worth.proof(view, WrongEarned(), header, PRICE, commitment=False),
        worth.proof(view, CLIP, None, PRICE, commitment=True),
        worth.proof(view, CLIP, None, PRICE, commitment=False),
        worth.demand(view, header, NODE, PRICE),
        worth.expiry(view, header, NODE, PRICE),
        worth.release(view, DEMAND.settlement, NODE, 7),
        worth.payment(view, 7),
    ]
    assert len({intent.key for intent in intents}) == len(intents)


def test_payment__after_another_fee_was_booked__is_another_deed() -> None:
    """The same sum twice is two payments."""
    before = worth.payment(view_in(Phase.TRAIN), 7)
    booked = replace(RECORD, demands=(replace(DEMAND, released=True),))
    assert worth.payment(view_in(Phase.TRAIN, record=booked), 7).key != before.key
