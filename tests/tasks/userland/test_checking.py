"""`parley task check` finds each fault that the protocol would stumble over, and says it in one line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.document import FixedPoint
from parley.tasks.journal import Progress, TrainingJournal
from parley.tasks.protocol import Hyper, Losses, Start, TensorSpec, Vector
from parley.tasks.userland import Report, check, checking
from tests.tasks.fakes import Nearest

pytestmark = pytest.mark.unit

WIRE = FixedPoint(initial_norm=0.1)


class Sound(Nearest):
    """Starts away from the data, so that training does something."""

    def init(self, seed: int) -> Vector:
        return np.random.default_rng(seed).normal(size=3).astype(np.float32)


class LongLayout(Sound):
    """Its layout has a number too many."""

    @property
    def layout(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec("point", (4,)),)


class RandomInit(Sound):
    """Ignores the seed."""

    def init(self, seed: int) -> Vector:
        return np.random.default_rng().normal(size=3).astype(np.float32)


class DoubleInit(Sound):
    """Starts in double precision."""

    def init(self, seed: int) -> Vector:
        return np.zeros(3)  # type: ignore[return-value]


class ListInit(Sound):
    """Starts as a list."""

    def init(self, seed: int) -> Vector:
        return [0.0] * 3  # type: ignore[return-value]


class ShortInit(Sound):
    """Starts with a parameter too few."""

    def init(self, seed: int) -> Vector:
        return np.zeros(2, np.float32)


class NanInit(Sound):
    """Starts as no number."""

    def init(self, seed: int) -> Vector:
        return np.full(3, np.nan, np.float32)


class HugeInit(Sound):
    """Starts beyond the wire."""

    def init(self, seed: int) -> Vector:
        return np.full(3, 1000, np.float32)


class BrokenInit(Sound):
    """Cannot start."""

    def init(self, seed: int) -> Vector:
        raise KeyError("layer")


class MeanLoss(Sound):
    """Gives one loss for all samples."""

    def losses(self, vector: Start, data: Dataset) -> Losses:
        return super().losses(vector, data).mean()


class NanLoss(Sound):
    """Gives no numbers."""

    def losses(self, vector: Start, data: Dataset) -> Losses:
        return np.full(len(data), np.nan)


class PercentMetric(Sound):
    """Counts to a hundred."""

    def metric(self, vector: Start, data: Dataset) -> float:
        return 93.0


class RandomTrain(Sound):
    """Trains otherwise each time."""

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        return (start + np.random.default_rng().normal(size=3)).astype(np.float32)


class NanTrain(Sound):
    """Diverges."""

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        return np.full(3, np.inf, np.float32)


class LazyTrain(Sound):
    """Does nothing."""

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        return start.astype(np.float32)


class WildTrain(Sound):
    """Leaps."""

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        return (start + 50).astype(np.float32)


class InPlaceTrain(Sound):
    """Writes into its caller's vector."""

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        start *= 0.5
        return start.astype(np.float32)


class BrokenTrain(Sound):
    """Cannot train."""

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        raise RuntimeError("shapes cannot be multiplied\nlong explanation")


class Remembers(Sound):
    """Keeps what it has seen outside the vector, as batch normalisation does."""

    seen = 0.0

    def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
        self.seen += 1.0
        return super().train(start, data, seed=seed, hyper=hyper)

    def losses(self, vector: Start, data: Dataset) -> Losses:
        return super().losses(vector, data) + self.seen


def findings(report: Report, severity: str) -> str:
    return "\n".join(finding.what for finding in report.findings if finding.severity == severity)


