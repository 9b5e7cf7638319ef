"""The index's file: whole, ours, or thrown away; one writer, many readers, no half of a change."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from parley.errors import Conflict, ContentError
from parley.explorer.index import schema
from parley.explorer.index.database import Damaged, Database
from tests.explorer.histories import Federation
from tests.explorer.indexing import IDENTITY, dump, opened, take_in

pytestmark = pytest.mark.unit


def count(database: Database) -> int:
    """Events in the index."""
    with database.read() as connection:
        return int(connection.execute("SELECT COUNT(*) FROM events").fetchone()[0])


def filled(path: Path, history: Federation) -> int:
    """A file with an index of the history."""
    with opened(path) as database:
        take_in(database, history.chronicle)
        return count(database)


def test_open__same_chain__goes_on_with_what_is_there(tmp_path: Path, history: Federation) -> None:
    path = tmp_path / "index.sqlite"
    there = filled(path, history)
    with opened(path) as again:
        assert count(again) == there > 0


@pytest.mark.parametrize("changed", ["chain", "coordinator", "start", "genesis"])
def test_open__another_chain__begins_anew(tmp_path: Path, history: Federation, changed: str) -> None:
    path = tmp_path / "index.sqlite"
    filled(path, history)
    with opened(path, identity={**IDENTITY, changed: "other"}) as other:
        assert count(other) == 0
    with opened(path) as back:
        assert count(back) == 0


def test_open__another_version__begins_anew(
    tmp_path: Path, history: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.sqlite"
    filled(path, history)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with opened(path) as newer:
        assert count(newer) == 0


def test_open__rebuild__begins_anew(tmp_path: Path, history: Federation) -> None:
    path = tmp_path / "index.sqlite"
    filled(path, history)
    with opened(path, rebuild=True) as anew:
        assert count(anew) == 0


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + bytes(4000)])
def test_open__damaged_file__begins_anew(tmp_path: Path, history: Federation, content: bytes) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(content)
    with opened(path) as database:
        take_in(database, history.chronicle)
        assert count(database) > 0


def test_open__damaged_in_the_middle__begins_anew(tmp_path: Path, history: Federation) -> None:
    path = tmp_path / "index.sqlite"
    filled(path, history)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with opened(path) as database:
        assert count(database) == 0


def test_open__tables_were_never_finished__begins_anew(tmp_path: Path) -> None:
    """The identity is written last, so that half of a file is not taken for a whole one."""
    path = tmp_path / "index.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(schema.META + ";" + schema.CHAIN)
    connection.close()
    with opened(path) as database:
        assert count(database) == 0


def test_open__second_process__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with opened(path), pytest.raises(Conflict, match="another process uses the index"):
        Database(path, IDENTITY)
    with opened(path):
        pass


def test_open__folder_cannot_be_made__says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ContentError, match="cannot be used"):
        Database(tmp_path / "file" / "index.sqlite", IDENTITY)


def test_write__block_raises__nothing_happened(full: Database) -> None:
    def interrupted() -> None:
        with full.write() as connection:
            connection.execute("DELETE FROM events")
            raise ValueError("stop")

    before = dump(full)
    with pytest.raises(ValueError, match="stop"):
        interrupted()
    assert dump(full) == before


def test_read__while_it_is_written__sees_what_was_there(full: Database) -> None:
    there = count(full)
    with full.read() as reader:
        (before,) = reader.execute("SELECT COUNT(*) FROM events").fetchone()
        with full.write() as connection:
            connection.execute("DELETE FROM events")
        (after,) = reader.execute("SELECT COUNT(*) FROM events").fetchone()
    assert (before, after, count(full)) == (there, there, 0)


def test_read__cannot_write(full: Database) -> None:
    with pytest.raises(ContentError, match="readonly"), full.read() as connection:
        connection.execute("DELETE FROM events")


def test_throw_away__readers__see_the_new_file(full: Database, history: Federation) -> None:
    assert count(full) > 0
    full.throw_away()
    assert count(full) == 0
    take_in(full, history.chronicle)
    assert count(full) > 0
    full.throw_away({**IDENTITY, "genesis": "other"})
    assert full.belongs_to({**IDENTITY, "genesis": "other"})
    assert not full.belongs_to(IDENTITY)


def test_throw_away__a_reader_comes_just_before_the_old_file_goes__later_ones_see_the_new_file(
    full: Database, history: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection to a deleted file still works: nobody may find it among those that are free."""
    opened_anew = full._opened

    def after_a_read(*, anew: bool) -> sqlite3.Connection:
        reader = threading.Thread(target=count, args=(full,))
        reader.start()
        reader.join()
        return opened_anew(anew=anew)

    there = count(full)
    with full.read():  # so that the reader in between has to connect anew
        monkeypatch.setattr(full, "_opened", after_a_read)
        full.throw_away()
    assert [count(full), count(full)] == [0, 0]
    take_in(full, history.chronicle)
    assert count(full) == there


def test_read__file_is_damaged_meanwhile__says_so_and_can_be_thrown_away(full: Database, history: Federation) -> None:
    with full.write() as connection:
        connection.execute("SELECT 1")
    full._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = full.path.stat().st_size
    with full.path.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(size - 100))
    full._epoch += 1  # as a reader that comes later
    assert not full.damaged
    with pytest.raises(Damaged):
        count(full)
    assert full.damaged
    full.throw_away()
    assert not full.damaged
    take_in(full, history.chronicle)
    assert count(full) > 0
