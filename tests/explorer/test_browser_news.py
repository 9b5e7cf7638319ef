"""What a page was not told of while nobody looked at it, or its stream was dead, it finds out by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from parley.chain.view import Block
from tests.explorer.answering import FINISHED
from tests.explorer.browsing import visiting
from tests.explorer.histories import address
from tests.explorer.still import Still

pytestmark = pytest.mark.integration

ROUND = "/federations/1/rounds/1"
CALM = 2_500
"""Milliseconds after which a page that was just opened asks for nothing any more but the status."""

LONG_PULSE = 16_000
"""Milliseconds after which a page that is told of news has asked for the status."""


@contextmanager
def looked_at(browser: Browser, still: Still) -> Iterator[Page]:
    """A page that shows a round that has ended, and is told of news."""
    with visiting(browser, still.url) as visit:
        visit.page.clock.install()
        page = visit.open(ROUND)
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        page.wait_for_timeout(CALM)
        expect(figure(page)).to_contain_text("not measured")
        yield page


def figure(page: Page) -> Locator:
    """What is said of the quality of the round's model."""
    return page.locator(".facts [data-key='Model quality']")


def hide(page: Page, hidden: bool) -> None:
    """Put another tab before the page's, or take it away."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_round__measured_while_the_page_was_hidden__shows_it_on_return(browser: Browser, still: Still) -> None:
    with looked_at(browser, still) as page:
        hide(page, True)
        still.measure(0.8125)
        hide(page, False)
        expect(figure(page)).to_contain_text("0.81")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_round__measured_while_the_stream_was_dead__shows_it_once_that_is_noticed(
    browser: Browser, still: Still
) -> None:
    """A stream that brings nothing any more, though blocks came: it is opened anew, and all is asked for again."""
    with looked_at(browser, still) as page:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(still.news, "publish", lambda *_: None)
            still.measure(0.8125)
        number = still.progress.indexed or 0
        still.progress = replace(FINISHED, head=Block(number + 9, b"h" * 32, 7), indexed=number + 9)
        page.clock.fast_forward(LONG_PULSE)
        expect(figure(page)).to_contain_text("0.81")


def test_round__measured_while_there_is_no_stream__shows_it(browser: Browser, still: Still) -> None:
    with visiting(browser, still.url) as visit:
        visit.allowed = ["ERR_CONNECTION"]
        visit.page.route("**/api/events", lambda route: route.abort("connectionrefused"))
        page = visit.open(ROUND)
        expect(page.locator("#live")).to_have_attribute("data-state", "polling")
        page.wait_for_timeout(CALM)
        still.measure(0.8125)
        expect(figure(page)).to_contain_text("0.81")


def test_round__name_of_a_trainer_comes_late__shows_it_without_a_block(browser: Browser, still: Still) -> None:
    with looked_at(browser, still) as page:
        expect(page.get_by_text("Alice")).to_have_count(0)
        still.learn_name(address("trainer", 0), "Alice")
        expect(page.get_by_role("link", name="Alice").first).to_be_visible()
