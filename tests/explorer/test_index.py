"""The index holds what the events say, however they come, and after a reorg what it would hold had that never been."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.chain.errors import IncompleteLogs
from parley.chain.view import Block
from parley.explorer.index.database import Database
from parley.explorer.index.rows import Told, event_of, pack, rows_where, unpack
from tests.explorer.histories import START, TOKEN, Federation, Scale, address, played
from tests.explorer.indexing import dump, opened, take_in, writer

pytestmark = pytest.mark.unit

SLOW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def test_pack__every_kind_of_argument__comes_back_as_it_was() -> None:
    args = {"fid": 1, "operator": address("t", 0), "vector": b"", "short": bytes(20), "big": 2**256 - 1, "yes": True}
    args |= {"node": {"tree": 1, "hash": b"\x00x"}, "terms": [b"x" * 32, address("t", 1), 7]}
    assert unpack(pack(args)) == args


def test_extend__a_history__keeps_every_event_as_it_was(full: Database, history: Federation) -> None:
    told = history.chronicle.between(START, history.chronicle.height)
    with full.read() as connection:
        rows = list(rows_where(connection, "1"))
    assert [(row["contract"], event_of(row)) for row in rows] == [(item.contract, item.event) for item in told]


def test_extend__money__is_where_the_history_put_it(full: Database, history: Federation) -> None:
    with full.read() as connection:
        (row,) = connection.execute("SELECT * FROM federations").fetchall()
        earned = {r["operator"]: int(r["earned"]) for r in connection.execute("SELECT * FROM totals")}
        claimed = {r["operator"]: int(r["claimed"]) for r in connection.execute("SELECT * FROM members")}
    assert {who: amount for who, amount in earned.items() if amount} == {
        who: amount for who, amount in history.cumulative.items() if amount
    }
    assert {who: amount for who, amount in claimed.items() if amount} == history.claimed
    assert int(row["owed"]) == sum(history.cumulative.values()) - sum(history.claimed.values())
    assert int(row["reserved"]) == history.reserved
    funded = history.policies[0].reward * (history.scale.rounds + 10)
    assert int(row["free"]) + int(row["reserved"]) + sum(history.cumulative.values()) == funded


def test_extend__rounds__end_final_or_void_and_the_newest_is_open(full: Database, history: Federation) -> None:
    with full.read() as connection:
        states = {r["round"]: r["state"] for r in connection.execute("SELECT round, state FROM rounds")}
        (row,) = connection.execute("SELECT * FROM federations").fetchall()
    assert set(states) == set(range(1, history.round))
    assert (row["round"], row["live"]) == (history.round, 1)
    assert (row["finals"], row["voids"]) == (
        sum(state == "final" for state in states.values()),
        sum(state == "void" for state in states.values()),
    )
    assert row["voids"] > 0, "the history is to hold a void round"


def test_extend__what_was_supplied_and_released_late__belongs_to_the_round_that_asked(full: Database) -> None:
    """P-22: `Released` names a settlement only, and may come rounds later."""
    with full.read() as connection:
        asked = connection.execute("SELECT round FROM events WHERE name = 'Demanded' ORDER BY block").fetchall()
        released = connection.execute("SELECT round FROM events WHERE name = 'Released' ORDER BY block").fetchall()
        story = connection.execute("SELECT row FROM rounds WHERE round = ?", (asked[0]["round"],)).fetchone()
    assert asked, "the history is to hold a demand"
    assert [row["round"] for row in released] == [row["round"] for row in asked]
    assert json.loads(story["row"])["disputes"] >= 1


def test_extend__transaction_that_ends_a_round_and_opens_the_next__counts_for_the_one_it_ends(full: Database) -> None:
    with full.read() as connection:
        rows = connection.execute(
            "SELECT t.round, e.round AS ended FROM transactions t JOIN events e ON e.tx = t.hash "
            "WHERE e.name IN ('RoundFinalized', 'RoundVoided')"
        ).fetchall()
    assert rows
    assert all(row["round"] == row["ended"] for row in rows)


@SLOW
@given(seed=st.integers(0, 2**16), step=st.integers(1, 60))
def test_extend__in_pieces_of_any_size__gives_the_same_tables(tmp_path: Path, seed: int, step: int) -> None:
    chronicle = played(seed, Scale(rounds=3, accidents=0.8)).chronicle
    with opened(tmp_path / "whole.sqlite", rebuild=True) as whole, opened(tmp_path / "p.sqlite", rebuild=True) as parts:
        take_in(whole, chronicle, step=10_000)
        take_in(parts, chronicle, step=step)
        assert dump(parts) == dump(whole)


@SLOW
@given(seed=st.integers(0, 2**16), data=st.data())
def test_rewind__reorg_anywhere__leaves_what_a_fresh_index_would_hold(
    tmp_path: Path, seed: int, data: st.DataObject
) -> None:
    """P-19: rows of lost blocks go, and everything that followed from them, also beyond the edge of the reorg."""
    scale = Scale(rounds=4, accidents=0.8)
    first = played(seed, scale).chronicle
    fork = data.draw(st.integers(START + 1, first.height - 1), label="fork")
    second = played(seed, scale, fork_at=fork).chronicle
    seen = data.draw(st.integers(fork, first.height - 1), label="read up to")
    with opened(tmp_path / "a.sqlite", rebuild=True) as changed, opened(tmp_path / "b.sqlite", rebuild=True) as fresh:
        take_in(changed, first, high=seen)
        back = data.draw(st.integers(START - 1, fork - 1), label="back to")
        writer(changed).rewind(back)
        take_in(fresh, second, high=back, step=10_000)
        assert dump(changed) == dump(fresh)
        take_in(changed, second, low=back + 1, step=data.draw(st.integers(1, 40), label="step"))
        take_in(fresh, second, low=back + 1, step=10_000)
        assert dump(changed) == dump(fresh)


def test_rewind__to_before_the_deployment__leaves_nothing(full: Database) -> None:
    change = writer(full).rewind(START - 1)
    assert all(rows == [] for rows in dump(full).values())
    assert change.federations == {1}


def test_rewind__change__names_the_rounds_that_lost_events(full: Database, history: Federation) -> None:
    opened_at = max(
        item.event.block for item in history.chronicle.between(START, 10**6) if item.event.name == "RoundOpened"
    )
    change = writer(full).rewind(opened_at - 1)
    assert change.rounds == {(1, history.round), (1, history.round - 1)}


def test_extend__same_events_again__changes_nothing(full: Database, history: Federation) -> None:
    before = dump(full)
    change = writer(full).extend(
        history.chronicle.between(history.chronicle.height - 9, history.chronicle.height), history.chronicle.head
    )
    assert (change.rounds, change.federations) == (frozenset(), frozenset())
    assert dump(full) == before


def test_extend__logs_that_a_node_had_not_indexed__fall_into_their_places(tmp_path: Path, history: Federation) -> None:
    """P-19: a node may know a block before it has its logs; they are read once more, and come after later ones."""
    chronicle = history.chronicle
    told = chronicle.between(START, chronicle.height)
    late = [item for item in told if item.event.name in ("Claimed", "Released", "MemberIndexed", "Left", "Absent")]
    with opened(tmp_path / "a.sqlite") as slow, opened(tmp_path / "b.sqlite") as quick:
        writer(slow).extend([item for item in told if item not in late], chronicle.head)
        writer(slow).extend(told, chronicle.head)
        take_in(quick, chronicle)
        assert dump(slow) == dump(quick)


@pytest.mark.parametrize("missing", ["Funded", "Deposited", "RolledOver", "Locked"])
def test_extend__money_comes_from_nowhere__is_refused_whole(
    database: Database, history: Federation, missing: str
) -> None:
    """P-19: by incomplete logs somebody would have less than nothing."""
    told = [item for item in history.chronicle.between(START, 10**6) if item.event.name != missing]
    with pytest.raises(IncompleteLogs, match="below zero: some are missing"):
        writer(database).extend(told, history.chronicle.head)
    assert all(rows == [] for rows in dump(database).values())


def test_extend__another_block_of_the_same_height__is_refused_whole(full: Database, history: Federation) -> None:
    before = dump(full)
    item = history.chronicle.blocks[5][1][0]
    other = Told(item.contract, replace(item.event, block_hash=b"!" * 32, log_index=99))
    with pytest.raises(IncompleteLogs, match="two blocks of height"):
        writer(full).extend([other], history.chronicle.head)
    assert dump(full) == before


def test_extend__events_that_do_not_fit_together__are_refused_whole(full: Database, history: Federation) -> None:
    """P-20: a vector that is too short for the updates revealed cannot be told of."""
    before = dump(full)
    head = history.chronicle.head
    block = Block(head.number + 1, b"n" * 32, head.timestamp + 2)
    args = {
        "fid": 1,
        "round": history.round,
        "operator": address("evaluator", 0),
        "seat": 0,
        "vector": b"",
        "salt": b"",
    }
    told = [
        _told("ScoresRevealed", block, 0, args),
        _told("RoundVoided", block, 1, {"fid": 1, "round": history.round}),
    ]
    with pytest.raises(IncompleteLogs, match="do not fit together"):
        writer(full).extend(told, block)
    assert dump(full) == before


@pytest.mark.parametrize("fid", [2**53, 2**255, -1, "1", None])
def test_extend__federation_that_cannot_be__is_refused(full: Database, history: Federation, fid: object) -> None:
    head = history.chronicle.head
    block = Block(head.number + 1, b"n" * 32, head.timestamp)
    told = _told("Left", block, 0, {"fid": fid, "operator": address("trainer", 0), "until": 3})
    if fid is None:
        writer(full).extend([told], block)
        return
    with pytest.raises(IncompleteLogs, match="names a federation or round"):
        writer(full).extend([told], block)


def test_extend__amounts_beyond_64_bits__are_exact(database: Database, history: Federation) -> None:
    block = Block(START, b"b" * 32, 5)
    args = {"token": TOKEN, "operator": address("t", 0), "amount": 2**127 + 1}
    writer(database).extend([_told("Deposited", block, n, args, "StakeVault") for n in range(2)], block)
    with database.read() as connection:
        (row,) = connection.execute("SELECT free FROM accounts").fetchall()
    assert int(row["free"]) == 2**128 + 2


def _told(name: str, block: Block, place: int, args: dict[str, object], contract: str = "RoundCoordinator") -> Told:
    from parley.chain.events import Event

    return Told(contract, Event(name, args, block.number, block.hash, block.timestamp, b"t" * 32, place))
