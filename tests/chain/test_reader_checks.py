"""F-69: each thing that events tell and the state keeps is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parley.chain.model import Phase
from parley.chain.reader_checks import contradictions
from parley.chain.view import RevealedVector, RoundRecord, View
from tests.roles.builders import FEDERATION, HEADER, ME, RECORD, SETTLEMENT, TERMS, view_in

pytestmark = pytest.mark.unit

PEOPLE = [f"0x{number:040x}" for number in range(5)]
FULL = replace(
    RECORD,
    commitments=dict.fromkeys(PEOPLE, b"c" * 32),
    score_commitments=dict.fromkeys(PEOPLE[:3], b"c" * 32),
    vectors=tuple(RevealedVector(seat, PEOPLE[seat], b"", b"") for seat in range(3)),
    settlement=SETTLEMENT,
    header=HEADER,
)
PAST = {
    1: replace(RECORD, number=1, void=True),
    2: replace(FULL, number=2, final=True),
    3: replace(RECORD, number=3, void=True),
}


def consistent() -> View:
    """A round in its challenge; one round before it is final, two are void."""
    federation = replace(FEDERATION, member_count=1, key_round=2, model_root=HEADER.model_root)
    view = view_in(Phase.CHALLENGE, record=FULL, federation=federation)
    return replace(view, records={**PAST, 4: FULL}, keys={1: b"k" * 32, 2: b"l" * 32}, members={0: ME})


def standing(view: View) -> bytes:
    """What the coordinator keeps of the round's settlement."""
    return view.hash_of(4, HEADER)


def with_record(view: View, **changes: Any) -> View:  # noqa: ANN401 - fields of a record
    """The view with another record of the running round."""
    return replace(view, records={**view.records, 4: replace(FULL, **changes)})


def without(records: dict[int, RoundRecord], number: int) -> dict[int, RoundRecord]:
    """Records less one."""
    return {n: record for n, record in records.items() if n != number}


def test_contradictions__records_as_the_state_has_them__are_none() -> None:
    view = consistent()
    assert contradictions(view, standing(view)) == []
    idle = replace(
        view, federation=replace(view.federation, live=False), records={**PAST, 4: replace(FULL, final=True)}
    )
    assert contradictions(idle) == []
    fresh = replace(FEDERATION, round=0, live=False, member_count=0, key_round=0, model_root=TERMS.model_root)
    assert contradictions(replace(view, federation=fresh, records={}, keys={}, members={})) == []


@pytest.mark.parametrize(
    ("missing", "changes"),
    [
        ("updates committed: 4 by events, 5 by state", {"commitments": dict.fromkeys(PEOPLE[1:], b"c" * 32)}),
        ("updates revealed: 4 by events, 5 by state", {"reveals": FULL.reveals[:-1]}),
        ("updates revealed: -1 by events, 5 by state", {"reveals": FULL.reveals[1:]}),
        ("updates revealed: -1 by events, 5 by state", {"reveals": FULL.reveals[::-1]}),
        ("score vectors committed: 0 by events, 3 by state", {"score_commitments": {}}),
        ("score vectors revealed: 2 by events, 3 by state", {"vectors": FULL.vectors[:2]}),
        ("the settlement: None by events", {"header": None, "settlement": None}),
        ("the settlement: ", {"header": replace(HEADER, norm=2)}),
        ("rounds that ended: 4 by events, 3 by state", {"void": True}),
    ],
)
def test_contradictions__an_event_of_the_round_is_missing__is_told(missing: str, changes: dict[str, Any]) -> None:
    """F-69: counts, order and hash of the running round."""
    view = consistent()
    found = contradictions(with_record(view, **changes), standing(view))
    assert len(found) == 1
    assert found[0].startswith(missing)


@pytest.mark.parametrize(
    ("missing", "changes"),
    [
        ("rounds: 3 by events, 4 by state", {"records": without({**PAST, 4: FULL}, 1)}),
        ("members with an index: 0 by events, 1 by state", {"members": {}}),
        ("the last opened key: 1 by events, 2 by state", {"keys": {1: b"k" * 32}}),
        ("the model's root: ", {"records": {**PAST, 2: replace(PAST[2], final=False, void=True), 4: FULL}}),
        ("rounds that ended: 2 by events, 3 by state", {"records": {**PAST, 3: replace(PAST[3], void=False), 4: FULL}}),
    ],
)
def test_contradictions__an_event_of_the_past_is_missing__is_told(missing: str, changes: dict[str, Any]) -> None:
    """F-69: past rounds, members and keys."""
    view = consistent()
    found = contradictions(replace(view, **changes), standing(view))
    assert any(line.startswith(missing) for line in found)


def test_contradictions__conviction_is_missing__is_told() -> None:
    """F-69: a settlement that events still show and the state has deleted."""
    assert [line[:15] for line in contradictions(consistent(), None)] == ["the settlement:"]
