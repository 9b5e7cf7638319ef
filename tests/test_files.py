"""Small files: whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from parley.files import write_whole

pytestmark = pytest.mark.unit


def test_write_whole__new_file__has_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    write_whole(path, b"content", mode=0o600)
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["b.json"]


def test_write_whole__existing_file__is_replaced_or_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(FileExistsError):
        write_whole(path, b"newer", replace=False)
    assert path.read_bytes() == b"new"
    assert [item.name for item in tmp_path.iterdir()] == ["b.json"]


@pytest.mark.parametrize("call", ["fsync", "open"])
def test_write_whole__disk_is_full__leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "b.json"
    write_whole(path, b"old")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["b.json"]
