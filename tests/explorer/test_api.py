"""The API answers with what its models promise, refuses with one shape, and lets no hostile text out unescaped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from parley.errors import NotFound
from parley.explorer.api import models
from parley.explorer.api.app import DEEP_LINKS
from parley.explorer.follow import Progress
from parley.explorer.index.database import Database
from parley.explorer.queries import Chain
from tests.explorer.answering import BUILDING, Ask, app_of, say, task_of
from tests.explorer.asking import ask
from tests.explorer.histories import ACCIDENTS, CHAIN_ID, COORDINATOR, START, Federation, Scale, address, played
from tests.explorer.indexing import opened, take_in, writer

pytestmark = pytest.mark.unit

HOSTILE = "<img src=x onerror=alert(1)></script>\"'&\u2028"
ANSWERS: dict[str, Any] = {
    "/api/status": models.Status,
    "/api/federations": list[models.Federation],
    "/api/federations/1": models.FederationDetail,
    "/api/federations/1/rounds": models.RoundsPage,
    "/api/federations/1/series": models.Series,
    "/api/search?q=1": list[models.Hit],
}


def check_all(app: ASGIApp, federation: Federation) -> None:
    """Every answer about a federation is what its model promises."""
    for target, kind in ANSWERS.items():
        answer = ask(app, target)
        assert answer.status == 200, (target, answer.body)
        TypeAdapter(kind).validate_json(answer.body)
    for number in range(1, federation.round + 1):
        answer = ask(app, f"/api/federations/1/rounds/{number}")
        assert answer.status == 200, (number, answer.body)
        assert models.RoundDetail.model_validate_json(answer.body).number == number
    for member in ask(app, "/api/federations/1").json["members"]:
        answer = ask(app, f"/api/federations/1/participants/{member['operator']}")
        participant = models.Participant.model_validate_json(answer.body)
        assert participant.totals.earned == member["earned"]


def test_answers__a_history__are_what_the_models_promise(full: Database, history: Federation) -> None:
    check_all(app_of(full), history)


@pytest.mark.parametrize("ended", [True, False])
def test_round__with_a_demand_and_a_slash__names_time_transaction_and_who_did_it(
    tmp_path: Path, history: Federation, ended: bool
) -> None:
    """P-16, P-22: whoever disputes something is told of as those are who do their part."""
    kinds = {"ClipDisproved": "prover", "Demanded": "demander", "Supplied": "supplier"}
    numbers = {
        name: ACCIDENTS.index(kind) + 2 for name, kind in (("ClipDisproved", "clipped"), ("Demanded", "demanded"))
    }
    numbers["Supplied"] = numbers["Demanded"]
    said = [item.event for item in history.chronicle.between(START, 10**6)]
    ends = {event.args["round"]: event.block for event in said if event.name in ("RoundFinalized", "RoundVoided")}
    for name, who in kinds.items():
        number = numbers[name]
        event = next(event for event in said if event.name == name and event.block < ends[number])
        with opened(tmp_path / f"{name}.sqlite") as database:
            take_in(database, history.chronicle, high=ends[number] - (not ended))
            detail = models.RoundDetail.model_validate_json(
                ask(app_of(database), f"/api/federations/1/rounds/{number}").body
            )
        assert (detail.ended is not None) is ended
        acts = [act for posted in detail.settlements for act in posted.disputed]
        acts += [update.slashed for update in detail.updates if update.slashed]
        found = [(act.time, act.transaction, act.by) for act in acts if act.event == name]
        assert found == [(event.timestamp, "0x" + event.transaction.hex(), event.args[who])]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**16), sealed=st.booleans())
def test_answers__any_history_at_any_time__are_what_the_models_promise(tmp_path: Path, seed: int, sealed: bool) -> None:
    federation = played(seed, Scale(trainers=3, rounds=2, accidents=1.0), sealed=sealed)
    with opened(tmp_path / "index.sqlite", rebuild=True) as database:
        take_in(database, federation.chronicle)
        check_all(app_of(database), federation)


def test_federation__a_history__tells_members_money_and_warnings(asked: Ask, history: Federation) -> None:
    found = asked("/api/federations/1").json
    (line,) = asked("/api/federations").json
    assert {key: found[key] for key in line} == line
    assert (found["state"], found["round"], found["sealed"]) == ("running", history.round, True)
    assert found["budget"]["owed"] == str(sum(history.cumulative.values()) - sum(history.claimed.values()))
    assert {m["operator"]: int(m["earned"]) for m in found["members"] if m["earned"] != "0"} == history.cumulative
    left = {m["operator"] for m in found["members"] if m["until"] is not None}
    assert left == history.gone
    assert found["trainers"] == history.scale.trainers - len(left)
    assert [version["version"] for version in found["policies"]] == list(range(1, len(history.policies) + 1))
    assert found["policy"]["reward"] == str(history.policy.reward)
    assert any("five or more are recommended" in warning for warning in found["warnings"])


def test_rounds__pages__hold_each_round_once_the_newest_first(asked: Ask, history: Federation) -> None:
    seen: list[int] = []
    target = "/api/federations/1/rounds?limit=4"
    while True:
        page = asked(target).json
        assert len(page["rounds"]) <= 4
        seen += [row["round"] for row in page["rounds"]]
        if page["next"] is None:
            break
        target = f"/api/federations/1/rounds?limit=4&before={page['next']}"
    assert seen == list(range(history.round, 0, -1))


def test_rounds__a_history__tell_what_happened(asked: Ask, history: Federation) -> None:
    rows = {row["round"]: row for row in asked("/api/federations/1/rounds").json["rounds"]}
    assert rows[history.round]["state"] == "open"
    assert rows[history.round]["phase"] in ("train", "voidable")
    assert {row["state"] for row in rows.values()} == {"open", "final", "void"}
    assert any(row["convictions"] for row in rows.values())
    for number, row in rows.items():
        detail = asked(f"/api/federations/1/rounds/{number}").json
        assert int(row["earned"]) == sum(int(amount) for amount in detail["earned"].values())
        assert row["committed"] == len(detail["updates"])
        assert (detail["previous"], detail["next"]) == (
            number - 1 or None,
            number + 1 if number < history.round else None,
        )
        assert set(detail["reasons"]) == {update["operator"] for update in detail["updates"]}


def test_round__gas__is_that_of_its_transactions(full: Database, history: Federation) -> None:
    with full.write() as connection:
        connection.execute("UPDATE transactions SET gas = 1000")
    app = app_of(full)
    detail = ask(app, "/api/federations/1/rounds/1").json
    assert detail["gas_total"] == sum(detail["gas"].values()) == 1000 * len(detail["gas"])
    assert detail["ended"]["transaction"] in detail["gas"]
    rows = ask(app, "/api/federations/1/rounds").json["rounds"]
    assert {row["round"]: row["gas"] for row in rows}[1] == detail["gas_total"]
    with full.read() as connection:
        (whole,) = connection.execute("SELECT COUNT(*) FROM transactions WHERE round IS NOT NULL").fetchone()
    assert sum(row["gas"] for row in rows) == 1000 * whole


def test_series__columns__add_up(asked: Ask, history: Federation) -> None:
    series = asked("/api/federations/1/series").json
    assert series["round"] == list(range(1, history.round))
    earned = {who: sum(map(int, column)) for who, column in series["earned"].items()}
    assert sum(earned.values()) == sum(history.cumulative.values())
    for who, amount in history.cumulative.items():
        assert earned[who] == amount
    assert len({len(column) for column in (series["quality"], series["included"], *series["earned"].values())}) == 1


def test_series__kept_answer__is_made_anew_when_rounds_or_their_quality_change(
    database: Database, history: Federation
) -> None:
    chronicle = history.chronicle
    last = max(item.event.block for item in chronicle.between(START, 10**6) if item.event.name == "RoundOpened")
    take_in(database, chronicle, high=last - 1)
    app = app_of(database)
    before = ask(app, "/api/federations/1/series").json
    assert ask(app, "/api/federations/1/series").json == before
    take_in(database, chronicle, low=last)
    after = ask(app, "/api/federations/1/series").json
    assert after["round"] == [*before["round"], history.round - 1]
    writer(database).rewind(last - 1)
    assert ask(app, "/api/federations/1/series").json == before
    database.throw_away()
    take_in(database, chronicle)
    assert ask(app, "/api/federations/1/series").json == after


def test_series__more_than_twenty__the_rest_is_together(database: Database) -> None:
    federation = played(1, Scale(trainers=40, rounds=2, accidents=0))
    take_in(database, federation.chronicle)
    series = ask(app_of(database), "/api/federations/1/series").json
    assert len(series["earned"]) == 21
    assert sum(sum(map(int, column)) for column in series["earned"].values()) == sum(federation.cumulative.values())


def test_quality__measured__stands_wherever_it_is_shown(full: Database) -> None:
    with full.write() as connection:
        row = connection.execute("SELECT round, model_root FROM rounds WHERE state = 'final' LIMIT 1").fetchone()
        number, model = row["round"], row["model_root"]
        task = connection.execute("SELECT task FROM federations").fetchone()["task"]
        connection.execute("INSERT INTO measured VALUES (?, ?, ?, 0.75, NULL, 1, NULL)", (task, number, model))
        connection.execute(
            "INSERT INTO measured VALUES (?, ?, ?, 0.5, NULL, 1, NULL)", (task, number, "0x" + "ff" * 32)
        )
    app = app_of(full)
    assert ask(app, f"/api/federations/1/rounds/{number}").json["quality"] == 0.75
    assert ask(app, "/api/federations/1").json["quality"] == 0.75
    rows = ask(app, "/api/federations/1/rounds").json["rounds"]
    assert [row["round"] for row in rows if row["quality"] == 0.75] == [number]
    series = ask(app, "/api/federations/1/series").json
    assert series["quality"][series["round"].index(number)] == 0.75


def test_participant__pages__hold_each_round_once(asked: Ask, history: Federation) -> None:
    operator = address("trainer", 0)
    whole = asked(f"/api/federations/1/participants/{operator}").json["history"]
    seen: list[Any] = []
    target = f"/api/federations/1/participants/{operator.lower()}?limit=3"
    while True:
        page = asked(target).json
        seen += page["history"]
        if page["next"] is None:
            break
        target = f"/api/federations/1/participants/{operator.lower()}?limit=3&before={page['next']}"
    assert seen == whole
    assert [deed["round"] for deed in whole] == sorted({deed["round"] for deed in whole}, reverse=True)
    assert sum(int(deed["earned"]) for deed in whole) == history.cumulative.get(operator, 0)


def test_participant__faults__are_told_in_sentences(asked: Ask) -> None:
    members = [member["operator"] for member in asked("/api/federations/1").json["members"]]
    faults = {
        fault.split(",")[0].split(":")[0]
        for operator in members
        for deed in asked(f"/api/federations/1/participants/{operator}").json["history"]
        for fault in deed["faults"]
    }
    assert faults == {
        "its settlement of turn 0 fell",
        "was absent as evaluator (1 of 3 in a row",
        "was slashed for a parameter beyond the clip",
        "committed an update and did not reveal it",
    }


def test_participant__who_proved_a_lie__is_one_without_being_a_member(asked: Ask) -> None:
    watcher = asked(f"/api/federations/1/participants/{address('watcher', 0)}").json
    assert (watcher["roles"], watcher["since"], watcher["index"]) == ([], None, None)
    assert int(watcher["stake"]["free"]) > 0


def test_transaction__settlement__is_decoded_without_losing_a_digit(asked: Ask) -> None:
    detail = next(
        found for number in range(1, 9) if (found := asked(f"/api/federations/1/rounds/{number}").json)["settlements"]
    )
    step = detail["settlements"][0]["step"]
    found = models.Transaction.model_validate_json(
        asked(f"/api/transactions/{step['transaction'].upper().replace('0X', '0x')}").body.replace(
            b'"from"', b'"sender"'
        )
    )
    assert found.path == f"/federations/1/rounds/{detail['number']}"
    (settled,) = [event for event in found.events if event.name == "Settled"]
    assert settled.args["settlement"]["norm"] == str(1 << 24)  # type: ignore[index] # JSON
    assert settled.args["settlement"]["rowRoot"] == detail["settlements"][0]["row_root"]  # type: ignore[index]


# ---------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/federations/2", 404),
        ("/api/federations/2/rounds", 404),
        ("/api/federations/2/series", 404),
        ("/api/federations/1/rounds/999", 404),
        ("/api/federations/2/rounds/1", 404),
        (f"/api/federations/1/participants/0x{'9' * 40}", 404),
        (f"/api/transactions/0x{'9' * 64}", 404),
        ("/api/nothing", 404),
        ("/nothing.js", 404),
        ("/../../etc/passwd", 404),
        ("/api/federations/0", 422),
        ("/api/federations/-1", 422),
        ("/api/federations/x", 422),
        (f"/api/federations/{2**53}", 422),
        (f"/api/federations/{'9' * 400}", 422),
        ("/api/federations/1/rounds/0", 422),
        ("/api/federations/1/rounds?limit=0", 422),
        ("/api/federations/1/rounds?limit=201", 422),
        ("/api/federations/1/rounds?before=x", 422),
        ("/api/federations/1/participants/0x12", 422),
        ("/api/federations/1/participants/vitalik.eth", 422),
        ("/api/transactions/0x12", 422),
        (f"/api/search?q={'x' * 201}", 422),
    ],
)
def test_refusals__each__have_one_shape(asked: Ask, target: str, status: int) -> None:
    answer = asked(target)
    assert answer.status == status, answer.body
    failure = models.Failure.model_validate_json(answer.body)
    assert failure.error.message
    assert failure.error.hint
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_methods__that_would_change_something__are_refused(full: Database, method: str) -> None:
    answer = ask(app_of(full), "/api/federations", method=method)
    assert answer.status == 405
    models.Failure.model_validate_json(answer.body)


def test_not_found__while_the_index_is_built__is_not_there_yet(full: Database) -> None:
    answer = ask(app_of(full, BUILDING), "/api/federations/2")
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    assert "0 % of the chain is read" in answer.json["error"]["message"]
    assert ask(app_of(full, BUILDING), "/api/federations/1").status == 200


def test_index__cannot_be_read__is_503(tmp_path: Path) -> None:
    with opened(tmp_path / "index.sqlite") as database:
        app = app_of(database)
        database._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.path.write_bytes(b"rubbish" * 1000)
        answer = ask(app, "/api/federations")
        assert (answer.status, "retry-after" in answer.headers) == (503, True)
        assert str(tmp_path) not in json.dumps(answer.json["error"]["hint"])


def test_fault__of_parley__has_the_shape_and_tells_no_secret(full: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from parley.explorer.api import status

    def broken(_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(status, "status", broken)
    with pytest.raises(RuntimeError, match="a secret"):  # the server logs it, after the client was answered
        ask(app_of(full), "/api/status")


def test_empty_index__answers__are_empty(database: Database) -> None:
    app = app_of(database, Progress(START - 1))
    status = models.Status.model_validate_json(ask(app, "/api/status").body)
    assert (status.head, status.indexed, status.building, status.progress, status.node_ok) == (
        None,
        None,
        True,
        0,
        False,
    )
    assert ask(app, "/api/federations").json == []
    assert ask(app, "/api/search?q=0x123456").json == []
    assert ask(app, "/api/federations/1").status == 503


# ----------------------------------------------------------------------------------------------------- hostile text


def test_hostile_texts__everywhere__come_out_as_json_strings_and_nothing_else(full: Database) -> None:
    """A hostile title, name or symbol is text: exactly what it is, in JSON, whatever it would be elsewhere."""
    say(full, task_of(full), HOSTILE, HOSTILE)
    with full.write() as connection:
        connection.execute("INSERT OR REPLACE INTO operators VALUES (?, 'cid')", (address("trainer", 0),))
        token = connection.execute("SELECT token FROM federations").fetchone()["token"]
        connection.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, 18)", (token, HOSTILE))
    say(full, "cid", HOSTILE)
    app = app_of(full)
    found = ask(app, "/api/federations/1")
    assert (found.json["title"], found.json["description"], found.json["token"]["symbol"]) == (HOSTILE,) * 3
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-content-type-options"] == "nosniff"
    member = next(m for m in found.json["members"] if m["operator"] == address("trainer", 0))
    assert member["name"] == HOSTILE
    assert ask(app, "/api/federations/1/rounds/1").json["names"] == {address("trainer", 0): HOSTILE}
    assert ask(app, "/api/federations/1/series").json["names"] == {address("trainer", 0): HOSTILE}
    labels = [hit["label"] for hit in ask(app, "/api/search?q=onerror").json]
    assert labels == [f"Federation 1: {HOSTILE}", f"{HOSTILE} in federation 1"]


# ---------------------------------------------------------------------------------------------------------- the page


def test_deep_links__each__lead_to_the_document(full: Database, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app.js").write_text("1;")
    (tmp_path / "assets" / "app.css").write_text("a{}")
    app = app_of(full, page=tmp_path)
    for link in DEEP_LINKS:
        answer = ask(app, link.format(fid="1", number="2", address="<script>", tx="0x0"))
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b"<title>page</title>" in answer.body
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert ask(app, "/assets/app.js").headers["content-type"].startswith("text/javascript")
    assert ask(app, "/assets/app.css").headers["content-type"].startswith("text/css")
    assert ask(app, "/assets/../index.html").status == 404
    assert ask(app, "/assets").status == 404


def test_openapi__document__tells_every_path_and_needs_no_other_host(asked: Ask) -> None:
    document = asked("/api/openapi.json").json
    assert set(document["paths"]) >= {
        "/api/status",
        "/api/federations",
        "/api/federations/{fid}",
        "/api/federations/{fid}/rounds",
        "/api/federations/{fid}/series",
        "/api/federations/{fid}/rounds/{number}",
        "/api/federations/{fid}/participants/{address}",
        "/api/search",
        "/api/transactions/{tx}",
        "/api/events",
    }
    assert all(set(methods) == {"get"} for methods in document["paths"].values())
    assert asked("/docs").status == 404


def test_unknown_federation__charter__is_not_found(database: Database) -> None:
    with database.read() as connection, pytest.raises(NotFound):
        Chain(CHAIN_ID, COORDINATOR).charter(connection, 1)