def test_check__sound_task__finds_nothing_and_measures() -> None:
    report = check(Sound(), fixed_point=FixedPoint(initial_norm=0.5))
    assert report.findings == []
    assert report.ok
    assert report.params == 3
    assert report.seconds is not None
    assert report.loss_before is not None
    assert report.loss_after is not None
    assert report.loss_after < report.loss_before
    assert report.update_norm is not None
    assert report.largest is not None
    assert report.largest <= report.update_norm


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (LongLayout, "layout has 4 numbers, params says 3"),
        (RandomInit, "init gives another model for the same seed"),
        (DoubleInit, "init returns float64, not float32"),
        (ListInit, "init returns list, not a NumPy array"),
        (ShortInit, "init returns shape (2,), not (3,)"),
        (NanInit, "is not a finite number"),
        (HugeInit, "beyond +-128"),
        (BrokenInit, "init failed: KeyError: 'layer'"),
        (MeanLoss, "losses has shape ()"),
        (NanLoss, "losses gives 64 values that are no finite numbers"),
        (PercentMetric, "metric is 93.0, not an accuracy"),
        (RandomTrain, "train gives another model for the same seed"),
        (NanTrain, "train gives numbers that are not finite"),
        (LazyTrain, "train changes nothing"),
        (WildTrain, "the update changes a parameter by 50, beyond the clip of 8"),
        (InPlaceTrain, "train changes the start vector"),
        (BrokenTrain, "train failed: RuntimeError: shapes cannot be multiplied"),
        (Remembers, "losses of one model change after training"),
    ],
)
def test_check__faulty_task__is_told_what_is_wrong_in_one_line(task: Callable[[], Nearest], reason: str) -> None:
    report = check(task())
    assert not report.ok
    assert reason in findings(report, "error")
    assert all("\n" not in finding.what for finding in report.findings)


def test_check__initial_norm_far_off__is_warned_with_a_better_one() -> None:
    report = check(Sound(), fixed_point=FixedPoint(initial_norm=100.0))
    assert report.ok
    assert "initial_norm is 100" in findings(report, "warning")
    assert f"set initial_norm = {report.update_norm:.2g}" in [finding.hint for finding in report.findings]


def test_check__loss_that_rises__is_warned() -> None:
    class Backwards(Sound):
        """Walks away from the data."""

        def train(self, start: Start, data: Dataset, *, seed: int, hyper: Hyper) -> Vector:
            return (2 * start).astype(np.float32)

    assert "takes the mean loss from" in findings(check(Backwards()), "warning")


def test_check__slow_round__is_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SLOW_SECONDS", -1.0)
    assert "one local round takes" in findings(check(Sound()), "warning")


class Halving(Sound):
    """Goes on where it was, or forgets to."""

    remembers = True

    def train(
        self, start: Start, data: Dataset, *, seed: int, hyper: Hyper, journal: TrainingJournal | None = None
    ) -> Vector:
        at = Progress(0, 0, {"point": start.astype(np.float32)})
        if journal is not None:
            at = journal.begin(at, start, data, seed=seed, hyper=hyper)
        point, first = at.tensors["point"].copy(), at.step if self.remembers else 0
        for step in range(first, 6):
            point += (data.X.mean(axis=0) - point) / 2
            if journal is not None:
                now = Progress(0, step + 1, {"point": point.copy()})
                journal.step(lambda now=now: now)
        return point


def test_check__training_taken_up_wrongly__is_told() -> None:
    """F-53: a task of one's own that is resumed must end with the same bits."""
    assert check(Halving(), fixed_point=FixedPoint(initial_norm=1.0)).findings == []
    faulty = Halving()
    faulty.remembers = False
    assert "another model when it is broken off" in findings(check(faulty), "error")


def test_check__slow_training_without_a_journal__is_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SLOW_SECONDS", -1.0)
    assert "takes no journal" in findings(check(Sound()), "warning")
    assert "takes no journal" not in findings(check(Halving()), "warning")


def test_made_up__any_schema__has_every_label_within_bounds() -> None:
    data = checking.made_up(DataSchema(features=(2, 2), classes=5, bound=0.5))
    assert data.X.shape == (64, 2, 2)
    assert np.abs(data.X).max() <= 0.5
    assert data.counts().min() > 0
