"""One local round of a task, and everything that is wrong with it, one line each (`parley task check`).

What is checked is what the protocol will rely on: fixed shapes and types, numbers that fit the wire, the same result
for the same seed (a worker that lost its disk trains again to reveal what it committed to), and no memory between
calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from parley.errors import ParleyError
from parley.numerics.fixed_point import quantise
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.document import FixedPoint
from parley.tasks.errors import TaskCodeError
from parley.tasks.protocol import Task, Vector
from parley.tasks.userland.resuming import resumed

SLOW_SECONDS = 20.0
"""A local round that takes longer does not fit a training window of 30 seconds."""

SAMPLES = 64
"""Samples that are made up where no data are given."""

SEED = 1

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        severity: an error keeps the task from working; a warning does not.
        what: one line.
        hint: what to do about it.
    """

    severity: Literal["error", "warning"]
    what: str
    hint: str | None = None


@dataclass(slots=True)
class Report:
    """What a check found.

    Attributes:
        findings: what is wrong, in the order in which it was found.
        params: number of parameters, once known.
        seconds: duration of one local round.
        loss_before: mean loss of the fresh model.
        loss_after: mean loss after one local round.
        update_norm: Euclidean norm of the update; what `initial_norm` should be near.
        largest: the largest |x| in the update; `clip` must be above it.
    """

    findings: list[Finding] = field(default_factory=list)
    params: int | None = None
    seconds: float | None = None
    loss_before: float | None = None
    loss_after: float | None = None
    update_norm: float | None = None
    largest: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the task works: no error was found."""
        return all(finding.severity != "error" for finding in self.findings)

    def error(self, what: str, hint: str | None = None) -> None:
        """Add an error."""
        self.findings.append(Finding("error", what, hint))

    def warn(self, what: str, hint: str | None = None) -> None:
        """Add a warning."""
        self.findings.append(Finding("warning", what, hint))


def check(task: Task, data: Dataset | None = None, fixed_point: FixedPoint | None = None) -> Report:
    """Initialise, measure and train a task once, twice where the result must be the same.

    A step whose result cannot be used ends the check, for those after it rest on it.

    Args:
        task: as its file made it.
        data: samples to train on; random ones if none are given.
        fixed_point: numbers on the wire; the defaults if none are given.
    """
    report = Report()
    wire = FixedPoint() if fixed_point is None else fixed_point
    samples = made_up(task.schema) if data is None else data
    try:
        start = _check_init(task, wire, report)
        _check_measures(task, start, samples, report)
        trained = _check_training(task, start, samples, report)
        _check_update(task, start, trained, samples, wire, report)
    except ParleyError as error:
        report.error(error.message, error.hint)
    return report


def made_up(schema: DataSchema) -> Dataset:
    """Random samples of a schema, with every label as often as any other."""
    random = np.random.default_rng(SEED)
    X = random.normal(size=(SAMPLES, *schema.features)).clip(-schema.bound, schema.bound)
    return Dataset(X, np.arange(SAMPLES) % schema.classes, schema)


def _check_init(task: Task, wire: FixedPoint, report: Report) -> Vector:
    """The genesis model."""
    report.params = task.params
    size = sum(spec.size for spec in task.layout)
    if size != task.params:
        report.error(f"layout has {size} numbers, params says {task.params}")
    start = _vector(_call("init", lambda: task.init(SEED)), task.params, "init")
    if not np.array_equal(start, _call("init", lambda: task.init(SEED))):
        report.error("init gives another model for the same seed", "derive all random numbers from the seed")
    quantise(start, wire.frac_bits)
    return start.copy()


def _check_measures(task: Task, start: Vector, data: Dataset, report: Report) -> None:
    """Losses and metric of the genesis model."""
    losses = np.asarray(_call("losses", lambda: task.losses(start, data)))
    if losses.shape != (len(data),):
        raise TaskCodeError(
            f"losses has shape {losses.shape} for {len(data)} samples, not ({len(data)},)",
            hint="return one loss a sample, not their mean",
        )
    if not np.isfinite(losses).all():
        report.error(f"losses gives {int((~np.isfinite(losses)).sum())} values that are no finite numbers")
    report.loss_before = float(losses.mean())
    metric: object = _call("metric", lambda: task.metric(start, data))
    if not isinstance(metric, float | int) or not 0 <= metric <= 1:
        report.error(f"metric is {metric!r:.40}, not an accuracy from 0 to 1")


def _check_training(task: Task, start: Vector, data: Dataset, report: Report) -> Vector:
    """Training is repeatable, and leaves nothing behind."""
    given = start.copy()
    trained = _train(task, given, data, report)
    if not np.array_equal(given, start):
        report.error("train changes the start vector that it was given", "work on a copy")
    if not np.isfinite(trained).all():
        raise TaskCodeError("train gives numbers that are not finite", hint="lower the learning rate")
    before = task.losses(start, data)
    if not np.array_equal(trained, _train(task, start.copy(), data, report)):
        report.error("train gives another model for the same seed", "derive all random numbers from the seed")
    if not np.array_equal(before, task.losses(start, data)):
        report.error("losses of one model change after training", "keep no state outside the vector")
    if report.seconds is not None and report.seconds > SLOW_SECONDS:
        report.warn(f"one local round takes {report.seconds:.0f} s", "use fewer epochs or a longer window")
    _check_resuming(task, start, data, trained, report)
    return trained


def _check_resuming(task: Task, start: Vector, data: Dataset, trained: Vector, report: Report) -> None:
    """A worker that is killed in training goes on where it was."""
    model = _call("train with a journal", lambda: resumed(task, start, data, seed=SEED, warn=report.warn))
    if model is not None and not np.array_equal(model, trained):
        report.error(
            "train gives another model when it is broken off and taken up again",
            "write down all that the rest depends on: model, optimiser, random numbers",
        )
    if model is None and report.seconds is not None and report.seconds > SLOW_SECONDS:
        report.warn("train takes no journal: a killed worker trains from the start", "see `ResumableTask`")


def _check_update(task: Task, start: Vector, trained: Vector, data: Dataset, wire: FixedPoint, report: Report) -> None:
    """The update fits the wire, and has done something."""
    update = trained.astype(np.float64) - start
    report.loss_after = float(np.mean(task.losses(trained, data)))
    report.update_norm = float(np.linalg.norm(update))
    report.largest = float(np.abs(update).max())
    if report.update_norm == 0:
        raise TaskCodeError("train changes nothing", hint="raise the learning rate or the epochs")
    quantise(trained, wire.frac_bits)
    if report.largest > wire.clip:
        report.error(
            f"the update changes a parameter by {report.largest:.3g}, beyond the clip of {wire.clip:g}", "raise clip"
        )
    if not 0.5 <= wire.initial_norm / report.update_norm <= 2:
        report.warn(
            f"the update's norm is {report.update_norm:.3g}, initial_norm is {wire.initial_norm:g}",
            f"set initial_norm = {report.update_norm:.2g}",
        )
    if report.loss_before is not None and not report.loss_after < report.loss_before:
        report.warn(f"one local round takes the mean loss from {report.loss_before:.4g} to {report.loss_after:.4g}")


def _train(task: Task, start: Vector, data: Dataset, report: Report) -> Vector:
    begun = time.perf_counter()
    trained = _call("train", lambda: task.train(start, data, seed=SEED, hyper=task.hyper))
    report.seconds = time.perf_counter() - begun
    return _vector(trained, task.params, "train")


def _vector(value: npt.NDArray[np.float32], params: int, what: str) -> Vector:
    """The model that a task's function gave, if it is one."""
    if not isinstance(value, np.ndarray):
        raise TaskCodeError(f"{what} returns {type(value).__name__}, not a NumPy array", hint="call .numpy()")
    if value.dtype != np.float32:
        raise TaskCodeError(f"{what} returns {value.dtype}, not float32", hint='call .astype("float32")')
    if value.shape != (params,):
        raise TaskCodeError(f"{what} returns shape {value.shape}, not ({params},)", hint="flatten the parameters")
    return value


def _call(what: str, function: Callable[[], Result]) -> Result:
    """Call the task's code; whatever it raises becomes one line."""
    try:
        return function()
    except ParleyError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise TaskCodeError(f"{what} failed: {reason:.200}", hint="call it yourself to see where") from error
