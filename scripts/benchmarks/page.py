"""Parley's page with many rounds behind it: how long its index takes, and how quick its answers are over HTTP.

The history is synthetic (`tests.explorer.histories`): rounds of a hundred trainers with everything that may go wrong in
some of them, of which the events are made as the contracts would have emitted them.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import requests

from benchmarks.measure import Figure, Memory
from parley.chain.view import Block
from parley.explorer.api.app import make_app
from parley.explorer.api.context import Context
from parley.explorer.follow import Progress
from parley.explorer.index.database import Database
from parley.explorer.index.writing import Writer
from parley.explorer.news import News
from parley.explorer.queries import Chain
from parley.explorer.server import PageServer
from tests.explorer.histories import CHAIN_ID, COORDINATOR, START, Chronicle, Federation, Scale, address

TRAINERS, EVALUATORS, AGGREGATORS = 100, 5, 3
ROUNDS, QUICK_ROUNDS = 1000, 50
ASKED, QUICK_ASKED = 100, 20
"""How often each endpoint is asked, after a first time that does not count."""

BLOCKS = 16
"""Taken into the index at a time."""

PERCENTILE = 0.95
WAY = "Parley"


def measure(*, quick: bool) -> Iterator[Figure | Memory]:
    """Build an index, then ask it."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "index.sqlite", {"bench": "page"})
        scale = Scale(TRAINERS, EVALUATORS, AGGREGATORS, rounds, accidents=0.1)
        federation = Federation(Chronicle(1), scale)
        seconds, processor = _build(database, federation)
        task = f"index of {rounds:,} rounds of {TRAINERS} trainers"
        yield Figure(task, WAY, seconds, rounds, "round")
        yield Figure(task, f"{WAY}, processor time", processor, rounds, "round")
        yield Memory("its file", WAY, database.path.stat().st_size)
        with _served(database, federation) as url:
            for task, paths in _questions(federation, QUICK_ASKED if quick else ASKED):
                yield Figure(task, f"{WAY}, {PERCENTILE:.0%} within", _percentile(url, paths), 1, "answer")
        database.close()


def _build(database: Database, federation: Federation) -> tuple[float, float]:
    """Play the rounds into the index; seconds that the index took, by the clock and of the processor."""
    writer = Writer(database, CHAIN_ID, COORDINATOR)
    federation.found()
    taken = [_take_in(writer, federation.chronicle)]
    for _ in range(federation.scale.rounds):
        federation.play(1)
        taken.append(_take_in(writer, federation.chronicle))
    federation.linger()
    taken.append(_take_in(writer, federation.chronicle))
    with database.write() as connection:
        connection.execute("UPDATE transactions SET gas = 60000, sender = ?, function = 'commitUpdate'", (COORDINATOR,))
    return sum(clock for clock, _ in taken), sum(processor for _, processor in taken)


def _take_in(writer: Writer, chronicle: Chronicle) -> tuple[float, float]:
    """Take in the blocks that are new, and forget what was in them; seconds likewise."""
    new = [place for place, (_, told) in enumerate(chronicle.blocks) if told]
    began = time.perf_counter(), time.process_time()
    for first in range(0, len(new), BLOCKS):
        places = new[first : first + BLOCKS]
        told = [item for place in places for item in chronicle.blocks[place][1]]
        writer.extend(told, chronicle.blocks[places[-1]][0])
    taken = time.perf_counter() - began[0], time.process_time() - began[1]
    for place in new:
        chronicle.blocks[place] = (chronicle.blocks[place][0], [])
    return taken


@contextmanager
def _served(database: Database, federation: Federation) -> Iterator[str]:
    """The API over an index, on a port of its own."""
    head: Block = federation.chronicle.head
    progress = Progress(START - 1, head, head.number)
    news = News()
    context = Context(database, Chain(CHAIN_ID, COORDINATOR), {}, lambda: progress, news)
    server = PageServer("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=(make_app(context), news.close))
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()


def _questions(federation: Federation, count: int) -> Iterator[tuple[str, list[str]]]:
    """What is asked, many times each, of another round or participant each time."""
    rng = Random(1)  # noqa: S311 - any will do
    base = f"/api/federations/{federation.fid}"
    numbers = [rng.randrange(1, federation.round) for _ in range(count)]
    people = [address("trainer", rng.randrange(TRAINERS)) for _ in range(count)]
    words = [*map(str, numbers), *(person[:10] for person in people), *("digits" for _ in people)]
    yield "status", ["/api/status"] * count
    yield "federations", ["/api/federations"] * count
    yield "federation", [base] * count
    yield "rounds, 100 at a time", [f"{base}/rounds?before={number + 1}" for number in numbers]
    yield "round", [f"{base}/rounds/{number}" for number in numbers]
    yield "round that runs", [f"{base}/rounds/{federation.round}"] * count
    yield "series of all rounds", [f"{base}/series"] * count
    yield "participant, 100 rounds", [f"{base}/participants/{person}" for person in people]
    yield "search", [f"/api/search?q={rng.choice(words)}" for _ in range(count)]


def _percentile(url: str, paths: list[str]) -> float:
    """The time within which 95 of 100 answers came, seconds, over one connection."""
    with requests.Session() as session:
        taken = [_seconds(session, url + path) for path in [paths[0], *paths]][1:]
    return sorted(taken)[min(len(taken) - 1, int(PERCENTILE * len(taken)))]


def _seconds(session: requests.Session, url: str) -> float:
    began = time.perf_counter()
    answer = session.get(url, timeout=60)
    seconds = time.perf_counter() - began
    answer.raise_for_status()
    return seconds
