"""Titles and names come from content that anybody may have written: bounded, checked, kept as plain text."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from parley.explorer import content as content_module
from parley.explorer.content import Contents, metadata_text, task_text
from parley.explorer.index.database import Database
from parley.storage import Cid, ContentMissing, ContentStore, StoreUnavailable, cid_of
from parley.tasks.builtin import builtin
from parley.tasks.document import BuiltinModel, ShardRef, TaskDocument, Validation
from tests.explorer.histories import Federation, Scale, address, played
from tests.explorer.indexing import take_in
from tests.storage.memory_store import MemoryStore

pytestmark = pytest.mark.unit

SHARDS = tuple(ShardRef(cid="bafkrei" + letter * 52, size=100) for letter in "abc")


def document() -> TaskDocument:
    known = builtin("digits")
    return TaskDocument(
        name="digits-of-ten-hospitals",
        model=BuiltinModel(name="digits"),
        params=known.params,
        hyper=known.hyper,
        data_schema=known.schema,
        validation=Validation(sealed=True, shards=SHARDS),
    )


def test_task_text__valid_document__tells_name_metric_and_shards() -> None:
    text = task_text(document().encode())
    assert (text.title, text.problem) == ("digits-of-ten-hospitals", None)
    assert text.facts == {"metric": {"name": "accuracy", "higher_is_better": True}}
    assert {number: ref.cid for number, ref in text.shards.items()} == {n: ref.cid for n, ref in enumerate(SHARDS, 1)}


@pytest.mark.parametrize(
    ("data", "title", "description"),
    [
        (b'{"title": "<script>", "name": "n", "description": "a\\u202eb\\n\\nc"}', "<script>", "ab c"),
        (b'{"title": "' + b"x" * 5000 + b'"}', "x" * 117 + "...", None),
        (b'{"title": 7, "name": ["x"], "description": {"a": 1}}', None, None),
        (b'{"title": "", "name": "\\u0000 fallback"}', "fallback", None),
        (b"[1, 2]", None, None),
        (b"not json", None, None),
        (b"\xff\xfe", None, None),
        (b"", None, None),
        (b"[" * 100_000, None, None),
        (b'{"title": "a", "title": "b"}', None, None),
        (b'{"title": "\\ud800"}', None, None),
    ],
)
def test_task_text__hostile_document__is_plain_text_with_a_problem(
    data: bytes, title: str | None, description: str | None
) -> None:
    text = task_text(data)
    assert (text.title, text.description) == (title, description)
    assert text.problem
    assert (text.facts, text.shards) == ({}, {})


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        (b'{"name": "Hospital A"}', "Hospital A", None),
        (b'{"name": "<b>\\u001b[31m", "x": 1}', "<b>[31m", None),
        (b'{"name": null}', None, None),
        (b"{}", None, "it is not a JSON object"),
        (b"\x89PNG", None, "it is not a JSON object"),
    ],
)
def test_metadata_text__document__tells_a_name(data: bytes, name: str | None, problem: str | None) -> None:
    text = metadata_text(data)
    assert (text.title, text.problem) == (name, problem)


class Shelf(MemoryStore):
    """A store that counts what it is asked for, and may be down."""

    def __init__(self) -> None:
        super().__init__("shelf")
        self.asked: list[str] = []
        self.down = False

    def get_document(self, cid: Cid, max_size: int, deadline: float = 30.0) -> bytes:
        self.asked.append(str(cid))
        if self.down:
            raise StoreUnavailable("down")
        return super().get_document(cid, max_size, deadline)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def indexed(database: Database, task: bytes) -> Federation:
    """A federation whose task document has these bytes."""
    federation = played(1, Scale(trainers=3, rounds=1, accidents=0), task=task)
    take_in(database, federation.chronicle)
    return federation


def texts(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute("SELECT * FROM texts ORDER BY cid")]


def test_work__documents_that_are_there__are_fetched_once(database: Database, shelf: Shelf) -> None:
    data = document().encode()
    indexed(database, data)
    name = b'{"name": "Alice"}'
    shelf.put(data)
    shelf.put(name)
    with database.write() as connection:
        connection.execute(
            "UPDATE operators SET metadata = ? WHERE operator = ?", (str(cid_of(name)), address("trainer", 0))
        )
        connection.execute("INSERT INTO operators VALUES (?, ?)", (address("nobody", 0), "bafkrei" + "z" * 52))
    contents = Contents(database, shelf)
    assert [contents.work() for _ in range(3)] == [True, True, False]
    assert shelf.asked == [str(cid_of(data)), str(cid_of(name))], "the task first; nobody asks for a stranger's name"
    assert {row["title"] for row in texts(database)} == {"digits-of-ten-hospitals", "Alice"}
    with database.read() as connection:
        assert [row["cid"] for row in connection.execute("SELECT cid FROM shards ORDER BY round")] == [
            ref.cid for ref in SHARDS
        ]


def test_work__several_documents__are_told_of_at_once(
    database: Database, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One piece of news for all that came within a few seconds; none for what did not come."""
    data, told, now = document().encode(), [], [1000.0]
    monkeypatch.setattr(content_module.time, "monotonic", lambda: now[0])
    indexed(database, data)
    names = [b'{"name": "%d"}' % number for number in range(3)]
    for blob in (data, *names[:2]):
        shelf.put(blob)
    with database.write() as connection:
        for number, name in enumerate(names):
            operator = address("trainer", number)
            connection.execute("UPDATE operators SET metadata = ? WHERE operator = ?", (str(cid_of(name)), operator))
    contents = Contents(database, shelf, told.append)
    while contents.work():
        now[0] += 0.1
    assert told == [1, 2], "the first at once, the others together"
    assert not contents.work()
    assert told == [1, 2]


def test_work__document_is_not_to_be_had__is_asked_for_less_and_less_often(
    database: Database, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = document().encode()
    indexed(database, data)
    now = [1000.0]
    monkeypatch.setattr(content_module.time, "time", lambda: now[0])
    contents = Contents(database, shelf)
    tries = []
    for _ in range(3000):
        tries += [now[0]] if contents.work() else []
        now[0] += 5
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[0] == content_module.FIRST_RETRY
    assert gaps[-1] <= content_module.LONGEST_RETRY + 5
    (row,) = texts(database)
    assert (row["title"], row["problem"]) == (None, "it is not to be had")
    shelf.put(data)
    now[0] += content_module.LONGEST_RETRY
    assert contents.work()
    assert texts(database)[0]["title"] == "digits-of-ten-hospitals"


def test_work__store_is_down__is_no_end(database: Database, shelf: Shelf) -> None:
    indexed(database, b"x")
    shelf.down = True
    assert Contents(database, shelf).work()
    assert texts(database)[0]["attempts"] == 1


def test_work__nothing_indexed__has_nothing_to_do(database: Database, shelf: Shelf) -> None:
    assert isinstance(shelf, ContentStore)
    assert not Contents(database, shelf).work()
    with pytest.raises(ContentMissing):
        shelf.get_document(cid_of(b"absent"), 10)
