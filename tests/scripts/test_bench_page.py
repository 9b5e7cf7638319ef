"""The benchmark of the page builds an index and asks it over HTTP."""

from __future__ import annotations

import pytest

from tests.scripts.loading import SCRIPTS

pytestmark = pytest.mark.integration


def test_page__small_history__every_endpoint_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    from benchmarks import page

    monkeypatch.setattr(page, "TRAINERS", 4)
    monkeypatch.setattr(page, "QUICK_ROUNDS", 3)
    monkeypatch.setattr(page, "QUICK_ASKED", 2)
    figures = list(page.measure(quick=True))
    assert [figure.task for figure in figures] == [
        "index of 3 rounds of 4 trainers",
        "index of 3 rounds of 4 trainers",
        "its file",
        "status",
        "federations",
        "federation",
        "rounds, 100 at a time",
        "round",
        "round that runs",
        "series of all rounds",
        "participant, 100 rounds",
        "search",
    ]
    assert all(figure.each > 0 for figure in figures)


def test_percentile__of_answers__is_the_slow_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    from benchmarks import page

    taken = iter([99.0, *range(1, 101)])
    monkeypatch.setattr(page, "_seconds", lambda *_: float(next(taken)))
    assert page._percentile("", ["/x"] * 100) == 96
