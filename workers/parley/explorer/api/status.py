"""How the index stands."""

from __future__ import annotations

from parley.explorer.api.context import Context
from parley.explorer.api.models import Head, Status
from parley.history.sentences.words import hexed


def status(context: Context) -> Status:
    """How far the index is, and what keeps it from going on."""
    progress = context.progress()
    head = progress.head
    return Status(
        chain_id=context.chain.chain_id,
        contracts=dict(context.contracts),
        head=None if head is None else Head(number=head.number, hash=hexed(head.hash), time=head.timestamp),
        indexed=progress.indexed,
        building=progress.building,
        progress=progress.share,
        node_ok=progress.problem is None and head is not None,
        problem=progress.problem,
        links=context.links,
    )
