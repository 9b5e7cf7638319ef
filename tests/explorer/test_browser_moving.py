"""Getting about: links, back and forward, the search box, and all of it with a keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.explorer.browsing import READY, Visit, visiting
from tests.explorer.shown import Shown

pytestmark = pytest.mark.integration


def heading(page: Page, text: str) -> None:
    """The view of that heading is there, and has the focus."""
    found = page.get_by_role("heading", level=1)
    expect(found).to_have_text(text)
    expect(found).to_be_focused()


def test_links__followed__change_address_title_and_focus_without_loading_anew(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="breast-cancer").click()
    heading(page, "breast-cancer")
    assert visit.path() == shown.pages["federation"]
    page.get_by_role("link", name="Round 3", exact=True).click()
    heading(page, "Round 3")
    expect(page).to_have_title("Round 3, breast-cancer · Parley")
    page.get_by_role("link", name="← Round 2").click()
    heading(page, "Round 2")
    assert page.evaluate("window.same")


def test_back_and_forward__return_to_where_one_was(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    link = page.get_by_role("link", name="Round 1", exact=True)
    link.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    assert scrolled > 300
    link.click()
    heading(page, "Round 1")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    heading(page, "breast-cancer")
    page.wait_for_function("(y) => Math.abs(scrollY - y) < 50", arg=scrolled)
    page.go_forward()
    heading(page, "Round 1")
    page.reload()
    page.wait_for_selector(READY)
    assert visit.path() == shown.pages["final round"]
    page.go_back()
    heading(page, "breast-cancer")


def test_link__in_a_new_tab__is_left_to_the_browser(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="breast-cancer").click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_selector(READY)
    assert visit.path() == "/"
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("breast-cancer")


def test_skip_link__is_the_first_stop_and_leads_to_the_content(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_keyboard__alone__leads_from_the_list_to_a_transaction(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    for label, reached in (
        ("breast-cancer", "breast-cancer"),
        ("Round 3", "Round 3"),
    ):
        _tab_to(page, label)
        page.keyboard.press("Enter")
        heading(page, reached)
    _tab_to(page, "Every transaction")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    _tab_to(page, "0x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Round 3")


def _tab_to(page: Page, label: str) -> None:
    """Press Tab until something of that label has the focus; every stop on the way is seen to have it."""
    for _ in range(300):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            "return { text: e.textContent.trim(), inside: e.closest('main') !== null,"
            "seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 } }"
        )
        assert at["seen"], at
        if at["inside"] and at["text"].startswith(label):
            return
    raise AssertionError(f"no way to {label}")


@pytest.mark.parametrize("kind", ["address", "round", "place", "cid", "transaction", "title"])
def test_search__for_each_kind_of_thing__leads_to_it(visit: Visit, shown: Shown, kind: str) -> None:
    update = shown.round(1)["updates"][0]
    text, path = {
        "address": (shown.address("trainer-0")[:10], shown.pages["trainer"]),
        "round": ("round 2", shown.pages["void round"]),
        "place": (f"{shown.fid}/3", shown.pages["round with a conviction"]),
        "cid": (update["cid"], shown.pages["final round"]),
        "transaction": (shown.pages["transaction"].removeprefix("/transactions/"), shown.pages["transaction"]),
        "title": ("breast", shown.pages["federation"]),
    }[kind]
    page = visit.open("/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    box.press_sequentially(text[:70], delay=2)
    options = page.get_by_role("option")
    expect(options).not_to_have_count(0)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert page.evaluate("document.activeElement.getAttribute('aria-activedescendant')") == "hit-0"
    page.keyboard.press("Enter")
    page.wait_for_function("(path) => location.pathname === path", arg=path)
    expect(options).to_have_count(0)


def test_search__without_a_choice__lists_all_that_it_found(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    page.get_by_role("combobox").fill("round 1")
    page.keyboard.press("Enter")
    heading(page, "Search")
    assert visit.path() == "/?q=round%201"
    page.locator(".results").get_by_role("link").first.click()
    heading(page, "Round 1")


def test_search__for_what_is_not_there__says_what_one_can_search_for(visit: Visit) -> None:
    page = visit.open("/?q=nothing-is-called-that")
    expect(page.locator("main")).to_contain_text("Nothing found")
    expect(page.locator("main")).to_contain_text("addresses")


def test_search__left_with_escape__closes(visit: Visit, shown: Shown) -> None:
    page = visit.open("/")
    page.get_by_role("combobox").fill("breast")
    expect(page.get_by_role("option")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_be_focused()


def test_copy__puts_all_of_an_address_on_the_clipboard_and_says_so(browser: Browser, shown: Shown) -> None:
    with visiting(browser, shown.served.url, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.open(shown.pages["trainer"])
        page.get_by_role("button", name="Copy address").first.click()
        expect(page.locator("#said")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == shown.address("trainer-0")


def test_chart__clicked__opens_the_round(visit: Visit, shown: Shown) -> None:
    page = visit.open(shown.pages["federation"])
    canvas = page.locator("parley-chart canvas").first
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] - 12, "y": box["height"] / 2})
    heading(page, "Round 4")
