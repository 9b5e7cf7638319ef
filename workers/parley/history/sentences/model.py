"""A sentence, and what one can check it by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from parley.history.model import Step
from parley.text import printable


class Kind(StrEnum):
    """What a sentence can be checked by."""

    TRANSACTION = "transaction"
    CID = "CID"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Check:
    """Where to look.

    Attributes:
        kind: of what.
        value: the transaction's hash, the CID, or the command line.
        block: height of the transaction's block; `None` where it is none.
    """

    kind: Kind
    value: str
    block: int | None = None

    def __str__(self) -> str:
        """As it ends a sentence."""
        if self.kind is Kind.COMMAND:
            return f"`{self.value}`"
        return f"{self.kind.value} {self.value}" + ("" if self.block is None else f" in block {self.block}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that happened.

    Attributes:
        text: a sentence with its full stop; one line of printable characters, whatever it tells of.
        check: what shows that it is true.
    """

    text: str
    check: Check

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))

    def __str__(self) -> str:
        """The sentence, ending in its check."""
        return f"{self.text} Check: {self.check}"


def sent(step: Step) -> Check:
    """By a transaction."""
    return Check(Kind.TRANSACTION, "0x" + step.transaction.hex(), step.block)


def named(cid: str) -> Check:
    """By content."""
    return Check(Kind.CID, cid)


def run(fid: int, *words: object) -> Check:
    """By a command of `parley` about a federation."""
    return Check(Kind.COMMAND, " ".join(["parley", *map(str, words), "--federation", str(fid)]))
