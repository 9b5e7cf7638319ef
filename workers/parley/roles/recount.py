"""What a settlement should be, from chain and store alone (principle 1), whoever posts it."""

from __future__ import annotations

from dataclasses import replace

from parley.chain.proofs import Posting
from parley.chain.view import Recorded, RoundRecord, View
from parley.errors import ChainError, ContentError
from parley.numerics.disproof import Posted, Truth
from parley.numerics.fixed_point import Quantised
from parley.numerics.settlement import SettlementInput, settle
from parley.roles.books import committed, scores_of
from parley.roles.worker import Worker


class UpdateMissing(ContentError):
    """The words of an included update are not to be had.

    Args:
        index: reveal index of the update.
        reason: why not.
    """

    def __init__(self, index: int, reason: ContentError) -> None:
        super().__init__(f"included update {index} is not to be had: {reason.message}", hint=reason.hint)
        self.index = index


def committed_data(worker: Worker, view: View, record: RoundRecord, aggregator: str) -> SettlementInput:
    """What the chain alone says of a round that `aggregator` settles; no update and no model is in it.

    Raises:
        ChainError: an earlier final settlement was wrong, so that nobody can recompute the rewards.
    """
    ledger = worker.books.ledger(view, before=record.number)
    return committed(view, record, worker.reader.policy(record.version), ledger, aggregator)


def with_content(worker: Worker, view: View, record: RoundRecord, given: SettlementInput) -> SettlementInput:
    """The same with the models and the included updates.

    Raises:
        UpdateMissing: an included update is not to be had.
        ContentError: a model is not to be had.
    """
    old, previous = worker.models(view)
    updates = list(given.updates)
    for index in scores_of(view, record).included:
        updates[index] = replace(updates[index], q=_update(worker, record, index))
    return replace(given, updates=updates, old=old, previous=previous)


def truth_of(view: View, given: SettlementInput) -> Truth:
    """The settlement that follows from all that was committed."""
    return Truth(given, settle(given), members_of(view))


def recounted(worker: Worker, view: View, record: RoundRecord, aggregator: str) -> Truth:
    """A round's settlement as it must be if `aggregator` posts it. Errors as of `committed_data` and `with_content`."""
    return truth_of(view, with_content(worker, view, record, committed_data(worker, view, record, aggregator)))


def members_of(view: Recorded) -> tuple[str, ...]:
    """The operators by member index."""
    return tuple(operator for _, operator in sorted(view.members.items()))


def posted_of(record: RoundRecord) -> Posted:
    """What the standing settlement of a round claims.

    Raises:
        ChainError: there is none.
    """
    s = record.settlement
    if s is None:
        raise ChainError(f"no settlement of round {record.number} stands")
    return Posted(s.medians, s.norm, s.earned, s.row_root, s.model_root, s.reward_root)


def posting_of(view: View, record: RoundRecord) -> Posting:
    """The standing settlement of a round as disputes want it named.

    Raises:
        ChainError: there is none.
    """
    if record.settlement is None or record.header is None:
        raise ChainError(f"no settlement of round {record.number} stands")
    vectors = tuple(v.vector for v in sorted(record.vectors, key=lambda v: v.seat))
    return Posting(view.fid, record.header, record.settlement.medians, vectors)


def _update(worker: Worker, record: RoundRecord, index: int) -> Quantised:
    reveal = record.reveals[index]
    try:
        return worker.library.get(reveal.root, reveal.digest)
    except ContentError as error:
        raise UpdateMissing(index, error) from error
