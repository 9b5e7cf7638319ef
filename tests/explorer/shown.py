"""The page of a federation in which much happened and whose members have hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.explorer import hostile
from tests.explorer.serving import Served, serving
from tests.support.anvil import AnvilNode, running_anvil
from tests.support.federation import Town
from tests.support.saga import play


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


@contextmanager
def showing(folder: Path) -> Iterator[Shown]:
    """Play the saga and serve its page until the end of the block."""
    with running_anvil() as node:
        town = play(node, folder)
        names, other = hostile.name_members(town), hostile.federation(town)
        with serving(node, folder, measure=True) as served:
            served.wait_until(lambda: _is_complete(served, town.fid))
            yield Shown(node, town, served, names, other)


def _is_complete(served: Served, fid: int) -> bool:
    """Whether names were fetched and the models measured."""
    federation, series = served.get(f"/federations/{fid}"), served.get(f"/federations/{fid}/series")
    if "error" in federation or "error" in series:
        return False
    named = sum(member["name"] is not None for member in federation["members"])
    measured = [value for value, state in zip(series["quality"], series["state"], strict=True) if state == "final"]
    return named >= len(hostile.NAMES) - 2 and None not in measured
