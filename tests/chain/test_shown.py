"""What a call to `Disputes` showed: the inverse of the call that a watcher makes."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import Any

import pytest

from parley.chain.proofs import _arguments
from parley.chain.shown import Unanswered, fault_of
from parley.numerics.faults import (
    BeyondClip,
    Fault,
    Node,
    Tree,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
)

pytestmark = pytest.mark.unit

OPERATOR = "0x" + "00" * 19 + "01"
WORD, PATH = b"w" * 32, (b"p" * 32, b"q" * 32)
FAULTS: list[Fault | BeyondClip] = [
    WrongMedian(3),
    WrongEarned(),
    WrongReward(2, OPERATOR, WORD, PATH, 10**20, PATH),
    WrongArithmetic(WORD * 5, 7, PATH, 3, 2**31, 2**31 + 1),
    WrongUpdate(WORD * 5, 7, PATH, 1, WORD, PATH),
    WrongOldModel(WORD * 5, 7, PATH, True, WORD, PATH),
    WrongNewModel(WORD * 5, 7, PATH, WORD, PATH),
    BeyondClip(OPERATOR, 99, WORD, PATH),
]
BEFORE: list[Any] = [1, ("header",), b"medians", [b"vector"]]
"""What stands before a fault's own arguments, in whatever number."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.call)
@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_fault_of__arguments_of_a_call__is_what_they_were_made_of(fault: Fault | BeyondClip, before: int) -> None:
    assert fault_of(fault.call, [*BEFORE[:before], *_arguments(fault)]) == fault


def test_fault_of__struct_by_names__is_the_same() -> None:
    """Whichever way the ABI was decoded."""
    fault = FAULTS[2]
    named = dict(zip([field.name for field in fields(fault)], astuple(fault), strict=True))
    assert fault_of(fault.call, [1, (), b"", [], named]) == fault


def test_fault_of__expire__is_the_node_that_nobody_supplied() -> None:
    assert fault_of("expire", [1, ("header",), (3, 2, 8, 5)]) == Unanswered(Node(Tree.UPDATE, 2, 8, 5))


@pytest.mark.parametrize("call", ["supply", "commitDisproof", "", "disprove"])
def test_fault_of__any_other_call__shows_nothing(call: str) -> None:
    assert fault_of(call, [1, 2, 3]) is None
