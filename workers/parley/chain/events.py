"""From the coordinator's events to what happened in each round: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from parley.chain.model import Header, Settlement
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
                self.settlement = _settlement(event.args["settlement"])
                self.header = _header(self.settlement, event)
                self.settled_block = event.block
            case "Convicted":
                self.settlement = self.header = self.settled_block = None
            case "RoundFinalized":
                self.final, self.ended_block = True, event.block
            case "RoundVoided":
                self.void, self.ended_block = True, event.block

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
    return {number: draft.record() for number, draft in drafts.items()}


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


def _settlement(value: Mapping[str, Any] | Sequence[Any]) -> Settlement:
    values = tuple(value.values()) if isinstance(value, Mapping) else tuple(value)
    return Settlement.from_abi(values)


def _header(s: Settlement, event: Event) -> Header:
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
