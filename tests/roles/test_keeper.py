"""Pins are made early, looked after, renewed when lost, and let go of (F-79)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from prometheus_client import REGISTRY

from parley.chain.model import Phase, Role
from parley.chain.view import Reveal, View
from parley.roles import keeper as keeper_module
from parley.roles import library as library_module
from parley.roles.evaluator import Evaluator
from parley.roles.keeper import BUDGET, FIRST_REST, LOOK_SECONDS, Keeper
from parley.roles.library import Library
from parley.roles.worker import Worker
from parley.storage import Cid, Quarantine, SeveralStores, StoreUnavailable
from tests.roles.builders import MEMBER, OTHER, RECORD, TERMS, view_in
from tests.storage.memory_store import MemoryStore

pytestmark = pytest.mark.unit

PARAMS = 20
COUNT = 4


@dataclass
class Scene:
    """An evaluator with a store of its own, and the node where the trainers put their updates."""

    own: MemoryStore
    theirs: MemoryStore
    store: SeveralStores
    library: Library
    keeper: Keeper
    view: View
    said: list[str]
    now: list[float] = field(default_factory=lambda: [0.0])

    def cids(self) -> list[Cid]:
        assert self.view.record is not None
        return [Cid.from_digest(reveal.digest, self.library.size) for reveal in self.view.record.reveals]

    def later(self, seconds: float) -> None:
        self.now[0] += seconds


@pytest.fixture
def scene(tmp_path: Path) -> Any:  # noqa: ANN401 - a generator
    own, theirs = MemoryStore("own"), MemoryStore("theirs")
    reveals = []
    for index in range(COUNT):
        root, digest = Library(theirs, PARAMS).put(np.arange(PARAMS, dtype=np.int32) * (index + 1))
        reveals.append(Reveal(index, OTHER, root, digest, 95))
    genesis = Library(own, PARAMS).put(np.ones(PARAMS, np.int32))
    view = view_in(
        Phase.REVEAL, me=replace(MEMBER, roles=Role.EVALUATOR), record=replace(RECORD, reveals=tuple(reveals))
    )
    view = replace(view, terms=replace(TERMS, model_root=genesis[0], model_digest=genesis[1]))
    with SeveralStores([own, theirs], hedge=0.01) as store:
        library = Library(store, PARAMS, deadline=1.0, quarantine=Quarantine(tmp_path))
        said: list[str] = []
        log = SimpleNamespace(warning=lambda event, **_: said.append(event))
        now = [0.0]
        keeper = Keeper(cast(Worker, SimpleNamespace(library=library, log=log)), clock=lambda: now[0])
        yield Scene(own, theirs, store, library, keeper, view, said, now)


def renewed() -> float:
    return REGISTRY.get_sample_value("parley_repinned_total") or 0.0


def test_tend__updates_just_revealed__are_fetched_and_pinned(scene: Scene) -> None:
    """F-77: from the reveal on each judge has them in its own store, whoever had them first."""
    scene.keeper.tend(scene.view)
    assert set(scene.cids()) <= scene.own.pins
    scene.theirs.error = StoreUnavailable("gone for good")
    again = Library(scene.own, PARAMS)
    assert scene.view.record is not None
    for reveal in scene.view.record.reveals:
        again.get(reveal.root, reveal.digest)
        scene.own.error = StoreUnavailable("down")
        assert scene.library.get(reveal.root, reveal.digest).size == PARAMS, "in memory as well"
        scene.own.error = None


@pytest.mark.parametrize("where", ["memory", "another store"])
def test_tend__own_store_lost_it__is_stored_again(scene: Scene, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-79: what garbage collection took comes back, out of memory if no store has it."""
    if where == "another store":
        monkeypatch.setattr(library_module, "MAX_CACHED_BYTES", 1)
    scene.keeper.tend(scene.view)
    if where == "memory":
        scene.theirs.pins.clear()
        scene.theirs.collect_garbage()
    scene.own.pins.clear()
    scene.own.collect_garbage()
    before = renewed()
    scene.keeper.tend(scene.view)
    assert not scene.own.pins, "not due yet"
    scene.later(LOOK_SECONDS)
    scene.keeper.tend(scene.view)
    assert set(scene.cids()) <= scene.own.pins
    assert set(scene.cids()) <= set(scene.own.objects)
    assert renewed() - before >= COUNT
    assert "a pin was lost and is renewed" in scene.said


