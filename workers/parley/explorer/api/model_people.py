"""Models of participants, of what is found, of transactions and of news."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from parley.explorer.api.model_federations import Token
from parley.explorer.api.model_types import (
    Address,
    Foreign,
    Hash,
    Model,
    PhaseName,
    RoleName,
    StateName,
    VerdictName,
    Wei,
)


class Stake(Model):
    """In the stake vault, for the federation's token; what other federations lock is part of it."""

    locked: Wei
    free: Wei


class Totals(Model):
    """What somebody did in a federation. `due` is earned and not claimed; `slashed` is what it lost."""

    earned: Wei
    claimed: Wei
    due: Wei
    trained: int
    included: int
    left_out: int
    evaluated: int
    settled: int
    convicted: int
    slashed: Wei


class Deed(Model):
    """What somebody did in one round.

    Attributes:
        roles: it acted in.
        verdict: on its update; null without one. score likewise, null before a settlement too.
        quality: q of its votes (P-26); null if it did not evaluate.
        faults: in sentences.
    """

    round: int
    state: StateName
    roles: list[RoleName]
    verdict: VerdictName | None
    score: int | None
    quality: int | None
    earned: Wei
    faults: list[str]


class Participant(Model):
    """An operator in a federation.

    Attributes:
        name: foreign.
        metadata: CID of its metadata document; null without one.
        roles: now; empty for a former member.
        workers: keys that act for it.
        index: its leaf in the reward tree (P-12); null before it has one.
        history: the newest round first. `next`: ask with `before=next` for older ones; null if there are none.
    """

    fid: int
    operator: Address
    name: Foreign | None
    metadata: str | None
    roles: list[RoleName]
    workers: list[Address]
    token: Token
    stake: Stake
    index: int | None
    since: int | None
    until: int | None
    totals: Totals
    history: list[Deed]
    next: int | None


class Hit(Model):
    """Something found. `label` is foreign; `path` is of the page."""

    kind: Literal["federation", "round", "participant", "transaction", "cid"]
    label: Foreign
    path: str


class Decoded(Model):
    """An event of a transaction.

    Attributes:
        args: by name: integers as decimal strings, bytes as hexadecimal, structs as objects.
    """

    contract: str
    name: str
    args: dict[str, object]
    log_index: int


class Transaction(Model):
    """A transaction that Parley's contracts told of.

    Attributes:
        sender: who sent it. function: that it called, null if it is none of Parley's. Both null, and to and gas_used,
            while the node has not told them.
        path: of the page of the round it belongs to, or of its federation; null if it belongs to none.
    """

    hash: Hash
    sender: Address | None = Field(serialization_alias="from")
    to: Address | None
    function: str | None
    block: int
    time: int
    gas_used: int | None
    events: list[Decoded]
    path: str | None


class HeadEvent(Model):
    """`head`: a block was taken into the index."""

    number: int
    time: int


class RoundEvent(Model):
    """`round`: something happened in a round."""

    fid: int
    round: int
    phase: PhaseName | None
    state: StateName


class ReorgEvent(Model):
    """`reorg`: blocks from this height on were replaced; ask again for what is shown."""

    from_block: int


class ContentEvent(Model):
    """`content`: so many documents came, which may hold titles and names; ask again for what is shown."""

    documents: int
