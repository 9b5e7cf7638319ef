"""The parts of an audit that need no chain: sheets, canonical JSON, spans, likeness."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3
from web3.exceptions import BlockNotFound

from parley.audit import canonical
from parley.audit.checks import MEANINGS, Check
from parley.audit.findings import MAX_FINDINGS, MAX_TEXT, Outcome, Party, Place, Sheet, merged, shown
from parley.audit.pool import SPAN, affordable, spread, worthwhile
from parley.audit.rescored import TOLERANCE, Likeness, likeness
from parley.audit.run import require_still_there
from parley.chain.view import Block
from parley.errors import ChainError
from parley.numerics.fixed_point import size_for
from parley.numerics.scoring import ScoreVector

pytestmark = pytest.mark.unit

PLACE = Place("a value", Party.TRAINER, "0x" + "11" * 20, 3, ("cast tx 0x12 input",))


# ------------------------------------------------------------------------------------------------------- sheets


def test_checks__each__has_a_meaning_and_a_name_of_its_own() -> None:
    assert set(MEANINGS) == set(Check)
    assert all(meaning.text and meaning.text[-1] != "." for meaning in MEANINGS.values())


def test_sheet__same_and_different__are_counted_and_noted() -> None:
    sheet = Sheet()
    assert sheet.same(Check.MEDIANS, b"\x01", b"\x01", PLACE)
    assert not sheet.same(Check.MEDIANS, b"\x01", b"\x02", PLACE)
    sheet.gone(Check.UPDATES, PLACE, "it is not there")
    sheet.remark(Check.TASK, PLACE, "by the way")
    assert sheet.compared == {Check.MEDIANS: 2, Check.UPDATES: 1}
    assert [f.outcome for f in sheet.findings] == [Outcome.WRONG, Outcome.GONE, Outcome.REMARK]
    assert (sheet.findings[0].expected, sheet.findings[0].actual) == ("0x01", "0x02")
    assert (sheet.total(Outcome.WRONG), sheet.total(Outcome.GONE)) == (1, 1)


def test_sheet__endless_findings__keeps_some_and_counts_all() -> None:
    sheet = Sheet()
    for number in range(MAX_FINDINGS + 10):
        sheet.same(Check.ROWS, number, -1, PLACE)
    whole = merged([sheet, sheet])
    assert len(sheet.findings) == len(whole.findings) == MAX_FINDINGS
    assert sheet.total(Outcome.WRONG) == MAX_FINDINGS + 10
    assert whole.total(Outcome.WRONG) == 2 * (MAX_FINDINGS + 10)
    assert whole.compared[Check.ROWS] == 2 * (MAX_FINDINGS + 10)


def test_shown__anything__is_bounded() -> None:
    assert shown(b"\x00\xff") == "0x00ff"
    assert shown((b"\x01", 2)) == "(0x01, 2)"
    assert len(shown(b"x" * 10_000)) == MAX_TEXT


def test_sheet__words_of_others__move_no_cursor() -> None:
    """P-20: they are printed on terminals."""
    sheet, hostile = Sheet(), "a\x1b[2J\nb\u202e\x9b"
    sheet.holds(Check.ROWS, False, Place(hostile, Party.STORE, hostile), expected=(hostile,), actual=hostile)
    sheet.skip(Check.SCORES, hostile + "x" * 10_000)
    (finding,) = sheet.findings
    texts = (finding.place.what, finding.place.who, finding.expected, finding.actual, sheet.skipped[Check.SCORES])
    assert finding.actual == "a?[2J b??"
    assert all(text.isprintable() and len(text) <= MAX_TEXT for text in texts)


# --------------------------------------------------------------------------------------------------- canonical


class Colour(StrEnum):
    """An enum."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Pair:
    """A dataclass."""

    first: bytes
    second: Colour


