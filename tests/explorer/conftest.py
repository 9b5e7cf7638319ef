"""Histories and indexes that tests share; a browser, and a page that it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from parley.explorer.index.database import Database
from tests.explorer.answering import Ask, app_of
from tests.explorer.asking import ask
from tests.explorer.browsing import Visit, chromium, visiting
from tests.explorer.histories import ACCIDENTS, Federation, Scale, played
from tests.explorer.indexing import opened, take_in
from tests.explorer.shown import Shown, showing
from tests.explorer.still import Still, standing_still


@pytest.fixture(scope="session")
def history() -> Federation:
    """A federation in which everything went wrong once, and some of it twice."""
    return played(seed=3, scale=Scale(rounds=14, accidents=0.9, script=(None, *ACCIDENTS)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty index."""
    with opened(tmp_path / "index.sqlite") as made:
        yield made


@pytest.fixture
def full(database: Database, history: Federation) -> Database:
    """An index of that federation."""
    take_in(database, history.chronicle)
    return database


@pytest.fixture
def asked(full: Database) -> Ask:
    """Asks an application over the history's index."""
    app = app_of(full)
    return lambda target: ask(app, target)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. While it is there an event loop runs, so that it is gone after each module."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The saga and its page, for all tests of a process: they look and change nothing."""
    with showing(tmp_path_factory.mktemp("saga")) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, shown: Shown) -> Iterator[Visit]:
    """Somebody who looks at the saga's page, on a desktop and in light colours."""
    with visiting(browser, shown.served.url) as found:
        yield found


@pytest.fixture
def still(full: Database) -> Iterator[Still]:
    """The page over the history's index."""
    with standing_still(full) as found:
        yield found
