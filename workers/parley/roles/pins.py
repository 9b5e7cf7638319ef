"""What must be kept now, and what may go: a pure function of the view (section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parley.chain.model import Role
from parley.chain.view import RoundRecord, View

KEPT_FOR = 3
"""An update is kept until this many following rounds are over (P-23)."""

MODELS = 4
"""Final models that are kept by whoever takes part, the newest."""

LET_GO = 8
"""Rounds looked back to for updates that may go."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A vector to keep.

    Attributes:
        root: its word root.
        digest: sha2-256 digest of its CID.
    """

    root: bytes
    digest: bytes


def wanted(view: View, *, archive: bool = False) -> tuple[Pin, ...]:
    """What an operator must hold, the newest first, each once.

    Evaluators and aggregators hold the updates of all, trainers their own, from the reveal until the third following
    round is over; every member and the sponsor hold the last models.

    Args:
        view: the federation.
        archive: hold everything for ever, which an audit of past rounds needs somebody to do.
    """
    return tuple(dict.fromkeys(_everything(view) if archive else (*_updates(view), *_models(view))))


def released(view: View, *, archive: bool = False) -> tuple[Pin, ...]:
    """Updates that an operator held and may let go of; none that is still wanted under another name."""
    if archive:
        return ()
    kept = {pin.digest for pin in wanted(view)}
    last = [record for record in _newest_first(view) if _is_over(view, record)][:LET_GO]
    pins = dict.fromkeys(pin for record in last for pin in _held_of(view, record))
    return tuple(pin for pin in pins if pin.digest not in kept)


def _updates(view: View) -> Iterator[Pin]:
    """The updates of rounds that are not over."""
    for record in _newest_first(view):
        if not _is_over(view, record):
            yield from _held_of(view, record)


def _everything(view: View) -> Iterator[Pin]:
    """All updates and models of all rounds, and the genesis model."""
    for record in _newest_first(view):
        if record.header is not None:
            yield Pin(record.header.model_root, record.header.model_digest)
        yield from (Pin(reveal.root, reveal.digest) for reveal in record.reveals)
    yield Pin(view.terms.model_root, view.terms.model_digest)


def _models(view: View) -> Iterator[Pin]:
    """The last final models, before them the one that was posted and is not final yet."""
    if not view.me.roles and view.operator != view.federation.sponsor:
        return
    record = view.record
    if record is not None and record.header is not None and not (record.final or record.void):
        yield Pin(record.header.model_root, record.header.model_digest)
    final = view.final_records()
    for past in reversed(final[-MODELS:]):
        if past.header is not None:
            yield Pin(past.header.model_root, past.header.model_digest)
    if len(final) < MODELS or view.operator == view.federation.sponsor:
        yield Pin(view.terms.model_root, view.terms.model_digest)


def _held_of(view: View, record: RoundRecord) -> Iterator[Pin]:
    """The updates of a round that this operator holds: all as a judge, else its own."""
    judges = Role.EVALUATOR in view.me.roles or Role.AGGREGATOR in view.me.roles
    for reveal in record.reveals:
        if judges or reveal.operator == view.operator:
            yield Pin(reveal.root, reveal.digest)


def _is_over(view: View, record: RoundRecord) -> bool:
    """Whether the third following round is final or void."""
    following = view.records.get(record.number + KEPT_FOR)
    return following is not None and (following.final or following.void)


def _newest_first(view: View) -> list[RoundRecord]:
    return [record for _, record in sorted(view.records.items(), reverse=True)]
