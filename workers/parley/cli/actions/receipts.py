"""What a confirmed transaction looks like to those who asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.transactions import Sent


@dataclass(frozen=True)
class Done:
    """A confirmed transaction.

    Attributes:
        action: the function that was called.
        transaction: its hash, 0x-prefixed.
        block: height of its block.
        gas: units of gas that it used.
    """

    action: str
    transaction: str
    block: int
    gas: int


def done(sent: Sent) -> Done:
    """What is told about a confirmed transaction."""
    return Done(sent.label, sent.hash, sent.block, sent.gas_used)
