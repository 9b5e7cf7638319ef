"""From the events of coordinator and disputes to what happened in each round: pure.

`DisproofCommitted` names neither federation nor round, only a hash: whoever committed asks `committedAt`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from parley.chain.disputed import Conviction, Docket
from parley.chain.model import Header, Settlement, Struct, values_of
from parley.chain.view import Reveal, RevealedVector, RoundRecord


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event of one federation.

    Attributes:
        name: of the event.
        args: its arguments by the names of the ABI.
        block: height.
        block_hash: 32 bytes.
        timestamp: of the block, seconds.
        transaction: 32-byte hash.
        log_index: place in the block.
    """

    name: str
    args: Mapping[str, Any]
    block: int
    block_hash: bytes
    timestamp: int
    transaction: bytes
    log_index: int


@dataclass(slots=True)
class _Draft:
    """A round's record in the making."""

    number: int
    version: int
    opened_block: int
    commitments: dict[str, bytes] = field(default_factory=dict)
    reveals: list[Reveal] = field(default_factory=list)
    score_commitments: dict[str, bytes] = field(default_factory=dict)
    vectors: list[RevealedVector] = field(default_factory=list)
    settlement: Settlement | None = None
    header: Header | None = None
    settled_block: int | None = None
    final: bool = False
    void: bool = False
    ended_block: int | None = None
    docket: Docket = field(default_factory=Docket)
    convictions: list[Conviction] = field(default_factory=list)
    clipped: set[str] = field(default_factory=set)
    contested: bool = False

    def apply(self, event: Event) -> None:
        """Take in one event of this round; those that change no record are passed over."""
        match event.name:
            case "UpdateCommitted":
                self.commitments[event.args["operator"]] = event.args["commitment"]
            case "UpdateRevealed":
                self.reveals.append(_reveal(event.args, event.block))
            case "ScoresCommitted":
                self.score_commitments[event.args["operator"]] = event.args["commitment"]
            case "ScoresRevealed":
                self.vectors.append(_vector(event.args))
            case "Settled":
                self.settlement = settlement_of(event.args["settlement"])
                self.header = header_of(self.settlement, event)
                self.settled_block = event.block
            case "RoundFinalized":
                self.final, self.ended_block = True, event.block
            case "RoundVoided":
                self.void, self.ended_block = True, event.block
            case _:
                self._apply_dispute(event)

    def _apply_dispute(self, event: Event) -> None:
        match event.name:
            case "Postponed":
                self.contested = event.args["contested"]
            case "Convicted":
                self._convict(event)
            case "ClipDisproved":
                self.clipped.add(event.args["operator"])

    def apply_demand(self, event: Event) -> None:
        """Take in what names a settlement, not a round."""
        match event.name:
            case "Demanded":
                self.docket.demanded(event.args)
            case "Supplied":
                self.docket.supplied(event.args)
            case "Released":
                self.docket.released(event.args)

    def _convict(self, event: Event) -> None:
        if self.settlement is not None and self.header is not None:
            late = self.docket.is_late(event.timestamp) and self.contested
            self.convictions.append(
                Conviction(self.settlement, self.header, event.args["prover"], late, event.block, event.transaction)
            )
        self.settlement = self.header = self.settled_block = None
        self.contested = False

    def record(self) -> RoundRecord:
        """The record as it stands."""
        return RoundRecord(
            self.number,
            self.version,
            self.opened_block,
            dict(self.commitments),
            tuple(self.reveals),
            dict(self.score_commitments),
            tuple(self.vectors),
            self.settlement,
            self.header,
            self.settled_block,
            self.final,
            self.void,
            self.ended_block,
            self.docket.demands,
            tuple(self.convictions),
            frozenset(self.clipped),
            self.contested,
        )


def records_of(events: Iterable[Event]) -> dict[int, RoundRecord]:
    """All rounds by number, from a federation's events in the order of the chain."""
    drafts: dict[int, _Draft] = {}
    for event in events:
        number = event.args.get("round")
        if event.name == "RoundOpened":
            drafts[event.args["round"]] = _Draft(event.args["round"], event.args["version"], event.block)
        elif number in drafts:
            drafts[number].apply(event)
        elif "settlement" in event.args and drafts:
            _concerned(drafts, event).apply_demand(event)
    return {number: draft.record() for number, draft in drafts.items()}


def _concerned(drafts: Mapping[int, _Draft], event: Event) -> _Draft:
    """The round of a demand: the running one, or, for a fee that is booked late, the one that holds it."""
    settlement = event.args["settlement"]
    held = (draft for draft in reversed(list(drafts.values())) if draft.docket.holds(settlement))
    return next(held, drafts[max(drafts)])


def keys_of(events: Iterable[Event]) -> dict[int, bytes]:
    """The opened validation keys by round (P-24). A key also tells those of all rounds before it."""
    return {e.args["round"]: e.args["key"] for e in events if e.name == "ValidationOpened"}


def members_of(events: Iterable[Event]) -> dict[int, str]:
    """Operators by member index (P-12)."""
    return {e.args["index"]: e.args["operator"] for e in events if e.name == "MemberIndexed"}


def _reveal(args: Mapping[str, Any], block: int) -> Reveal:
    return Reveal(args["index"], args["operator"], args["root"], args["cidDigest"], block)


def _vector(args: Mapping[str, Any]) -> RevealedVector:
    return RevealedVector(args["seat"], args["operator"], args["vector"], args["salt"])


def settlement_of(struct: Struct) -> Settlement:
    """A settlement from an event."""
    return Settlement.from_abi(values_of(struct))


def header_of(s: Settlement, event: Event) -> Header:
    """The header of a settlement that `Settled` tells of."""
    return Header(
        keccak(s.medians),
        s.norm,
        s.earned,
        s.row_root,
        s.model_root,
        s.model_digest,
        s.reward_root,
        event.args["turn"],
        event.args["aggregator"],
        event.timestamp,
    )
