"""Models of settlements, and of what was demanded of them."""

from __future__ import annotations

from parley.explorer.api.model_types import Address, Hash, Hex, Integer, Model, Wei


class Step(Model):
    """Something that a transaction did. `event` is the name of its event."""

    event: str
    block: int
    time: int
    transaction: Hash
    log_index: int


class Act(Step):
    """A step in a dispute. `by`: who demanded, supplied or proved; null where nobody was paid for it (P-16)."""

    by: Address | None


class Node(Model):
    """A node of one of a settlement's trees."""

    tree: str
    update: int
    level: int
    index: int


class Demand(Model):
    """A demanded node (P-22). `content`: what was supplied; null while nobody did."""

    node: Node
    hash: Hash
    demander: Address
    deadline: int
    fee: Wei
    content: Hex | None
    supplier: Address | None
    released: bool


class Fall(Model):
    """How a settlement fell. `prover` is null if all was burned; `unanswered`: a demand was past its deadline."""

    step: Step
    prover: Address | None
    unanswered: bool


class Settlement(Model):
    """A settlement that was posted.

    Attributes:
        final_at: end of its challenge, demands included.
        hash: as the coordinator keeps it.
        medians: as posted, on the wire.
        fell: how it was convicted; null if it stands.
        disputed: what was demanded and supplied of it, in the order of the chain.
    """

    aggregator: Address
    turn: int
    step: Step
    final_at: int
    norm: Integer
    earned: Wei
    row_root: Hash
    model_root: Hash
    model_digest: Hash
    reward_root: Hash
    model_cid: str
    hash: Hash
    medians: Hex
    demands: list[Demand]
    fell: Fall | None
    disputed: list[Act]
