"""A trainer whose process dies on the way to its commitment (F-53), and whose disk fills up (F-60)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from parley import files
from parley.roles.checkpoints import Checkpoints
from parley.storage.errors import StoreFull
from parley.tasks.torch_task import TorchTask
from tests.roles.trainees import STEPS, commit, reveal
from tests.support.killing import run_module


@pytest.mark.integration
def test_commit__killed_on_the_way_three_times__is_the_same_commitment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-53: in training, after training, and with the draft on disk; the last process trains what was not on disk."""
    home = tmp_path / "home"
    run_module("tests.roles.trainees", home, "in_training:16", "after_train", "after_draft")
    assert [item.name for item in (home / "checkpoints").iterdir()] == ["4.checkpoint"]
    gradients: list[int] = []
    plain = TorchTask._gradient

    def counted(*arguments: object) -> object:
        gradients.append(1)
        return plain(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(TorchTask, "_gradient", counted)
    resumed = commit(home)
    assert len(gradients) < STEPS
    assert resumed == commit(tmp_path / "other")
    assert len(gradients) >= STEPS
    assert list((home / "checkpoints").iterdir()) == []


@pytest.mark.unit
def test_commit__checkpoints_cannot_be_written__commits_the_same_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-60: the folder is a file; training goes on."""
    expected = commit(tmp_path / "good")
    home = tmp_path / "bad"
    home.mkdir()
    (home / "checkpoints").write_bytes(b"")
    with capture_logs() as logs:
        assert commit(home) == expected
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["checkpoint"] * 2


@pytest.mark.unit
def test_commit__disk_full_at_the_draft__sends_nothing_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-60: what could not be revealed is not committed to; with space it is, and no half file is left."""
    expected = commit(tmp_path / "good")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    home = tmp_path / "home"
    monkeypatch.setattr(files.os, "fsync", full)
    with capture_logs(), pytest.raises(StoreFull, match="no space left"):
        commit(home)
    monkeypatch.undo()
    assert [path.name for path in home.rglob("*") if path.is_file()] == []
    assert commit(home) == expected


@pytest.mark.unit
@pytest.mark.parametrize("damage", [lambda data: data[:-7], lambda data: data[:-1] + b"x", lambda data: data[:0]])
def test_reveal__draft_damaged_on_disk__trains_again_and_reveals_the_same(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """F-60: found by its digest, made anew, as a draft that is lost."""
    commitment = commit(tmp_path)[3]
    expected = reveal(tmp_path, commitment)
    draft = tmp_path / "drafts" / "update-4.draft"
    draft.write_bytes(damage(draft.read_bytes()))
    with capture_logs() as logs:
        assert reveal(tmp_path, commitment) == expected
    assert [entry["event"] for entry in logs] == ["the draft of the update is lost: training again"]
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.unit
def test_forget_before__older_rounds__go_and_half_files_with_them(tmp_path: Path) -> None:
    """The folder does not grow, whatever a process left in it when it died; foreign files are left alone."""
    names = [
        "3.checkpoint",
        "4.checkpoint",
        ".3.checkpoint.00ff.part",
        ".4.checkpoint.00ff.part",
        "x.checkpoint",
        "3.draft",
    ]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    Checkpoints(tmp_path).forget_before(4)
    left = {".4.checkpoint.00ff.part", "3.draft", "4.checkpoint", "x.checkpoint"}
    assert {item.name for item in tmp_path.iterdir()} == left
    Checkpoints(tmp_path / "missing").forget_before(4)
    Checkpoints().forget_before(4)