def test_tend__nothing_lost__asks_once_a_minute(scene: Scene) -> None:
    scene.keeper.tend(scene.view)
    asked = scene.own.calls.total()
    for _ in range(5):
        scene.later(1)
        scene.keeper.tend(scene.view)
    assert scene.own.calls.total() == asked
    scene.later(LOOK_SECONDS)
    scene.keeper.tend(scene.view)
    assert scene.own.calls["has"] == COUNT + 1


def test_tend__content_withheld__costs_one_try_a_cycle_and_less_each_time(scene: Scene) -> None:
    """F-88: an update that nobody serves holds up neither the others nor the worker."""
    withheld = scene.cids()[0]
    scene.theirs.pins.discard(withheld)
    scene.theirs.collect_garbage()
    scene.keeper.tend(scene.view)
    asked = scene.theirs.calls["get"]
    scene.keeper.tend(scene.view)
    assert set(scene.cids()[1:]) <= scene.own.pins
    assert scene.said.count("content cannot be kept") == 1
    scene.keeper.tend(scene.view)
    assert scene.theirs.calls["get"] == asked + COUNT - 1, "not tried again yet"
    scene.later(FIRST_REST)
    scene.keeper.tend(scene.view)
    assert scene.theirs.calls["get"] == asked + COUNT
    scene.later(FIRST_REST)
    scene.keeper.tend(scene.view)
    assert scene.theirs.calls["get"] == asked + COUNT, "the second rest is longer"


def test_tend__all_stores_hang__ends_within_its_budget(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-87: pins never hold up a cycle for long."""
    monkeypatch.setattr(keeper_module, "BUDGET", 0.2)
    scene.own.hangs = scene.theirs.hangs = True
    log = SimpleNamespace(warning=lambda *_, **__: None)
    keeper = Keeper(cast(Worker, SimpleNamespace(library=scene.library, log=log)))
    began = time.monotonic()
    keeper.tend(scene.view)
    assert time.monotonic() - began < BUDGET


def test_tend__bad_content__is_fetched_once(scene: Scene) -> None:
    """P-20: an update that is not what its root says is condemned and left alone; the others are kept."""
    assert scene.view.record is not None
    bad = replace(scene.view.record.reveals[0], root=b"\x07" * 32)
    record = replace(scene.view.record, reveals=(bad, *scene.view.record.reveals[1:]))
    view = replace(scene.view, records={4: record})
    for _ in range(4):
        scene.keeper.tend(view)
        scene.later(LOOK_SECONDS)
    assert set(scene.cids()[1:]) <= scene.own.pins
    fetched = scene.own.calls["get"] + scene.theirs.calls["get"]
    scene.later(10 * LOOK_SECONDS)
    scene.keeper.tend(view)
    assert scene.own.calls["get"] + scene.theirs.calls["get"] == fetched


def test_tend__third_following_round_over__lets_go_of_it_once(scene: Scene) -> None:
    """F-79: a store does not grow for ever."""
    scene.keeper.tend(scene.view)
    record = scene.view.record
    assert record is not None
    over = replace(
        scene.view,
        block=replace(scene.view.block, hash=b"n" * 32),
        records={4: record, 7: replace(RECORD, number=7, reveals=(), void=True)},
    )
    scene.keeper.tend(over)
    assert not set(scene.cids()) & scene.own.pins
    assert scene.own.calls["unpin"] == COUNT
    scene.later(2 * LOOK_SECONDS)
    scene.keeper.tend(over)
    assert scene.own.calls["unpin"] == COUNT


@pytest.mark.parametrize(("window", "waits"), [(8, True), (25, False)])
def test_evaluator__own_store_down__waits_for_half_of_the_window(scene: Scene, window: int, waits: bool) -> None:
    """F-77: a judge whose node is down does not vote an honest update away before it has tried again."""
    view = view_in(Phase.SCORE_COMMIT)
    view = replace(view, policies={1: replace(view.policies[1], score_commit=window)})
    assert scene.view.record is not None
    reveal = scene.view.record.reveals[0]
    log = SimpleNamespace(warning=lambda *_, **__: None)
    judge = Evaluator(cast(Worker, SimpleNamespace(library=scene.library, log=log)), cast(Any, None), cast(Any, None))
    scene.own.error = scene.theirs.error = StoreUnavailable("down")
    if waits:
        with pytest.raises(StoreUnavailable):
            judge._fit(view, reveal)
    else:
        assert judge._fit(view, reveal) is None
    scene.own.error = scene.theirs.error = None
    assert judge._fit(view, reveal) is not None
    missing = replace(reveal, root=b"\x01" * 32, digest=b"\x02" * 32)
    assert judge._fit(view, missing) is None, "what nobody has is unfit at once"
