"""What can be shown to be wrong with a settlement, one dataclass for each call of `IDisputes` (DESIGN section 7).

The fields of a fault are the arguments of its call, in its order, after the federation, the header and, where the call
takes them, the medians and the vectors. Words and nodes are 32 bytes, paths run from the leaf upwards (P-3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

Path = tuple[bytes, ...]
"""The 32-byte siblings of a leaf or node, from there upwards."""

NOBODY = "0x" + "00" * 20
"""The operator named for a member index that is given to nobody."""


class Tree(IntEnum):
    """The trees whose nodes can be demanded (P-22); the numbers are those of `IDisputes`."""

    ROW = 0
    MODEL = 1
    REWARD = 2
    UPDATE = 3


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a tree of a posted settlement (P-22).

    Attributes:
        tree: which tree.
        update: reveal index of the update; 0 for the other trees.
        level: 0 is the root; a multiple of 8, or the leaf level of the row tree.
        index: counted from the left within its level.
    """

    tree: Tree
    update: int
    level: int
    index: int


@dataclass(frozen=True, slots=True)
class WrongMedian:
    """A settled score, scale or the norm is not what the revealed vectors give (P-11).

    Attributes:
        index: reveal index; the number of revealed updates for the norm.
    """

    call: ClassVar[str] = "disproveMedian"
    index: int


@dataclass(frozen=True, slots=True)
class WrongEarned:
    """`earned` is not the sum of what the round pays (P-12)."""

    call: ClassVar[str] = "disproveEarned"


@dataclass(frozen=True, slots=True)
class WrongReward:
    """A leaf of the posted reward tree is not the previous one plus what the round earned the member (P-12).

    Attributes:
        index: member index; any leaf of the tree.
        operator: whose index it is; `NOBODY` if it is nobody's.
        leaf: the posted leaf.
        path: its siblings under the posted reward root.
        previous: what the operator had earned before the round, in wei.
        previous_path: the leaf's siblings under the last final reward root; ignored before the first.
    """

    call: ClassVar[str] = "disproveReward"
    index: int
    operator: str
    leaf: bytes
    path: Path = field(repr=False)
    previous: int
    previous_path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongArithmetic:
    """A row's new word is not what P-6 makes of the others, or its length is wrong, or beyond the model it is not zero.

    Attributes:
        row: the posted row.
        index: the row's, below `2^D`.
        path: from the row's leaf to the row root.
        lane: the wrong parameter of the word, 0 to 7; any for a wrong length or beyond the model.
        lo: witness, offset-binary (P-15): trimmed mean: the k-th smallest scaled value; median: the median; else 0.
        hi: witness, offset-binary: trimmed mean: the k-th largest scaled value; else 0.
    """

    call: ClassVar[str] = "disproveArithmetic"
    row: bytes = field(repr=False)
    index: int
    path: Path = field(repr=False)
    lane: int
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class WrongUpdate:
    """A row's word of an included update is not the update's.

    Attributes:
        row: the posted row.
        index: the row's, below the number of words.
        path: from the row's leaf to the row root.
        slot: position among the included updates.
        word: word `index` of that update.
        word_path: from the word to the update's revealed root.
    """

    call: ClassVar[str] = "disproveUpdate"
    row: bytes = field(repr=False)
    index: int
    path: Path = field(repr=False)
    slot: int
    word: bytes
    word_path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongOldModel:
    """A row's word of the old or the previous model is not that of the last two final models.

    Attributes:
        row: the posted row.
        index: the row's, below the number of words.
        path: from the row's leaf to the row root.
        previous: true for the previous model, false for the old one.
        word: word `index` of that model.
        word_path: from the word to the model's root.
    """

    call: ClassVar[str] = "disproveOldModel"
    row: bytes = field(repr=False)
    index: int
    path: Path = field(repr=False)
    previous: bool
    word: bytes
    word_path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongNewModel:
    """A row's new word is not that of the posted model.

    Attributes:
        row: the posted row.
        index: the row's, below `2^D`.
        path: from the row's leaf to the row root.
        word: word `index` of the posted model.
        word_path: from the word to the posted model root.
    """

    call: ClassVar[str] = "disproveNewModel"
    row: bytes = field(repr=False)
    index: int
    path: Path = field(repr=False)
    word: bytes
    word_path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class BeyondClip:
    """A revealed update holds a parameter beyond the clip: the trainer is slashed, the settlement stands (P-2).

    Attributes:
        operator: the trainer.
        parameter: the parameter's number.
        word: the word that holds it.
        path: from the word to the update's revealed root.
    """

    call: ClassVar[str] = "disproveClip"
    operator: str
    parameter: int
    word: bytes
    path: Path = field(repr=False)


RowFault = WrongArithmetic | WrongUpdate | WrongOldModel
"""What can be wrong with a row by itself."""

Fault = WrongMedian | WrongEarned | WrongReward | RowFault | WrongNewModel
"""What convicts a settlement."""


@dataclass(frozen=True, slots=True)
class Search:
    """The posted tree is wrong, but nobody showed where: learn it by demands, with a `descent.Descent` (P-22).

    Attributes:
        tree: which; never an update's.
    """

    tree: Tree
