"""What strangers wrote is text and nothing else, wherever the page shows it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.explorer import hostile
from tests.explorer.browsing import PHONE, READY, Visit, visiting
from tests.explorer.shown import Shown

pytestmark = pytest.mark.integration

OWN_IMAGES = "header img"
UNSEEN = re.compile(r"[\u0000-\u0008\u000e-\u001f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
STRUCTURE = re.compile(r"0x[0-9a-fA-F]*|-?\d+(\.\d+)?|baf[a-z2-7]{20,}|/[\w/.?=-]*")
"""Strings that are no prose: hexadecimal, numbers, CIDs, paths."""

WORDS = {
    *("open", "final", "void", "idle", "running", "closed", "train", "reveal", "key", "score commit", "score reveal"),
    *("settle", "challenge", "trainer", "evaluator", "aggregator", "invitation", "others", "participant", "round"),
    *("paid", "useless", "outvoted", "unavailable", "too_few_votes", "not_revealed", "unsettled", "federation"),
}
"""Strings that stand for one of a few things."""


def test_names__of_hostile_members__are_shown_as_text(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    names = page.locator("section tbody th .foreign")
    expect(names.filter(has_text=hostile.IMAGE[:20])).not_to_have_count(0)
    expect(names.filter(has_text="<script>")).not_to_have_count(0)
    expect(names.filter(has_text=hostile.LINK[:20])).not_to_have_count(0)
    assert page.locator("main img, main script, main iframe").count() == 0
    assert not UNSEEN.search(page.locator("main").inner_text())


@pytest.mark.parametrize("size", [(1280, 900), PHONE], ids=["desktop", "phone"])
def test_pages__with_hostile_names__keep_their_shape(browser: Browser, shown: Shown, size: tuple[int, int]) -> None:
    with visiting(browser, shown.served.url, size=size) as visit:
        for path in shown.pages.values():
            if path in (shown.pages["unknown round"], shown.pages["no page"]):
                continue
            visit.open(path)
            assert not visit.is_wider_than_the_screen(), path


def test_federation__of_a_hostile_task__is_shown_as_text(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["hostile federation"])
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile.IMAGE)
    assert page.title() == f"{hostile.IMAGE} · Parley"
    assert page.locator("main img, main script").count() == 0
    visit.open("/")
    expect(page.get_by_role("link", name=hostile.IMAGE)).to_have_count(1)


def test_search__for_a_hostile_name__finds_it_as_text(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    page.get_by_role("combobox").fill("<img src")
    expect(page.get_by_role("option").first).to_contain_text("<img")
    assert page.locator("#hits img").count() == 0
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("payload", [hostile.MIXED, hostile.LONG[:3000]], ids=["mixed", "long"])
@pytest.mark.parametrize("name", ["federation", "final round", "round with a conviction", "trainer", "transaction"])
def test_page__of_a_server_that_escapes_nothing__still_shows_text(
    visit: Visit, shown: Shown, name: str, payload: str
) -> None:
    """Whatever prose the API may hold: the page does not rely on its server to have made it harmless."""
    poisoned: list[str] = []

    def poison(route: Route) -> None:
        answer = route.fetch()
        body = json.dumps(_poisoned(answer.json(), payload))
        poisoned.append(body)
        route.fulfill(status=answer.status, content_type="application/json", body=body)

    visit.page.route(re.compile("/api/(?!events)"), poison)
    page = visit.open(shown.pages[name])
    page.wait_for_selector(READY)
    assert any(json.dumps(payload)[1:-1] in body for body in poisoned)
    assert page.locator(f"img:not({OWN_IMAGES}), main script, main iframe, main object").count() == 0
    assert not UNSEEN.search(page.locator("main").inner_text())
    assert not visit.is_wider_than_the_screen()
    page.unroute_all(behavior="ignoreErrors")


def _poisoned(value: Any, payload: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _poisoned(inner, payload) for key, inner in value.items()}
    if isinstance(value, list):
        return [_poisoned(inner, payload) for inner in value]
    if isinstance(value, str) and value not in WORDS and not STRUCTURE.fullmatch(value):
        return payload
    return value


@pytest.mark.parametrize(
    "path",
    [
        "/federations/1/participants/javascript:alert(1)",
        "/federations/1/rounds/%3Cimg%20src=x%20onerror=window.pwned=1%3E",
        "/?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E",
        "/?q=" + "%F0%9F%98%80" * 300,
        "/?before=-1&q=",
        "/#<img src=x onerror=window.pwned=1>",
    ],
)
def test_address__that_is_hostile__does_nothing(visit: Visit, path: str) -> None:
    visit.allowed = ["404", "422"]
    visit.page.goto(visit.url + path)
    visit.page.wait_for_selector(READY)
    assert visit.page.locator("main img, main script").count() == 0
