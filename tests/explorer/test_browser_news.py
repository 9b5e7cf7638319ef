"""What a page was not told of while nobody looked at it, or its stream was dead, it finds out by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from parley.chain.view import Block
from parley.explorer.api.app import make_app
from parley.explorer.api.context import Context
from parley.explorer.content import Contents
from parley.explorer.follow import Progress
from parley.explorer.index.database import Database
from parley.explorer.news import News
from parley.explorer.queries import Chain
from parley.explorer.server import PageServer
from parley.explorer.service import tell_measured, tell_texts
from parley.storage import cid_of
from tests.explorer.answering import FINISHED, say, task_of
from tests.explorer.browsing import visiting
from tests.explorer.histories import CHAIN_ID, COORDINATOR, address
from tests.storage.memory_store import MemoryStore

pytestmark = pytest.mark.integration

ROUND = "/federations/1/rounds/1"
CALM = 2_500
"""Milliseconds after which a page that was just opened asks for nothing any more but the status."""

LONG_PULSE = 16_000
"""Milliseconds after which a page that is told of news has asked for the status."""


@dataclass
class Served:
    """A page over an index that no chain changes.

    Attributes:
        url: its address.
        database: the index.
        news: that the page is told of.
        progress: how far the index says that it is.
    """

    url: str
    database: Database
    news: News
    progress: Progress = FINISHED

    def measure(self, value: float) -> None:
        """Let the first round's model be measured."""
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO measured SELECT f.task, r.round, r.model_root, ?, NULL, 1, NULL "
                "FROM rounds r JOIN federations f ON f.fid = r.fid WHERE r.fid = 1 AND r.round = 1",
                (value,),
            )
        tell_measured(self.news, 1, 1)

    def learn_name(self, operator: str, name: str) -> None:
        """Let somebody's metadata be fetched."""
        store = MemoryStore("shelf")
        store.put(document := b'{"name": "%s"}' % name.encode())
        with self.database.write() as connection:
            connection.execute(
                "UPDATE operators SET metadata = ? WHERE operator = ?", (str(cid_of(document)), operator)
            )
        contents = Contents(self.database, store, lambda count: tell_texts(self.news, count))
        while contents.work():
            pass


@pytest.fixture
def served(full: Database) -> Iterator[Served]:
    server = PageServer("127.0.0.1", 0)
    found = Served(server.url, full, News())
    say(full, task_of(full), "a title")
    app = make_app(Context(full, Chain(CHAIN_ID, COORDINATOR), {}, lambda: found.progress, found.news))
    thread = threading.Thread(target=server.run, args=(app, found.news.close))
    thread.start()
    try:
        yield found
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def looked_at(browser: Browser, served: Served) -> Iterator[Page]:
    """A page that shows a round that has ended, and is told of news."""
    with visiting(browser, served.url) as visit:
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


def test_round__measured_while_the_page_was_hidden__shows_it_on_return(browser: Browser, served: Served) -> None:
    with looked_at(browser, served) as page:
        hide(page, True)
        served.measure(0.8125)
        hide(page, False)
        expect(figure(page)).to_contain_text("0.81")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_round__measured_while_the_stream_was_dead__shows_it_once_that_is_noticed(
    browser: Browser, served: Served
) -> None:
    """A stream that brings nothing any more, though blocks came: it is opened anew, and all is asked for again."""
    with looked_at(browser, served) as page:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(served.news, "publish", lambda *_: None)
            served.measure(0.8125)
        number = served.progress.indexed or 0
        served.progress = replace(FINISHED, head=Block(number + 9, b"h" * 32, 7), indexed=number + 9)
        page.clock.fast_forward(LONG_PULSE)
        expect(figure(page)).to_contain_text("0.81")


def test_round__measured_while_there_is_no_stream__shows_it(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        visit.allowed = ["ERR_CONNECTION"]
        visit.page.route("**/api/events", lambda route: route.abort("connectionrefused"))
        page = visit.open(ROUND)
        expect(page.locator("#live")).to_have_attribute("data-state", "polling")
        page.wait_for_timeout(CALM)
        served.measure(0.8125)
        expect(figure(page)).to_contain_text("0.81")


def test_round__name_of_a_trainer_comes_late__shows_it_without_a_block(browser: Browser, served: Served) -> None:
    with looked_at(browser, served) as page:
        expect(page.get_by_text("Alice")).to_have_count(0)
        served.learn_name(address("trainer", 0), "Alice")
        expect(page.get_by_role("link", name="Alice").first).to_be_visible()
