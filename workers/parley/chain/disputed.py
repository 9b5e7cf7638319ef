"""What was demanded, supplied and convicted: the dispute side of a round's record. Pure (P-16, P-22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parley.chain.model import Header, Settlement
from parley.numerics.faults import Node, Tree


@dataclass(frozen=True, slots=True)
class Demand:
    """A demanded node of a settlement.

    Attributes:
        settlement: hash of the settlement, 32 bytes.
        node: which node.
        hash: the node itself, 32 bytes.
        demander: who paid for it, and gets half of the bond if nobody answers.
        deadline: until when it may be answered, seconds.
        fee: wei.
        content: what was supplied: the node's descendants, or the row; `None` while nobody did.
        supplier: who answered, or `None`.
        released: its fee is booked.
    """

    settlement: bytes
    node: Node
    hash: bytes
    demander: str
    deadline: int
    fee: int
    content: bytes | None = field(default=None, repr=False)
    supplier: str | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Conviction:
    """A settlement that fell.

    Attributes:
        settlement: what was posted.
        header: its header, with aggregator, turn and time.
        prover: who was paid for it; the zero address if nobody was (P-16).
        unanswered: a demand on it was past its deadline, so that silence convicted it, as far as logs can tell.
        block: height of the block that holds the conviction.
        transaction: 32-byte hash of the conviction's transaction: its calldata tell which call it was.
    """

    settlement: Settlement
    header: Header
    prover: str
    unanswered: bool
    block: int
    transaction: bytes


class Docket:
    """The demands of one round, in the making."""

    def __init__(self) -> None:
        self._demands: dict[tuple[bytes, Node], Demand] = {}

    @property
    def demands(self) -> tuple[Demand, ...]:
        """All of them, in the order of the chain."""
        return tuple(self._demands.values())

    def demanded(self, args: Mapping[str, Any]) -> None:
        """Take in `Demanded`."""
        demand = Demand(
            args["settlement"], node_of(args["node"]), args["hash"], args["demander"], args["deadline"], args["fee"]
        )
        self._demands[demand.settlement, demand.node] = demand

    def supplied(self, args: Mapping[str, Any]) -> None:
        """Take in `Supplied`."""
        self._change(args, content=args["content"], supplier=args["supplier"])

    def released(self, args: Mapping[str, Any]) -> None:
        """Take in `Released`."""
        self._change(args, released=True)

    def is_late(self, time: int) -> bool:
        """Whether a demand was not answered before its deadline."""
        return any(demand.content is None and demand.deadline <= time for demand in self._demands.values())

    def holds(self, settlement: bytes) -> bool:
        """Whether a node of this settlement was demanded here."""
        return any(key[0] == settlement for key in self._demands)

    def _change(self, args: Mapping[str, Any], **changes: Any) -> None:  # noqa: ANN401 - a demand's fields
        key = (args["settlement"], node_of(args["node"]))
        if key in self._demands:
            self._demands[key] = replace(self._demands[key], **changes)


def node_of(value: Mapping[str, Any] | Sequence[Any]) -> Node:
    """A node from an event, whichever way the struct was decoded."""
    tree, update, level, index = tuple(value.values()) if isinstance(value, Mapping) else tuple(value)
    return Node(Tree(tree), update, level, index)


def node_to_abi(node: Node) -> tuple[int, int, int, int]:
    """A node as the contracts expect it."""
    return int(node.tree), node.update, node.level, node.index
