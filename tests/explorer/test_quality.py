"""Each final round's model is measured on its own shard: when that is open, once, and never at the page's expense."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parley.explorer import quality as quality_module
from parley.explorer.api.app import make_app
from parley.explorer.api.context import Context
from parley.explorer.child import Child, MeasuringFailed
from parley.explorer.follow import Progress
from parley.explorer.index.database import Database
from parley.explorer.measuring import Job, Outcome
from parley.explorer.news import News
from parley.explorer.quality import Quality
from parley.explorer.queries import Chain
from parley.numerics import word_tree
from parley.numerics.fixed_point import dequantise, encode, quantise
from parley.storage import Blockstore
from parley.tasks.builtin import builtin
from parley.tasks.document import BuiltinModel, ShardRef, TaskDocument, Validation
from parley.tasks.shards import KeyChain, cut, seal_all
from tests.explorer.asking import ask
from tests.explorer.histories import CHAIN_ID, COORDINATOR, Federation, Scale, played
from tests.explorer.indexing import take_in

CHAIN = Chain(CHAIN_ID, COORDINATOR)
SCALE = Scale(trainers=3, rounds=3, accidents=0)


class FakeChild:
    """Answers at once, or fails."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.outcome: Outcome | None = Outcome(value=0.5)
        self.stopped = False

    def ask(self, job: Job) -> Outcome:
        self.jobs.append(job)
        if self.outcome is None:
            raise MeasuringFailed("it ended")
        return self.outcome


def measured(database: Database) -> dict[int, dict[str, Any]]:
    with database.read() as connection:
        return {row["round"]: dict(row) for row in connection.execute("SELECT * FROM measured")}


def told(database: Database, federation: Federation, shards: int) -> None:
    """Let the task document be read, with so many shards."""
    with database.write() as connection:
        task = connection.execute("SELECT task FROM federations").fetchone()["task"]
        connection.execute("INSERT INTO texts VALUES (?, 'title', NULL, '{}', NULL, 1, NULL)", (task,))
        connection.executemany(
            "INSERT INTO shards VALUES (?, ?, ?, ?)", [(task, n, f"cid-{n}", 100 + n) for n in range(1, shards + 1)]
        )


@pytest.fixture
def news() -> list[tuple[int, int]]:
    return []


def made(database: Database, news: list[tuple[int, int]]) -> tuple[Quality, FakeChild]:
    quality, child = Quality(database, CHAIN, ["store"], None, lambda *place: news.append(place)), FakeChild()
    quality._child = child  # type: ignore[assignment] # answers as it does
    return quality, child


def opened_with(chain: KeyChain, federation: Federation) -> None:
    """Let the history's keys be those of a chain."""
    for _, events in federation.chronicle.blocks:
        for item in events:
            if item.event.name == "ValidationOpened":
                item.event.args["key"] = chain.key(item.event.args["round"])  # type: ignore[index] # a dict
            if item.event.name == "FederationCreated":
                item.event.args["terms"][-1] = chain.anchor


@pytest.mark.unit
def test_work__final_rounds__are_measured_once_the_newest_first(
    database: Database, news: list[tuple[int, int]]
) -> None:
    chain, federation = KeyChain.fresh(10), played(1, SCALE)
    opened_with(chain, federation)
    take_in(database, federation.chronicle)
    told(database, federation, 10)
    quality, child = made(database, news)
    app = make_app(Context(database, CHAIN, {}, lambda: Progress(0, None, 1), News()))
    assert ask(app, "/api/federations/1/series").json["quality"] == [None] * 3
    assert [quality.work() for _ in range(4)] == [True, True, True, False]
    assert ask(app, "/api/federations/1/series").json["quality"] == [0.5] * 3
    assert news == [(1, 3), (1, 2), (1, 1)]
    assert [(job.shard, job.shard_size, job.key) for job in child.jobs] == [
        (f"cid-{n}", 100 + n, chain.key(n).hex()) for n in (3, 2, 1)
    ]
    assert {number: row["value"] for number, row in measured(database).items()} == {1: 0.5, 2: 0.5, 3: 0.5}


