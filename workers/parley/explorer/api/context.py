"""What every answer of the API is made from."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from parley.explorer.api.models import Links
from parley.explorer.follow import Progress
from parley.explorer.index.database import Database
from parley.explorer.news import News
from parley.explorer.queries import Chain

MAX_KEPT = 16


class Kept:
    """Answers that are costly to make, kept for as long as the rounds of their federation stay as they are."""

    def __init__(self) -> None:
        self._answers: OrderedDict[int, tuple[str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, connection: sqlite3.Connection, fid: int, make: Callable[[], bytes]) -> bytes:
        """The answer about a federation, made anew if its rounds changed."""
        row = connection.execute("SELECT revision FROM revisions WHERE fid = ?", (fid,)).fetchone()
        revision = "" if row is None else row["revision"]
        with self._lock:
            known = self._answers.get(fid)
        if known is not None and known[0] == revision:
            return known[1]
        answer = make()
        with self._lock:
            self._answers[fid] = (revision, answer)
            self._answers.move_to_end(fid)
            while len(self._answers) > MAX_KEPT:
                self._answers.popitem(last=False)
        return answer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index at one moment.

    Attributes:
        connection: of a view that does not change.
        chain: whose index it is.
        now: time of the newest block in it, seconds; 0 while it is empty.
        series: that were made before.
    """

    connection: sqlite3.Connection
    chain: Chain
    now: int
    series: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True)
class Context:
    """What the API needs of the rest.

    Attributes:
        database: the index.
        chain: whose index it is.
        contracts: addresses by name.
        progress: asked how far the index is.
        news: of the thread that follows the chain.
        links: where to look things up elsewhere.
        series: that were made before.
    """

    database: Database
    chain: Chain
    contracts: Mapping[str, str]
    progress: Callable[[], Progress]
    news: News
    links: Links = field(default_factory=Links)
    series: Kept = field(default_factory=Kept)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A view of the index for one answer.

        Raises:
            ContentError: the index cannot be read.
        """
        with self.database.read() as connection:
            newest = connection.execute("SELECT time FROM checkpoints ORDER BY number DESC LIMIT 1").fetchone()
            yield Snapshot(connection, self.chain, 0 if newest is None else newest["time"], self.series)
