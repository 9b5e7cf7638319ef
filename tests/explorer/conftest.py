"""Histories and indexes that tests share; a browser, and the page of a federation in which much happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from parley.explorer.index.database import Database
from tests.explorer import hostile
from tests.explorer.browsing import Visit, chromium, visiting
from tests.explorer.histories import ACCIDENTS, Federation, Scale, played
from tests.explorer.indexing import opened, take_in
from tests.explorer.serving import Served, serving
from tests.support.anvil import AnvilNode, running_anvil
from tests.support.federation import Town
from tests.support.saga import play


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


@dataclass(frozen=True)
class Shown:
    """The saga's federation and its page.

    Attributes:
        node: the chain.
        town: everybody.
        served: the page.
        names: what members call themselves, by address.
        other: id of a federation with a hostile task document.
    """

    node: AnvilNode
    town: Town
    served: Served
    names: dict[str, str]
    other: int

    @property
    def fid(self) -> int:
        """The federation that ran."""
        return self.town.fid

    def address(self, name: str) -> str:
        """Of somebody in the town."""
        return str(self.town.senders[name].address)

    def round(self, number: int) -> dict[str, Any]:
        """A round as the API has it."""
        told: dict[str, Any] = self.served.get(f"/federations/{self.fid}/rounds/{number}")
        return told

    @cached_property
    def pages(self) -> dict[str, str]:
        """A path for each kind of page."""
        settled = self.round(1)["settlements"][0]["step"]["transaction"]
        return {
            "federations": "/",
            "search": "/?q=0x",
            "federation": f"/federations/{self.fid}",
            "final round": f"/federations/{self.fid}/rounds/1",
            "void round": f"/federations/{self.fid}/rounds/2",
            "round with a conviction": f"/federations/{self.fid}/rounds/3",
            "trainer": f"/federations/{self.fid}/participants/{self.address('trainer-0')}",
            "evaluator": f"/federations/{self.fid}/participants/{self.address('evaluator-0')}",
            "transaction": f"/transactions/{settled}",
            "hostile federation": f"/federations/{self.other}",
            "unknown round": f"/federations/{self.fid}/rounds/99",
            "no page": f"/federations/{self.fid}/rounds/x",
        }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. While it is there an event loop runs, so that it is gone after each module."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The saga and its page, for all tests of a process: they look and change nothing."""
    folder = tmp_path_factory.mktemp("saga")
    with running_anvil() as node:
        town = play(node, folder)
        names, other = hostile.name_members(town), hostile.federation(town)
        with serving(node, folder, measure=True) as served:
            served.wait_until(lambda: _is_complete(served, town.fid))
            yield Shown(node, town, served, names, other)


@pytest.fixture
def visit(browser: Browser, shown: Shown) -> Iterator[Visit]:
    """Somebody who looks at the saga's page, on a desktop and in light colours."""
    with visiting(browser, shown.served.url) as found:
        yield found


def _is_complete(served: Served, fid: int) -> bool:
    """Whether names were fetched and the models measured."""
    federation, series = served.get(f"/federations/{fid}"), served.get(f"/federations/{fid}/series")
    if "error" in federation or "error" in series:
        return False
    named = sum(member["name"] is not None for member in federation["members"])
    measured = [value for value, state in zip(series["quality"], series["state"], strict=True) if state == "final"]
    return named >= len(hostile.NAMES) - 2 and None not in measured
