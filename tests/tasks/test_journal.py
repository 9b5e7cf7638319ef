"""Training that survives its process: killed and resumed it ends with the same bits (F-53, F-60)."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from parley import files
from parley.tasks import journal as journal_module
from parley.tasks import tensor_file
from parley.tasks.journal import MAGIC, Progress, TrainingJournal, is_resumable, train
from parley.tasks.protocol import Hyper
from tests.support.killing import run_module
from tests.tasks.fakes import Nearest, dataset
from tests.tasks.trainees import DATA, HYPER, STEPS, Dropping, journal_at, trained


class Counted(TrainingJournal):
    """Counts steps, and can end the training after some of them."""

    steps = 0
    last = STEPS + 1

    def step(self, progress: object) -> None:
        super().step(progress)  # type: ignore[arg-type]
        self.steps += 1
        if self.steps == self.last:
            raise KeyboardInterrupt


def counted(path: Path | None, warnings: list[str] | None = None, *, seconds: float = 0) -> Counted:
    return Counted(path, seconds=seconds, warn=(warnings if warnings is not None else []).append, beat=int)


def interrupted(path: Path, after: int) -> bytes:
    """The checkpoint of a training that ended after some steps."""
    journal = counted(path)
    journal.last = after
    with pytest.raises(KeyboardInterrupt):
        trained(journal)
    return path.read_bytes()


@pytest.mark.integration
def test_train__killed_and_resumed__ends_with_the_same_bits(tmp_path: Path) -> None:
    """F-53: at the first step, at the end of an epoch, in the middle of one, and twice; with dropout and momentum."""
    deaths = {"first": [1], "end": [5], "middle": [8], "twice": [6, 7]}
    run_module("tests.tasks.trainees", *(f"{tmp_path / name}:{n}" for name, ns in deaths.items() for n in ns))
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted(deaths)
    for name, passages in deaths.items():
        warnings: list[str] = []
        journal = counted(tmp_path / name, warnings)
        assert trained(journal).tobytes() == trained().tobytes(), name
        assert journal.steps == STEPS - sum(passages), name
        assert warnings == [], name


@pytest.mark.unit
@pytest.mark.parametrize("after", range(1, STEPS + 1))
def test_train__interrupted_at_any_step__ends_with_the_same_bits(tmp_path: Path, after: int) -> None:
    """F-53."""
    interrupted(tmp_path / "c", after)
    torch.rand(3)
    assert trained(counted(tmp_path / "c")).tobytes() == trained().tobytes()


@pytest.mark.unit
def test_train__with_a_journal__gives_the_same_bits_and_leaves_torchs_random_state_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    assert trained(journal_at(tmp_path / "c")).tobytes() == trained().tobytes()
    assert torch.equal(before, torch.get_rng_state())


def damaged(content: bytes) -> dict[str, bytes]:
    """A checkpoint in all ways in which a disk, or somebody else, may leave it."""
    flipped = {f"bit {place}": _flip(content, place) for place in (0, 9, 45, 80, len(content) - 1)}
    cut = {f"cut at {end}": content[:end] for end in (0, 5, 40, 72, 80, len(content) - 1)}
    return flipped | cut | {"longer": content + b"\0", "garbage": b"\x80\x04garbage", "huge": bytes(2**21)}


def _flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.unit
def test_train__damaged_checkpoint__starts_afresh_with_a_warning(tmp_path: Path) -> None:
    """F-53: truncated, flipped, padded, foreign: never used, never in the way."""
    path = tmp_path / "c"
    for name, content in damaged(interrupted(path, 7)).items():
        path.write_bytes(content)
        warnings: list[str] = []
        journal = counted(path, warnings)
        assert trained(journal).tobytes() == trained().tobytes(), name
        assert journal.steps == STEPS, name
        assert len(warnings) == 1, name
        assert "starts afresh" in warnings[0], name


@pytest.mark.unit
@pytest.mark.parametrize(
    "other", [{"seed": 6}, {"hyper": HYPER.model_copy(update={"learning_rate": 0.2})}, {"hyper": Hyper()}]
)
def test_train__checkpoint_of_other_inputs__is_not_used(tmp_path: Path, other: dict[str, object]) -> None:
    """F-53: another round's seed, other hyper-parameters."""
    interrupted(tmp_path / "c", 7)
    warnings: list[str] = []
    assert trained(counted(tmp_path / "c", warnings), **other).tobytes() == trained(**other).tobytes()  # type: ignore[arg-type]
    assert warnings == ["training starts afresh, for its checkpoint is of no use: it is of another training"]


@pytest.mark.unit
def test_begin__other_start_or_samples__is_another_training(tmp_path: Path) -> None:
    task = Dropping(DATA.schema, HYPER)
    start = task.init(1).astype(np.float64)
    fresh = Progress(0, 0, {"x": np.zeros(2)})
    first = counted(tmp_path / "c")
    first.begin(fresh, start, DATA, seed=0, hyper=HYPER)
    first.step(lambda: Progress(2, 1, {"x": np.ones(2)}))
    same = counted(tmp_path / "c").begin(fresh, start, DATA, seed=0, hyper=HYPER)
    assert (same.epoch, same.step, same.tensors["x"].tolist()) == (2, 1, [1.0, 1.0])
    nudged = start.copy()
    nudged[3] = np.nextafter(nudged[3], 9)
    others = [(nudged, DATA, ""), (start.astype(np.float32), DATA, ""), (start, dataset(36), ""), (start, DATA, "v2")]
    for given, data, code in others:
        assert counted(tmp_path / "c").begin(fresh, given, data, seed=0, hyper=HYPER, code=code) is fresh


