"""Whatever people type or paste is answered: rounds, addresses, transactions, CIDs, titles and names."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from parley.explorer.api import models
from parley.explorer.index.database import Database
from tests.explorer.answering import Ask, app_of, say, task_of
from tests.explorer.asking import ask
from tests.explorer.histories import Federation, Scale, address, played
from tests.explorer.indexing import take_in

pytestmark = pytest.mark.unit


def hits(asked: Ask, text: str) -> list[tuple[str, str]]:
    return [(hit["kind"], hit["path"]) for hit in asked(f"/api/search?q={quote(text)}").json]


@pytest.mark.parametrize("text", ["3", "round 3", "Round 3", "#3", "r3", "1/3", "1 / round 3", " 1:3 "])
def test_search__round_number__finds_the_round(asked: Ask, text: str) -> None:
    assert hits(asked, text)[0] == ("round", "/federations/1/rounds/3")


@pytest.mark.parametrize("text", ["99", "2/3", "0", "1/0", "", "  ", "0x12345", "ba", "zz"])
def test_search__what_is_not_there__finds_nothing(asked: Ask, text: str) -> None:
    assert hits(asked, text) == []


@pytest.mark.parametrize("cut", [8, 20, 42])
@pytest.mark.parametrize("change", [str, str.lower, lambda text: text[2:]])
def test_search__address_or_its_beginning__finds_the_participant(
    asked: Ask, cut: int, change: Callable[[str], str]
) -> None:
    who = address("trainer", 1)
    assert hits(asked, change(who[:cut])) == [("participant", f"/federations/1/participants/{who}")]


def test_search__transaction_or_its_beginning__finds_it(asked: Ask, full: Database) -> None:
    with full.read() as connection:
        (tx,) = connection.execute("SELECT hash FROM transactions ORDER BY block DESC LIMIT 1").fetchone()
    assert (
        hits(asked, tx)
        == hits(asked, tx[:12])
        == hits(asked, tx[2:].upper())
        == [("transaction", f"/transactions/{tx}")]
    )


def test_search__worker_key__finds_its_operator(database: Database, history: Federation) -> None:
    take_in(database, history.chronicle)
    worker, operator = address("worker", 0), address("trainer", 0)
    with database.write() as connection:
        connection.execute("INSERT INTO workers VALUES (?, ?)", (worker, operator))
    app = app_of(database)
    (hit,) = ask(app, f"/api/search?q={worker}").json
    assert hit["path"] == f"/federations/1/participants/{operator}"
    assert ask(app, f"/api/federations/1/participants/{operator}").json["workers"] == [worker]


def test_search__cids__find_updates_models_tasks_and_shards(asked: Ask, full: Database, history: Federation) -> None:
    detail = asked("/api/federations/1/rounds/1").json
    update = next(item for item in detail["updates"] if item["cid"])
    model = detail["settlements"][0]["model_cid"]
    task = task_of(full)
    with full.write() as connection:
        connection.execute("INSERT INTO shards VALUES (?, 2, ?, 9)", (task, "bafkrei" + "q" * 52))
    assert hits(asked, update["cid"]) == hits(asked, update["cid"][:20]) == [("cid", "/federations/1/rounds/1")]
    assert hits(asked, model) == [("cid", "/federations/1/rounds/1")]
    assert hits(asked, task) == [("cid", "/federations/1")]
    assert hits(asked, "bafkrei" + "q" * 52) == [("cid", "/federations/1/rounds/2")]
    assert asked("/api/federations/1/rounds/2").json["shard"] == "bafkrei" + "q" * 52


def test_search__titles__take_no_pattern(full: Database) -> None:
    say(full, task_of(full), "100% of digits_x")
    app = app_of(full)
    assert len(ask(app, "/api/search?q=0%25%20of").json) == 1
    assert len(ask(app, "/api/search?q=DIGITS_").json) == 1
    assert ask(app, "/api/search?q=%25%25").json == []
    assert ask(app, "/api/search?q=digits%25x").json == []


def test_search__many__are_at_most_twenty(database: Database) -> None:
    federation = played(2, Scale(trainers=3, rounds=1, accidents=0))
    for fid in range(2, 30):
        other = Federation(federation.chronicle, Scale(trainers=3, rounds=1, accidents=0), fid=fid)
        other.found()
        other.play()
    take_in(database, federation.chronicle, step=50)
    app = app_of(database)
    found = ask(app, "/api/search?q=1").json
    assert len(found) == 20
    assert {hit["kind"] for hit in found} == {"round"}
    first = ask(app, "/api/federations?limit=10").json
    second = ask(app, f"/api/federations?limit=10&before={first[-1]['fid']}").json
    assert [line["fid"] for line in first + second] == list(range(29, 9, -1))


@given(st.text(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_search__any_text__is_answered(full: Database, text: str) -> None:
    answer = ask(app_of(full), f"/api/search?q={quote(text.encode('utf-8', 'replace'))}")
    assert answer.status == 200, answer.body
    assert len(TypeAdapter(list[models.Hit]).validate_json(answer.body)) <= 20
