"""An export appears whole or not at all, and harms nothing that is not its own."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parley.errors import Conflict
from parley.explorer.export.folder import SUMS, publish
from parley.explorer.export.layout import files_of
from tests.explorer.export.builders import STANDARD_INPUT, VERIFIED

pytestmark = pytest.mark.unit

CHAIN = 31337
FILES = files_of(CHAIN, [VERIFIED], STANDARD_INPUT, "http://127.0.0.1:8545")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path, what belongs to nobody included."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_whole(folder: Path, files: dict[str, bytes] = FILES) -> None:
    """The export is there, with the digests of all its files."""
    found = contents(folder)
    sums = found.pop(SUMS).decode()
    assert found == files
    assert sums == "".join(f"{hashlib.sha256(found[path]).hexdigest()}  {path}\n" for path in sorted(found))


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_publish__new_folder__holds_all_and_others_may_read_it(tmp_path: Path, umask: int) -> None:
    """The web server in a container is another user."""
    before = os.umask(umask)
    try:
        publish(tmp_path / "a" / "explorer", CHAIN, FILES)
    finally:
        os.umask(before)
    assert_whole(tmp_path / "a" / "explorer")
    for path in [tmp_path / "a" / "explorer", *(tmp_path / "a" / "explorer").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["explorer"]


def test_publish__earlier_export__is_replaced_as_a_whole(tmp_path: Path) -> None:
    """What the new one does not have is gone."""
    target = tmp_path / "explorer"
    publish(target, CHAIN, {**FILES, "abi/Former.json": b"[]"})
    publish(target, CHAIN, FILES)
    assert_whole(target)
    assert [path.name for path in tmp_path.iterdir()] == ["explorer"]


def test_publish__empty_folder__is_taken(tmp_path: Path) -> None:
    (tmp_path / "explorer").mkdir()
    publish(tmp_path / "explorer", CHAIN, FILES)
    assert_whole(tmp_path / "explorer")


def test_publish__link_to_a_folder__writes_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "explorer").symlink_to(tmp_path / "disk" / "export")
    publish(tmp_path / "explorer", CHAIN, FILES)
    assert (tmp_path / "explorer").is_symlink()
    assert_whole(tmp_path / "disk" / "export")


def a_file(target: Path) -> None:
    target.write_text("years of work")


def a_folder(target: Path) -> None:
    target.mkdir()
    (target / "thesis.txt").write_text("years of work")


def a_web_site(target: Path) -> None:
    target.mkdir()
    (target / "index.json").write_text('{"format": "something else"}')


def a_nested_index(target: Path) -> None:
    target.mkdir()
    (target / "index.json").write_text("[" * 100_000)


def a_list(target: Path) -> None:
    target.mkdir()
    (target / "index.json").write_text("[1]")


def a_note_in_it(target: Path) -> None:
    publish(target, CHAIN, FILES)
    (target / "abi" / "note.txt").write_text("mine")


def a_link_in_it(target: Path) -> None:
    publish(target, CHAIN, FILES)
    (target / "abi" / "link").symlink_to(target.parent)


def an_export_without_sums(target: Path) -> None:
    publish(target, CHAIN, FILES)
    (target / SUMS).unlink()


def another_chain(target: Path) -> None:
    publish(target, 10, files_of(10, [VERIFIED], STANDARD_INPUT, "http://127.0.0.1:9545"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (a_file, "is no export"),
        (a_folder, "is no export"),
        (a_web_site, "is no export"),
        (a_nested_index, "is no export"),
        (a_list, "is no export"),
        (a_note_in_it, r"holds abi/note.txt, which no export wrote"),
        (a_link_in_it, r"holds abi/link, which no export wrote"),
        (an_export_without_sums, "which no export wrote"),
        (another_chain, "holds the export of chain 10"),
    ],
)
def test_publish__something_else_is_there__is_left_alone(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "explorer")
    before = contents(tmp_path)
    with pytest.raises(Conflict, match=said) as refused:
        publish(tmp_path / "explorer", CHAIN, FILES)
    assert refused.value.hint is not None
    assert "--out" in refused.value.hint
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["explorer"]


@pytest.mark.parametrize("name", ["../outside.sol", "/etc/outside.sol", "sources/../../outside.sol"])
def test_publish__source_with_a_path_that_leads_out__is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Conflict, match="outside of the export"):
        publish(tmp_path / "a" / "explorer", CHAIN, {**FILES, name: b"x"})
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("call", ["write", "fsync", "mkdir"])
@pytest.mark.parametrize("succeed", [0, 5, len(FILES)])
@pytest.mark.parametrize("earlier", [False, True])
def test_publish__disk_is_full__leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, succeed: int, earlier: bool
) -> None:
    """At the first such call, in the middle, and at the last file."""
    target = tmp_path / "explorer"
    if earlier:
        publish(target, CHAIN, {**FILES, "abi/Former.json": b"[]"})
    before, real, left = contents(tmp_path), getattr(os, call), iter(range(succeed))

    def full(*arguments: object, **named: object) -> object:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments, **named)

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        publish(target, CHAIN, FILES)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["explorer"] if earlier else [])


def test_publish__new_one_cannot_take_the_name__the_earlier_one_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = tmp_path / "explorer", Path.rename
    publish(target, CHAIN, FILES)

    def rename(self: Path, to: Path) -> Path:
        if self.suffix == ".part":
            raise OSError(errno.EIO, "Input/output error")
        return real(self, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="Input/output"):
        publish(target, CHAIN, {**FILES, "abi/New.json": b"[]"})
    assert_whole(target)
    assert [path.name for path in tmp_path.iterdir()] == ["explorer"]


def test_publish__ctrl_c_while_writing__leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path / "explorer", CHAIN, FILES)
    assert list(tmp_path.iterdir()) == []


def test_publish__after_one_that_was_killed__its_leftovers_go(tmp_path: Path) -> None:
    """Names that only look alike are not ours."""
    killed = [tmp_path / f".explorer.{'0f' * 8}.{kind}" for kind in ("part", "old")]
    foreign = tmp_path / ".explorer.notes.part"
    for path in (*killed, foreign):
        path.mkdir()
        (path / "file").write_text("x")
    publish(tmp_path / "explorer", CHAIN, FILES)
    assert {path.name for path in tmp_path.iterdir()} == {"explorer", foreign.name}


def test_publish__many_at_once__ends_with_one_whole_export(tmp_path: Path) -> None:
    kinds = [{**FILES, "abi/Which.json": str(number).encode()} for number in range(8)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda files: publish(tmp_path / "explorer", CHAIN, files), kinds))
    which = int((tmp_path / "explorer" / "abi" / "Which.json").read_bytes())
    assert_whole(tmp_path / "explorer", kinds[which])
    assert [path.name for path in tmp_path.iterdir()] == ["explorer"]