@pytest.mark.unit
@pytest.mark.parametrize(
    "tensors",
    [{}, {"y": np.ones(2)}, {"x": np.ones(3)}, {"x": np.ones(2, np.float32)}, {"x": np.ones(2), "y": np.ones(2)}],
)
def test_begin__checkpoint_with_other_tensors__starts_afresh(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    start, fresh = np.zeros(3), Progress(0, 0, {"x": np.zeros(2)})
    first, warnings = counted(tmp_path / "c"), []
    first.begin(fresh, start, DATA, seed=0, hyper=HYPER)
    first.step(lambda: Progress(1, 1, tensors))
    assert counted(tmp_path / "c", warnings).begin(fresh, start, DATA, seed=0, hyper=HYPER) is fresh
    assert "other tensors" in warnings[0]


@pytest.mark.unit
def test_begin__counters_that_are_none__start_afresh(tmp_path: Path) -> None:
    """The checksum keeps out accidents; what was made with care is read with care."""
    fresh = Progress(0, 0, {"x": np.zeros(2)})
    for counters in (
        {},
        {"epoch": np.array([-1]), "step": np.array([0])},
        {"epoch": np.zeros(2, int), "step": np.zeros(1)},
    ):
        state = tensor_file.encode({"x": np.zeros(2), **counters}, {})
        inputs = journal_module._digest(np.zeros(3), DATA, 0, HYPER, "")
        (tmp_path / "c").write_bytes(MAGIC + inputs + hashlib.sha256(inputs + state).digest() + state)
        warnings: list[str] = []
        assert counted(tmp_path / "c", warnings).begin(fresh, np.zeros(3), DATA, seed=0, hyper=HYPER) is fresh
        assert "where training was" in warnings[0]


@pytest.mark.unit
@pytest.mark.parametrize("call", ["fsync", "write", "open"])
def test_train__disk_full__goes_on_with_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """F-60: no checkpoint, no half file, the same update."""
    path = tmp_path / "c"
    expected, old = trained().tobytes(), interrupted(path, 4)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, call, full)
    warnings: list[str] = []
    assert trained(counted(path, warnings)).tobytes() == expected
    monkeypatch.undo()
    assert warnings == ["training goes on without a checkpoint: No space left on device"]
    assert [item.name for item in tmp_path.iterdir()] == ["c"]
    assert path.read_bytes() == old


@pytest.mark.unit
def test_step__state_beyond_the_limit__is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-60: a task cannot fill the disk by what it keeps."""
    monkeypatch.setattr(journal_module, "BYTES_BESIDES", 100)
    warnings: list[str] = []
    journal = counted(tmp_path / "c", warnings)
    journal.begin(Progress(0, 0, {}), np.zeros(3), DATA, seed=0, hyper=HYPER)
    journal.step(lambda: Progress(0, 1, {"x": np.zeros(1000)}))
    assert "longer than 292" in warnings[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.unit
def test_step__every_so_many_seconds__writes_and_always_beats(tmp_path: Path) -> None:
    now, beats, asked = [0.0], [], []
    journal = TrainingJournal(
        tmp_path / "a" / "c", seconds=10, warn=pytest.fail, beat=lambda: beats.append(now[0]), clock=lambda: now[0]
    )

    def progress() -> Progress:
        asked.append(now[0])
        return Progress(0, 1, {})

    journal.begin(Progress(0, 0, {}), np.zeros(3), DATA, seed=0, hyper=HYPER)
    for second in range(1, 26):
        now[0] = float(second)
        journal.step(progress)
    assert asked == [10.0, 20.0]
    assert beats == [float(second) for second in range(26)]
    assert (tmp_path / "a" / "c").stat().st_mode & 0o777 == 0o600


@pytest.mark.unit
def test_train__task_without_a_journal__is_trained_as_ever_while_the_worker_lives() -> None:
    """Tasks written before there were journals go on working, and are not taken for hanging."""
    beats: list[int] = []
    journal = TrainingJournal(None, seconds=0, warn=pytest.fail, beat=lambda: beats.append(1))
    task, start = Nearest(), np.zeros(3, np.float32)
    assert not is_resumable(task)
    result = train(task, start, DATA, seed=0, hyper=HYPER, journal=journal, patience=5)
    assert np.array_equal(result, task.train(start, DATA, seed=0, hyper=HYPER))
    assert beats


@pytest.mark.unit
def test_ticking__patience_at_its_end__gives_no_more_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-63: a training that hangs is told from one that works, at the latest when its window is over."""
    monkeypatch.setattr(journal_module, "TICK_SECONDS", 0.001)
    now, beats = [0.0], []

    def beat() -> None:
        beats.append(now[0])
        now[0] += 1

    journal = TrainingJournal(None, seconds=0, warn=pytest.fail, beat=beat, clock=lambda: now[0])
    with journal.ticking(3):
        while now[0] < 3:
            pass
    assert beats == [0.0, 1.0, 2.0]