def test_canonical__any_order_of_keys__is_one_text() -> None:
    one = {"b": Pair(b"\x01", Colour.RED), "a": (1, None, True), b"\x02": {3, 1}}
    other = {b"\x02": {1, 3}, "a": [1, None, True], "b": {"second": "red", "first": "0x01"}}
    assert canonical.encode(one) == canonical.encode(other)
    assert canonical.encode(one) == b'{"0x02":[1,3],"a":[1,null,true],"b":{"first":"0x01","second":"red"}}'
    assert canonical.digest(one) == canonical.digest(other) != canonical.digest({})


@pytest.mark.parametrize("value", [1.5, float("nan"), object(), {"a": 0.1}])
def test_canonical__floats_and_objects__are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no form in JSON"):
        canonical.encode(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_canonical__whatever_json_holds__comes_back(value: object) -> None:
    text = canonical.encode(value)
    assert json.loads(text) == value
    assert text.isascii()


# --------------------------------------------------------------------------------------------- rounds and scores


@given(st.integers(0, 500), st.integers(1, 16))
def test_spread__any_rounds__each_once_in_spans_that_follow_one_another(count: int, jobs: int) -> None:
    numbers = list(range(1, count + 1))
    spans = spread(numbers, jobs)
    assert [number for span in spans for number in span] == numbers
    assert all(1 <= len(span) <= SPAN for span in spans)
    assert len(spans) >= min(jobs, count)


def test_affordable__little_memory__is_one_process() -> None:
    need = (5 * 10 + 3) * size_for(1_000_000)
    assert affordable(8, 10, 1_000_000, 0) == 1
    assert affordable(8, 10, 1_000_000, 6 * need) == 3
    assert affordable(8, 10, 530, 1 << 30) == 8


def test_worthwhile__little_work__is_one_process() -> None:
    assert worthwhile(10, 5, 530) == 1
    assert worthwhile(1000, 5, 530) > 1
    assert worthwhile(100, 20, 1_000_000) > 30


def vector(*scores: int) -> ScoreVector:
    return ScoreVector(1, scores, tuple(1 for _ in scores))


@pytest.mark.parametrize(
    ("revealed", "again", "expected"),
    [
        ((0, 1, 5000), (0, 1, 5000), Likeness.EQUAL),
        ((0, 1, 5000), (0, 1, 5000 + TOLERANCE), Likeness.WITHIN),
        ((0, 1, 5000), (0, 1, 5001 + TOLERANCE), Likeness.DIFFERENT),
        ((0, 1, 5000), (1, 1, 5000), Likeness.DIFFERENT),
        ((0, 1, 2), (0, 2, 1), Likeness.DIFFERENT),
    ],
)
def test_likeness__scores_run_again__by_class_and_tolerance(
    revealed: tuple[int, ...], again: tuple[int, ...], expected: Likeness
) -> None:
    """Section 6: floats differ between machines; whether an update is harmful or useful must not."""
    assert likeness(vector(*revealed), vector(*again)) is expected
    norm = replace(vector(*again), norm=9)
    assert likeness(vector(*revealed), norm) is expected


class OneBlock:
    """A node's block 9, if it has one, in the shape that web3 has.

    Args:
        found: its hash, or `None`.
    """

    def __init__(self, found: bytes | None) -> None:
        self.eth = self
        self._found = found

    def get_block(self, which: int) -> dict[str, object]:
        """See web3."""
        if self._found is None:
            raise BlockNotFound(f"block {which}")
        return {"number": which, "hash": self._found, "timestamp": 7}


@pytest.mark.parametrize("found", [None, b"o" * 32])
def test_require_still_there__after_a_reorganisation__is_an_error_of_the_chain(found: bytes | None) -> None:
    """The block is another one, or its height is not reached any more."""
    block = Block(9, b"h" * 32, 7)
    require_still_there(cast("Web3", OneBlock(b"h" * 32)), block)
    with pytest.raises(ChainError):
        require_still_there(cast("Web3", OneBlock(found)), block)
