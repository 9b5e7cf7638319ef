"""Drafts: kept across restarts, forgotten when past, never half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.roles import drafts
from parley.roles.drafts import Drafts
from parley.storage.errors import StorageError, StoreFull

pytestmark = pytest.mark.unit


def test_save_load__another_process__finds_it(tmp_path: Path) -> None:
    """P-14: a restart needs no second training."""
    Drafts(tmp_path / "d").save("update", 3, b"abc")
    assert Drafts(tmp_path / "d").load("update", 3) == b"abc"
    assert Drafts(tmp_path / "d").load("update", 4) is None
    assert Drafts(tmp_path / "d").load("scores", 3) is None


def test_forget_before__older_rounds__go(tmp_path: Path) -> None:
    """The folder does not grow."""
    kept = Drafts(tmp_path)
    for number in (1, 2, 3):
        kept.save("update", number, b"x")
    kept.forget_before(3)
    assert [kept.load("update", n) for n in (1, 2, 3)] == [None, None, b"x"]


def test_save__full_disk__keeps_the_old_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing half-written remains, and nothing is lost."""
    kept = Drafts(tmp_path)
    kept.save("update", 1, b"old")

    def full(path: Path) -> None:
        raise StoreFull(f"no space left for {path}")

    monkeypatch.setattr(drafts, "written_whole", full)
    with pytest.raises(StoreFull):
        kept.save("update", 1, b"new")
    assert kept.load("update", 1) == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_load__damaged_on_disk__is_as_good_as_lost(tmp_path: Path) -> None:
    """F-60: a bit that flipped, an end that is missing or one too many; whoever asked makes it anew."""
    Drafts(tmp_path).save("update", 3, b"content")
    path = tmp_path / "update-3.draft"
    whole = path.read_bytes()
    flipped = [whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :] for k in range(len(whole))]
    for damaged in [*flipped, *(whole[:k] for k in range(len(whole))), whole + b"\0"]:
        path.write_bytes(damaged)
        assert Drafts(tmp_path).load("update", 3) is None
    path.write_bytes(whole)
    assert Drafts(tmp_path).load("update", 3) == b"content"


def test_forget_before__half_written__goes_too(tmp_path: Path) -> None:
    """What a process left that died while it wrote."""
    for number in (2, 3):
        (tmp_path / f".update-{number}.draft.00ff.part").write_bytes(b"x")
    Drafts(tmp_path).forget_before(3)
    assert [path.name for path in tmp_path.iterdir()] == [".update-3.draft.00ff.part"]


@pytest.mark.parametrize(("kind", "number"), [("../x", 1), ("", 1), ("update", -1)])
def test_save__odd_names__are_refused(tmp_path: Path, kind: str, number: int) -> None:
    """P-20: no path from a name."""
    with pytest.raises(StorageError):
        Drafts(tmp_path).save(kind, number, b"x")
