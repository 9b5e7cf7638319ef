"""What the page shows of a federation that ran is what the chain says, at the address of each page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.explorer.browsing import Visit, visiting
from tests.explorer.shown import Shown
from tests.explorer.still import Still
from tests.support.federation import WEI
from tests.support.saga import BEYOND, MISSING, SILENT

pytestmark = pytest.mark.integration

INK = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let at = 3; at < data.length; at += 4) inked += data[at] > 0;
  return inked;
}"""
"""How many pixels of a canvas are not blank."""


def part(page: Page, title: str) -> Locator:
    """A section by its heading."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True, level=2))


def cells(row: Locator) -> list[str]:
    return [text.strip() for text in row.locator("th, td").all_inner_texts()]


def test_home__a_federation_that_ran__is_listed_with_its_figures(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    expect(page).to_have_title("Federations · Parley")
    card = page.locator(".card").filter(has=page.get_by_role("link", name="breast-cancer"))
    for text in ("4 of 4", "1 void", "4 trainers, 4 evaluators", "1,000"):
        expect(card).to_contain_text(text)
    card.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("breast-cancer")


def test_federation__that_ran__shows_rounds_as_the_chain_has_them(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    rounds = {cells(row)[0]: cells(row)[1] for row in part(page, "Rounds").locator("tbody tr").all()}
    states = {number: "Final" if record.final else "Void" for number, record in shown.town.view().records.items()}
    assert {name: re.match(r"\w+", state)[0] for name, state in rounds.items()} == {
        f"Round {number}": state for number, state in states.items()
    }
    expect(part(page, "Rounds").get_by_text("1 conviction")).to_have_count(1)
    expect(part(page, "Rounds").get_by_text("too few reveals")).to_have_count(1)


def test_federation__that_ran__shows_who_earned_what(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    rows = part(page, "Who is in").locator("tbody tr")
    expect(rows).to_have_count(len(shown.town.senders) - 1)
    ledger = shown.town.workers["sponsor"].worker.books.ledger(shown.town.view())
    richest = max(ledger.values(), key=lambda account: account.cumulative)
    expect(rows.first.locator(f'a[href$="{richest.operator}"]')).to_have_count(1)
    expect(rows.first).to_contain_text(f"{richest.cumulative // WEI:,}")


def test_charts__of_a_federation__are_drawn_and_told_as_tables(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    series = shown.served.get(f"/federations/{shown.fid}/series")
    canvases = page.locator("parley-chart canvas")
    expect(canvases).to_have_count(2)
    for canvas in canvases.all():
        assert canvas.evaluate(INK) > 2_000
    for drawing in page.locator("parley-chart").all():
        assert len(drawing.get_attribute("aria-label") or "") > 40
    figure = page.locator("figure").filter(has_text="Model quality by round")
    figure.get_by_text("Show as a table").click()
    told = [cells(row) for row in figure.locator("tbody tr").all()]
    assert [row[1] for row in told] == series["state"]
    for (_, _, text), value in zip(told, series["quality"], strict=True):
        assert text == "\u2013" if value is None else float(text) == pytest.approx(value, abs=1e-3)
    assert sum(value is not None for value in series["quality"]) == 3


@pytest.mark.parametrize("number", [1, 3, 4])
def test_round__that_is_final__has_a_matrix_of_all_votes_with_medians(visit: Visit, shown: Shown, number: int) -> None:
    page = visit.open(f"/federations/{shown.fid}/rounds/{number}")
    told = shown.round(number)
    matrix = part(page, "Scores").locator("table").first
    revealed = [update for update in told["updates"] if update["revealed"]]
    expect(matrix.locator("tbody tr")).to_have_count(len(revealed))
    for update in revealed:
        row = cells(matrix.locator("tbody tr").filter(has=page.locator(f'a[href$="{update["operator"]}"]')))
        assert [int(text.split()[0].replace(",", "")) for text in row[3:]] == [v["score"] for v in update["votes"]]
        assert int(row[2].replace(",", "")) == update["score"]


@pytest.mark.parametrize(("number", "who", "verdict"), [(1, MISSING, "Left out"), (4, BEYOND, "Unavailable")])
def test_round__with_an_update_left_out__says_by_whom_and_why(
    visit: Visit, shown: Shown, number: int, who: str, verdict: str
) -> None:
    page = visit.open(f"/federations/{shown.fid}/rounds/{number}")
    told, operator = shown.round(number), shown.address(who)
    (update,) = (update for update in told["updates"] if update["operator"] == operator)
    left_out = part(page, "Updates").locator("li").filter(has=page.locator(f'a[href$="{operator}"]'))
    expect(left_out).to_contain_text(verdict)
    expect(left_out).to_contain_text(told["reasons"][operator])
    expect(left_out.get_by_text("Slashed: beyond the clip")).to_have_count(int(update["clipped"]))
    if update["slashed"]:
        assert left_out.locator(f'a[href$="{update["slashed"]["transaction"]}"]').count()
        assert left_out.locator(f'a[href$="{update["slashed"]["by"]}"]').count()
    votes = part(page, "Scores").locator("tr").filter(has=page.locator(f'a[href$="{operator}"]')).first
    expect(votes.locator("td.zero")).to_have_count(sum(vote["score"] == 0 for vote in update["votes"]))
    expect(votes.get_by_text("unfit")).to_have_count(sum(vote["scale"] == 0 for vote in update["votes"]))


def test_round__time_line__has_every_phase_with_those_who_acted(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["final round"])
    told = shown.round(1)
    lanes = page.locator(".timeline li[data-key]")
    assert [lane.locator("strong").inner_text().lower() for lane in lanes.all()] == [
        window["phase"] for window in told["windows"]
    ]
    train = lanes.first
    expect(train).to_contain_text("4 of 4")
    expect(train.locator("circle")).to_have_count(4)
    assert "deadline" in (train.get_by_role("img").get_attribute("aria-label") or "")


def test_round__every_transaction__is_linked_with_its_gas(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["round with a conviction"])
    gas = shown.round(3)["gas"]
    fold = part(page, "Gas and transactions").locator("details")
    fold.locator("summary").click()
    shown_gas = {
        row.locator("a[href^='/transactions/']").get_attribute("href"): cells(row)[-1]
        for row in fold.locator("tbody tr").all()
    }
    expected = {f"/transactions/{tx}": f"{used:,}" for tx, used in gas.items()}
    opened = shown.round(3)["opened"]["transaction"]
    assert opened not in gas, "the transaction that ended round 2 opened this one"
    assert shown_gas == {**expected, f"/transactions/{opened}": "in round 2"}


def test_round__settlement_that_its_votes_contradict__is_called_wrong(browser: Browser, still: Still) -> None:
    """P-12: the rounds of this history pay nothing, whatever the votes say, and nobody minds."""
    with visiting(browser, still.url) as visit:
        settlements = part(visit.open("/federations/1/rounds/1"), "Settlement")
        expect(settlements.locator(".badge")).to_have_text("Wrong")
        expect(settlements).to_contain_text(
            "It is wrong in its pay: the revealed votes come to something else. Nobody disproved it in time."
        )


def test_round__with_a_conviction__shows_both_settlements_and_the_prover(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["round with a conviction"])
    settlements = part(page, "Settlement").locator(".list > li")
    expect(settlements).to_have_count(2)
    expect(settlements.first).to_contain_text("Convicted")
    expect(settlements.first).to_contain_text("It was disproved")
    expect(settlements.last).to_contain_text("Final")
    silent = part(page, "Evaluators").locator("tr").filter(has=page.locator(f'a[href$="{shown.address(SILENT)}"]'))
    expect(silent).to_contain_text("never")


def test_round__void__says_why_and_pays_nobody(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["void round"])
    expect(page.locator(".meta", has_text="Void: too few reveals")).to_have_count(1)
    expect(page.get_by_role("heading", name="Rewards", exact=True)).to_have_count(0)
    expect(part(page, "Settlement")).to_contain_text("No settlement was posted")
    expect(part(page, "Updates").locator(".badge", has_text="Not revealed")).to_have_count(
        sum(update["revealed"] is None for update in shown.round(2)["updates"])
    )


def test_participant__who_was_slashed__shows_history_earnings_and_faults(visit: Visit, shown: Shown) -> None:
    page = visit.open(f"/federations/{shown.fid}/participants/{shown.address(BEYOND)}")
    told = shown.served.get(f"/federations/{shown.fid}/participants/{shown.address(BEYOND)}")
    expect(page.locator(".facts").first).to_contain_text("50 lost")
    rows = part(page, "History").locator("tbody tr")
    expect(rows).to_have_count(len(told["history"]))
    assert told["history"][0]["faults"], "the saga has a fault for it"
    expect(rows.first).to_contain_text(told["history"][0]["faults"][0])
    visit.open(shown.pages["trainer"])
    expect(page.locator("parley-chart canvas")).to_have_count(1)


def test_transaction__that_settled__shows_function_events_and_its_round(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["transaction"])
    expect(page.get_by_text("settle", exact=False).first).to_be_visible()
    expect(part(page, "Events").get_by_role("heading", name="Settled")).to_have_count(1)
    page.get_by_role("link", name="Round 1").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Round 1")


@pytest.mark.parametrize("name", ["unknown round", "no page"])
def test_address__that_leads_nowhere__says_so(visit: Visit, shown: Shown, name: str) -> None:
    visit.allowed = ["404", "422"]
    visit.page.goto(visit.url + shown.pages[name])
    expect(visit.page.get_by_role("alert")).to_contain_text("Not found")
    expect(visit.page.get_by_role("link", name="All federations")).to_be_visible()
