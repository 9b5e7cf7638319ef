"""The page over an index that no chain changes, and what changes it all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
from tests.explorer.histories import CHAIN_ID, COORDINATOR
from tests.storage.memory_store import MemoryStore


@dataclass
class Still:
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


@contextmanager
def standing_still(database: Database) -> Iterator[Still]:
    """Serve the page of an index until the end of the block."""
    server = PageServer("127.0.0.1", 0)
    found = Still(server.url, database, News())
    say(database, task_of(database), "a title")
    app = make_app(Context(database, Chain(CHAIN_ID, COORDINATOR), {}, lambda: found.progress, found.news))
    thread = threading.Thread(target=server.run, args=(app, found.news.close))
    thread.start()
    try:
        yield found
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()
