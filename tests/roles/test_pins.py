"""What must be kept, and what may go, as a function of the view (section 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.chain.model import Phase, Role
from parley.chain.view import Reveal, RoundRecord, View
from parley.roles.pins import MODELS, Pin, released, wanted
from tests.roles.builders import FEDERATION, HEADER, ME, MEMBER, OTHER, RECORD, TERMS, view_in

pytestmark = pytest.mark.unit

GENESIS = Pin(TERMS.model_root, TERMS.model_digest)


def update(number: int, index: int) -> Pin:
    """The update that `record` gives a reveal index."""
    return Pin(bytes([number, index]) * 16, bytes([number, index, 1, 0]) * 8)


def model(number: int) -> Pin:
    """The model that a final round ends with."""
    return Pin(bytes([number, 200]) * 16, bytes([number, 201]) * 16)


def record(number: int, *, final: bool = True, void: bool = False) -> RoundRecord:
    """A round with two updates, the first one mine."""
    reveals = tuple(
        Reveal(index, operator, update(number, index).root, update(number, index).digest, 95)
        for index, operator in enumerate((ME, OTHER))
    )
    header = replace(HEADER, model_root=model(number).root, model_digest=model(number).digest)
    return replace(RECORD, number=number, reveals=reveals, final=final, void=void, header=header if final else None)


def view_of(roles: Role, *records: RoundRecord) -> View:
    """A federation after these rounds, the last one still running."""
    view = view_in(Phase.SCORE_COMMIT, me=replace(MEMBER, roles=roles), record=records[-1])
    return replace(view, records={r.number: r for r in records}, round=replace(view.round, round=records[-1].number))


def played(roles: Role, *, newest: int = 6) -> View:
    """Rounds 1 to `newest`, the last one still running."""
    return view_of(roles, *(record(n) for n in range(1, newest)), record(newest, final=False))


@pytest.mark.parametrize("role", [Role.EVALUATOR, Role.AGGREGATOR, Role.EVALUATOR | Role.TRAINER])
def test_wanted__judge__all_updates_until_the_third_following_round_is_over(role: Role) -> None:
    """F-79, P-23: evaluators and aggregators keep everybody's updates, newest first."""
    kept = [pin for pin in wanted(played(role)) if pin.root[1] < 200]
    assert kept == [update(n, i) for n in (6, 5, 4, 3) for i in (0, 1)]


def test_wanted__trainer__its_own_updates_only() -> None:
    kept = [pin for pin in wanted(played(Role.TRAINER)) if pin.root[1] < 200]
    assert kept == [update(n, 0) for n in (6, 5, 4, 3)]


def test_wanted__round_still_running_or_void__counts_as_the_protocol_says() -> None:
    """A void round is over like a final one; one that runs is not."""
    running = view_of(Role.EVALUATOR, record(1), record(2), record(3), record(4, final=False))
    assert update(1, 1) in wanted(running)
    void = view_of(Role.EVALUATOR, record(1), record(2), record(3), record(4, final=False, void=True))
    assert update(1, 1) not in wanted(void)
    assert update(2, 1) in wanted(void)


@pytest.mark.parametrize("role", [Role.TRAINER, Role.EVALUATOR, Role.AGGREGATOR])
def test_wanted__member__the_last_models(role: Role) -> None:
    """P-23: a model outlives the node of the aggregator that made it."""
    pins = wanted(played(role, newest=8))
    assert [pin for pin in pins if pin.root[1] == 200] == [model(n) for n in (7, 6, 5, 4)]
    assert len([pin for pin in pins if pin == GENESIS]) == 0
    assert GENESIS in wanted(played(role, newest=MODELS - 1))


def test_wanted__settlement_posted__its_model_before_it_is_final() -> None:
    posted = replace(record(6), final=False)
    assert model(6) in wanted(view_of(Role.EVALUATOR, *(record(n) for n in range(1, 6)), posted))


def test_wanted__sponsor__models_and_genesis_but_no_updates() -> None:
    stranger = "0x" + "77" * 20
    view = replace(played(Role(0), newest=8), operator=stranger)
    assert wanted(view) == ()
    sponsor = replace(view, federation=replace(FEDERATION, sponsor=stranger))
    assert wanted(sponsor) == (*(model(n) for n in (7, 6, 5, 4)), GENESIS)


@pytest.mark.parametrize("role", [Role.TRAINER, Role(0)], ids=["trainer", "nobody"])
def test_wanted__archive__everything_of_all_rounds_and_nothing_is_released(role: Role) -> None:
    """P-23: an audit of past rounds needs somebody who keeps them."""
    view = played(role, newest=9)
    pins = wanted(view, archive=True)
    assert {update(n, i) for n in range(1, 10) for i in (0, 1)} <= set(pins)
    assert {model(n) for n in range(1, 9)} | {GENESIS} <= set(pins)
    assert pins[:2] == (update(9, 0), update(9, 1))
    assert released(view, archive=True) == ()


def test_wanted__same_update_revealed_twice__once() -> None:
    twice = record(4, final=False)
    twice = replace(twice, reveals=(*twice.reveals, replace(twice.reveals[0], index=2)))
    pins = wanted(view_of(Role.EVALUATOR, twice))
    assert len(pins) == len(set(pins))


def test_released__rounds_that_are_over__never_what_is_wanted() -> None:
    """F-79: an old update that was revealed anew stays."""
    assert released(played(Role.EVALUATOR)) == tuple(update(n, i) for n in (2, 1) for i in (0, 1))
    assert released(played(Role.TRAINER)) == (update(2, 0), update(1, 0))
    records = [record(n) for n in range(1, 6)]
    replay = replace(record(6, final=False), reveals=records[0].reveals)
    view = view_of(Role.EVALUATOR, *records, replay)
    assert update(1, 0) in wanted(view)
    assert released(view) == (update(2, 0), update(2, 1))
