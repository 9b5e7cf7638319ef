"""What each transaction of a role means, until when it is worth sending, and what is lost if it comes too late. Pure.

The sender sends a deed once however often it is asked to, cancels what is too late, and lets the price of gas rise
towards a deadline, never beyond what is at stake (P-18, P-19). Stakes are in tokens and gas is in ether: `price` is
what the operator says that a whole token is worth, wei of ether per 10^18 of its units.

What is at stake is an estimate from the view, made so that the bound errs low: equal shares of everybody who is
expected, not the share that a good update may get (P-12).
"""

from __future__ import annotations

from parley.chain.disputed import Demand
from parley.chain.model import Header, Phase
from parley.chain.transactions import Intent
from parley.chain.view import View
from parley.numerics.faults import BeyondClip, Fault, Node

TOKEN = 10**18
"""Units of a whole token."""

LITTLE = 100
"""A poke that pays for nothing of one's own is worth one part in so many of a round's reward: others can poke, too."""

POKE_SECONDS = 60
"""How long a poke may wait to be mined: later somebody else has poked, or its price is to be looked at anew."""


def ether(units: int, price: int) -> int | None:
    """What units of the token are worth, wei of ether; `None`, unknown, where they or tokens are worth nothing."""
    return units * price // TOKEN or None


def update_commitment(view: View, price: int) -> Intent:
    """Of `commitUpdate`: a share of the trainers' pool, until training ends."""
    r, p = view.round, view.policy
    share = p.trainer_pool // max(r.trainers, p.min_trainers, 1)
    return Intent(_key("commitUpdate", view), r.train_end, ether(share, price))


def update_reveal(view: View, price: int) -> Intent:
    """Of `revealUpdate`: a share of the trainers' pool among those who committed, until the reveals end."""
    r, p = view.round, view.policy
    share = p.trainer_pool // max(r.committed, p.min_trainers, 1)
    return Intent(_key("revealUpdate", view), r.reveal_end, ether(share, price))


def score_commitment(view: View, price: int) -> Intent:
    """Of `commitScores`: a share of the evaluators' pool, until the commitments end.

    The key stays the same when a reorg changed the reveals and with them the scores: the new commitment takes the place
    of the old one (P-28).
    """
    r, p = view.round, view.policy
    share = p.evaluator_pool // max(r.seats, p.quorum, 1)
    return Intent(_key("commitScores", view), r.score_commit_end, ether(share, price))


def score_reveal(view: View, price: int) -> Intent:
    """Of `revealScores`: a share of the evaluators' pool among those who committed, until the reveals end."""
    r, p = view.round, view.policy
    share = p.evaluator_pool // max(r.scores_committed, p.quorum, 1)
    return Intent(_key("revealScores", view), r.score_reveal_end, ether(share, price))


def validation(view: View, round_number: int, price: int) -> Intent:
    """Of `openValidation`: without it this round's money is split blindly; a past round's key is never too late."""
    key = f"openValidation/{view.fid}/{round_number}"
    if round_number != view.round.round:
        return Intent(key)
    return Intent(key, view.round.key_end, ether(view.policy.reward, price))


def settlement(view: View, price: int) -> Intent:
    """Of `settle`: the aggregator's pool, until the turn ends."""
    return Intent(_key("settle", view, view.turn), view.turn_end, ether(view.policy.aggregator_pool, price))


def poke(view: View, price: int) -> Intent:
    """Of `advance`: one's own reward that becomes payable by it, else little; soon, or not at all."""
    stake = ether(pending_reward(view) or view.next_policy.reward // LITTLE, price)
    return Intent(_key("advance", view, view.phase.name.lower()), view.time + POKE_SECONDS, stake)


def pending_reward(view: View) -> int:
    """What the view's operator may expect once the settlement in its round is final, units of the token."""
    record, p = view.record, view.policy
    if view.phase != Phase.FINALIZABLE or record is None or record.header is None:
        return 0
    reward = p.aggregator_pool if record.header.aggregator == view.operator else 0
    if record.reveal_index_of(view.operator) is not None:
        reward += p.trainer_pool // len(record.reveals)
    if any(vector.operator == view.operator for vector in record.vectors):
        reward += p.evaluator_pool // len(record.vectors)
    return reward


def answer(view: View, demand: Demand, price: int) -> Intent:
    """Of `supply`: the whole bond, until the demand's deadline (P-22)."""
    key = _key("supply", view, demand.settlement.hex()[:16], _node(demand.node))
    return Intent(key, demand.deadline, ether(view.policy.bond, price))


def proof(view: View, fault: Fault | BeyondClip, header: Header | None, price: int, *, commitment: bool) -> Intent:
    """Of a proof or of the commitment to it: what the prover is paid, half of what is slashed (P-16).

    Args:
        view: of the federation.
        fault: what is shown.
        header: of the settlement that is wrong; `None` for an update.
        price: of the token.
        commitment: whether it is the commitment.
    """
    deed = "commitDisproof" if commitment else fault.call
    deadline = view.round.final_at or None
    if isinstance(fault, BeyondClip):
        return Intent(_key(deed, view, fault.operator), deadline, ether(view.policy.clip_slash // 2, price))
    posted = _settlement(view, header)
    return Intent(_key(deed, view, posted, fault.call), deadline, ether(view.policy.bond // 2, price))


def demand(view: View, header: Header, node: Node, price: int) -> Intent:
    """Of `demand`: half of the bond, until the challenge ends."""
    key = _key("demand", view, _settlement(view, header), _node(node))
    return Intent(key, view.round.final_at, ether(view.policy.bond // 2, price))


def expiry(view: View, header: Header, node: Node, price: int) -> Intent:
    """Of `expire`: half of the bond; never too late while the settlement stands."""
    key = _key("expire", view, _settlement(view, header), _node(node))
    return Intent(key, None, ether(view.policy.bond // 2, price))


def release(view: View, settlement: bytes, node: Node, fee: int) -> Intent:
    """Of `release`: the fee of a demand, wei of ether already."""
    return Intent(f"release/{view.fid}/{settlement.hex()[:16]}/{_node(node)}", None, fee or None)


def payment(view: View, amount: int) -> Intent:
    """Of `pay`: what is booked, wei of ether already. Whenever another fee was booked it is another payment."""
    booked = sum(demand.released for record in view.records.values() for demand in record.demands)
    return Intent(f"pay/{view.fid}/{booked}", None, amount or None)


def _key(deed: str, view: View, *more: object) -> str:
    return "/".join(str(part) for part in (deed, view.fid, view.round.round, *more))


def _settlement(view: View, header: Header | None) -> str:
    return "" if header is None else view.hash_of(view.round.round, header).hex()[:16]


def _node(node: Node) -> str:
    return f"{int(node.tree)}.{node.update}.{node.level}.{node.index}"