@pytest.mark.unit
def test_work__public_shards__take_turns(database: Database, news: list[tuple[int, int]]) -> None:
    federation = played(1, SCALE, sealed=False)
    take_in(database, federation.chronicle)
    told(database, federation, 2)
    quality, child = made(database, news)
    while quality.work():
        pass
    assert [(job.shard, job.shard_round, job.key) for job in child.jobs] == [
        ("cid-1", 1, None),
        ("cid-2", 2, None),
        ("cid-1", 1, None),
    ]


@pytest.mark.unit
@pytest.mark.parametrize(("shards", "reason"), [(10, "is not open"), (0, "names no validation shard")])
def test_work__nothing_to_measure_on__waits(
    database: Database, news: list[tuple[int, int]], shards: int, reason: str
) -> None:
    """P-24: a key that does not lead to the anchor opens nothing."""
    federation = played(1, SCALE)
    take_in(database, federation.chronicle)
    told(database, federation, shards)
    quality, child = made(database, news)
    assert [quality.work() for _ in range(4)] == [True, True, True, False]
    assert child.jobs == []
    assert all(reason in row["problem"] and row["due"] > time.time() for row in measured(database).values())


def revision(database: Database) -> str:
    """Says which answers about the federation still hold."""
    with database.read() as connection:
        return str(connection.execute("SELECT revision FROM revisions WHERE fid = 1").fetchone()["revision"])


@pytest.mark.unit
def test_work__nothing_came_of_it__leaves_answers_that_are_kept(
    database: Database, news: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    federation = played(1, Scale(trainers=3, rounds=1, accidents=0), sealed=False)
    take_in(database, federation.chronicle)
    told(database, federation, 0)
    quality, child = made(database, news)
    before = revision(database)
    monkeypatch.setattr(quality_module, "FIRST_RETRY", -1.0)
    assert [quality.work(), quality.work()] == [True, True]
    assert revision(database) == before, "there is no shard"
    with database.write() as connection:
        connection.execute("INSERT INTO shards SELECT task, 1, 'cid-1', 101 FROM federations")
    child.outcome = Outcome(problem="gone")
    assert quality.work()
    assert revision(database) == before, "there is no content"
    child.outcome = Outcome(value=0.5)
    assert quality.work()
    assert revision(database) != before


@pytest.mark.unit
def test_work__process_dies_of_a_model__leaves_it_alone_in_the_end(
    database: Database, news: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    federation = played(1, Scale(trainers=3, rounds=1, accidents=0), sealed=False)
    take_in(database, federation.chronicle)
    told(database, federation, 1)
    quality, child = made(database, news)
    child.outcome = None
    monkeypatch.setattr(quality_module, "FIRST_RETRY", -1.0)
    assert [quality.work() for _ in range(quality_module.MAX_FAILURES + 1)] == [True] * 3 + [False]
    assert measured(database)[1]["due"] is None
    assert measured(database)[1]["problem"] == "it ended"


@pytest.mark.unit
def test_work__content_is_gone__is_tried_again_later(database: Database, news: list[tuple[int, int]]) -> None:
    federation = played(1, Scale(trainers=3, rounds=1, accidents=0), sealed=False)
    take_in(database, federation.chronicle)
    told(database, federation, 1)
    quality, child = made(database, news)
    child.outcome = Outcome(problem="gone")
    assert [quality.work(), quality.work()] == [True, False]
    assert measured(database)[1]["due"] > time.time()
    assert news == []


@pytest.mark.unit
def test_work__task_document_is_not_read__has_nothing_to_do(database: Database, news: list[tuple[int, int]]) -> None:
    take_in(database, played(1, SCALE).chronicle)
    assert not made(database, news)[0].work()


# ------------------------------------------------------------------------------------------------------ the process


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """A process that measures; it loads torch once."""
    running = Child()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, float]:
    """A model, a sealed shard, and what the task says of them."""
    folder = tmp_path_factory.mktemp("store")
    store = Blockstore(folder)
    known = builtin("breast-cancer")
    chain = KeyChain.fresh(2)
    shards = cut(known.dataset(), 2, 0)
    refs = tuple(ShardRef(cid=str(store.put(blob)), size=len(blob)) for blob in seal_all(shards, chain))
    document = TaskDocument(
        name=known.name,
        model=BuiltinModel(name=known.name),
        params=known.params,
        hyper=known.hyper,
        data_schema=known.schema,
        validation=Validation(sealed=True, shards=refs),
    )
    q = quantise(np.linspace(-0.1, 0.1, known.params), 24)
    job = Job(
        stores=(str(folder),),
        task=str(store.put(document.encode())),
        task_file=None,
        shard=refs[1].cid,
        shard_size=refs[1].size,
        shard_round=2,
        key=chain.key(2).hex(),
        params=known.params,
        frac_bits=24,
        model_root=word_tree.root(encode(q)).hex(),
        model_digest=store.put(encode(q)).digest.hex(),
    )
    return job, float(known.task().metric(dequantise(q, 24), shards[1]))


@pytest.mark.integration
def test_child__model_and_sealed_shard__gives_the_metric(child: Child, prepared: tuple[Job, float]) -> None:
    job, expected = prepared
    assert child.ask(job) == Outcome(value=expected)
    assert 0 < expected < 1


@pytest.mark.integration
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key": "00" * 32}, "shard"),
        ({"shard_round": 1}, "shard"),
        ({"model_root": "11" * 32}, "root"),
        ({"model_digest": "22" * 32}, "not in"),
        ({"task": "bafkrei" + "a" * 52}, "not in"),
        ({"params": 7}, "7"),
        ({"shard_size": 5}, "bytes"),
    ],
)
def test_child__something_is_wrong__says_what(
    child: Child, prepared: tuple[Job, float], change: dict[str, Any], reason: str
) -> None:
    outcome = child.ask(prepared[0].model_copy(update=change))
    assert outcome.value is None
    assert outcome.problem is not None
    assert reason in outcome.problem


