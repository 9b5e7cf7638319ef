"""Everybody can read it: no serious finding of axe in both schemes and on a phone; times say what they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.explorer.browsing import PHONE, READY, Visit, visiting
from tests.explorer.shown import Shown

pytestmark = pytest.mark.integration

PAGES = (
    *("federations", "search", "federation", "final round", "void round", "round with a conviction", "trainer"),
    *("evaluator", "transaction", "hostile federation", "unknown round"),
)


def open_all(page: Page) -> None:
    """Open every fold, so that what is in it is looked at as well."""
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page__looked_at_by_axe__has_no_serious_finding(browser: Browser, shown: Shown, name: str, scheme: str) -> None:
    with visiting(browser, shown.served.url, scheme=scheme) as visit:
        visit.allowed = ["404"] if name == "unknown round" else []
        page = visit.open(shown.pages[name])
        open_all(page)
        visit.check_access()


@pytest.mark.parametrize("name", ["federation", "final round", "trainer"])
def test_page__on_a_phone__fits_and_has_no_serious_finding(browser: Browser, shown: Shown, name: str) -> None:
    with visiting(browser, shown.served.url, size=PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.open(shown.pages[name])
        open_all(page)
        assert not visit.is_wider_than_the_screen()
        visit.check_access()


def test_search__with_results_open__has_no_serious_finding(visit: Visit) -> None:
    page = visit.open("/")
    page.get_by_role("combobox").fill("breast")
    expect(page.get_by_role("option")).not_to_have_count(0)
    page.keyboard.press("ArrowDown")
    visit.check_access()


def test_scheme__that_changes__changes_colours_and_charts(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    ground = "getComputedStyle(document.body).backgroundColor"
    pixels = "document.querySelector('parley-chart canvas').toDataURL()"
    light, drawn = page.evaluate(ground), page.evaluate(pixels)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light
    page.wait_for_function(f"(before) => {pixels} !== before", arg=drawn)


def test_text__enlarged_to_twice_its_size__still_fits(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    page.set_viewport_size({"width": 640, "height": 450})
    page.wait_for_selector(READY)
    assert not visit.is_wider_than_the_screen()


def test_times__are_local_with_utc_beside(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["final round"])
    for time in page.locator("time").all()[:20]:
        title = time.get_attribute("title") or ""
        assert title.endswith(" UTC")
        assert (time.get_attribute("datetime") or "").endswith("Z")
    local = page.locator("time:not([data-relative])").first
    told = page.evaluate(
        "(iso) => new Date(iso).toLocaleString('en-GB', "
        "{ dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Europe/Vienna' })",
        local.get_attribute("datetime"),
    )
    assert local.inner_text() == told


def test_headings__on_every_page__are_in_order_and_one_is_first(visit: Visit, shown: Shown) -> None:
    for name in ("federations", "federation", "final round", "trainer", "transaction"):
        page = visit.open(shown.pages[name])
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((e) => Number(e.tagName[1]))")
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), (name, levels)