@pytest.mark.integration
def test_child__is_killed__fails_once_and_starts_anew(child: Child, prepared: tuple[Job, float]) -> None:
    job, expected = prepared
    child.ask(job)
    process = child._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert child.ask(job).value == expected
    assert child._process is not None
    os.kill(child._process.pid, signal.SIGSTOP)
    with pytest.raises(MeasuringFailed, match="too long"):
        child.ask(job, seconds=0.1)
    assert child._process is None
    assert child.ask(job).value == expected


@pytest.mark.integration
def test_child__task_of_ones_own__prints_no_outcome(child: Child, prepared: tuple[Job, float], tmp_path: Path) -> None:
    """The task's code runs in that process only, prints what it likes, and may fail."""
    from parley.tasks.document import FileModel, source_digest

    source = b"""
import sys
from parley.tasks.builtin import builtin
def make_task(schema, hyper):
    print('{"value": 1.0, "problem": null}')
    task = builtin("breast-cancer").task(hyper)
    task.__class__ = type("Broken", (type(task),), {"metric": lambda self, vector, data: 1 / 0})
    return task
"""
    job = prepared[0]
    store = Blockstore(Path(job.stores[0]))
    from parley.storage import Cid

    old = TaskDocument.decode(store.get_document(Cid.parse(job.task), 1 << 20))
    own = old.model_copy(update={"model": FileModel(sha256=source_digest(source))})
    path = tmp_path / "task.py"
    path.write_bytes(source)
    task = str(store.put(own.encode()))
    outcome = child.ask(job.model_copy(update={"task": task, "task_file": path}))
    assert outcome.value is None
    assert "ZeroDivisionError" in str(outcome.problem)
    assert "a file of its own" in str(child.ask(job.model_copy(update={"task": task})).problem)
