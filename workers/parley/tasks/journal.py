"""Training that survives its process: written down as it goes, taken up where it was (F-53, F-60).

A checkpoint is one file, written whole or not at all:

    "PARLEYC1" ‖ 32 bytes inputs ‖ 32 bytes SHA-256(inputs ‖ state) ‖ state

`inputs` is a digest of all that the result follows from: start, samples, seed, hyper-parameters, code. A checkpoint of
other inputs is never used, nor one of which a bit is wrong. `state` is a safetensors file (`tensor_file`).

A checkpoint is only a convenience, for training again gives the same: where it cannot be read, training starts afresh;
where it cannot be written, training goes on. Either is told, neither stops a worker.
"""

from __future__ import annotations

import hashlib
import inspect
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from parley.failpoints import Failpoint, failpoint
from parley.files import read_at_most, write_whole
from parley.heartbeat import BEAT
from parley.tasks import tensor_file
from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Hyper, Start, Task, Vector
from parley.tasks.tensor_file import TensorFileError

MAGIC = b"PARLEYC1"

BYTES_A_PARAMETER = 64
"""A longer state is neither written nor read: sixteen float32 for each parameter."""

BYTES_BESIDES = 2**20
"""What the state may take besides: 1 MiB."""

TICK_SECONDS = 1.0
"""How often a sign of life is given for a task that gives none itself."""

_DIGEST_BYTES = 32
_HEADER_BYTES = len(MAGIC) + 2 * _DIGEST_BYTES
_COUNTERS = ("epoch", "step")


class Progress(NamedTuple):
    """Where training is, between two steps.

    Attributes:
        epoch: epochs that are finished.
        step: steps of the next epoch that are finished.
        tensors: all that the rest depends on, by name: model, optimiser, random numbers.
    """

    epoch: int
    step: int
    tensors: Mapping[str, npt.NDArray[Any]]


class TrainingJournal:
    """One training's checkpoint. Safe to hand to several trainings one after another: each knows its own inputs.

    Args:
        path: of the checkpoint; its folder is made if need be. `None`: nothing is written, only signs of life given.
        seconds: between two checkpoints; 0: after every step.
        warn: told in one line why a checkpoint was not used or not written.
        beat: gives a sign of life.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        seconds: float,
        warn: Callable[[str], None],
        beat: Callable[[], None] = BEAT.beat,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._seconds = seconds
        self._warn = warn
        self._beat = beat
        self._clock = clock
        self._inputs = bytes(_DIGEST_BYTES)
        self._limit = 0
        self._due = 0.0
        self._failed = False

    def begin(
        self, fresh: Progress, start: Start, data: Dataset, *, seed: int, hyper: Hyper, code: str = ""
    ) -> Progress:
        """Where this training is to go on: at its checkpoint if there is one, else at `fresh`.

        Args:
            fresh: where it starts otherwise; a checkpoint has tensors of the same names, shapes and dtypes.
            start: as of `Task.train`; likewise `data`, `seed` and `hyper`.
            data: samples.
            seed: of the random numbers.
            hyper: hyper-parameters.
            code: whatever else decides the result, such as versions of libraries.
        """
        self._beat()
        self._inputs = _digest(start, data, seed, hyper, code)
        self._limit = BYTES_BESIDES + BYTES_A_PARAMETER * start.size
        self._due = self._clock() + self._seconds
        return self._resumed(fresh) or fresh

    def step(self, progress: Callable[[], Progress]) -> None:
        """Give a sign of life after a step, and write a checkpoint if one is due.

        Args:
            progress: says where training is; called only if a checkpoint is due.
        """
        self._beat()
        if self._path is None or self._clock() < self._due:
            return
        try:
            write_whole(self._path, self._sealed(progress()), mode=0o600)
        except OSError as error:
            self._fail(error)
        else:
            failpoint(Failpoint.IN_TRAINING)
        self._due = self._clock() + self._seconds

    @contextmanager
    def ticking(self, patience: float) -> Iterator[None]:
        """Give signs of life from a thread while the block runs, `patience` seconds long at most."""
        done = threading.Event()
        end = self._clock() + patience

        def tick() -> None:
            while self._clock() < end and not done.is_set():
                self._beat()
                done.wait(TICK_SECONDS)

        thread = threading.Thread(target=tick, name="training", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _resumed(self, fresh: Progress) -> Progress | None:
        if self._path is None:
            return None
        try:
            return _opened(read_at_most(self._path, self._limit + _HEADER_BYTES), self._inputs, fresh)
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = error.strerror or str(error)
        except TensorFileError as error:
            reason = error.message
        self._warn(f"training starts afresh, for its checkpoint is of no use: {reason}")
        return None

    def _sealed(self, progress: Progress) -> bytes:
        counters = {name: np.int64(getattr(progress, name)).reshape(1) for name in _COUNTERS}
        state = tensor_file.encode({**progress.tensors, **counters}, {})
        if len(state) > self._limit:
            raise OSError(f"a state of {len(state)} bytes is longer than {self._limit}")
        return MAGIC + self._inputs + hashlib.sha256(self._inputs + state).digest() + state

    def _fail(self, error: OSError) -> None:
        """Say once a training that it cannot be written down."""
        if not self._failed:
            self._warn(f"training goes on without a checkpoint: {error.strerror or error}")
        self._failed = True


class ResumableTask(Protocol):
    """A task whose training can be written down: `train` takes a journal besides what `Task.train` takes."""

    def train(
        self, start: Start, data: Dataset, *, seed: int, hyper: Hyper, journal: TrainingJournal | None = None
    ) -> Vector:
        """Train as `Task.train`; go on where the journal says, and tell it of every step.

        The result has the same bits, whether training was interrupted or not.
        """
        ...


def is_resumable(task: Task) -> bool:
    """Whether a task's `train` takes a journal."""
    return "journal" in inspect.signature(task.train).parameters


def train(
    task: Task, start: Start, data: Dataset, *, seed: int, hyper: Hyper, journal: TrainingJournal, patience: float
) -> Vector:
    """Train with a journal, if the task's own `train` takes one; with mere signs of life if not.

    Args:
        task: what to train.
        start: as of `Task.train`; likewise `data`, `seed` and `hyper`.
        data: samples.
        seed: of the random numbers.
        hyper: hyper-parameters.
        journal: of this training.
        patience: seconds after which a training that tells of no step is given no more signs of life.
    """
    if is_resumable(task):
        return cast(ResumableTask, task).train(start, data, seed=seed, hyper=hyper, journal=journal)
    with journal.ticking(patience):
        return task.train(start, data, seed=seed, hyper=hyper)


def _digest(start: Start, data: Dataset, seed: int, hyper: Hyper, code: str) -> bytes:
    """What stands for the inputs of a training; arrays count with dtype and shape."""
    hasher = hashlib.sha256(MAGIC)
    for array in (start, data.X, data.y):
        hasher.update(f"{array.dtype.str} {array.shape} ".encode())
        hasher.update(np.ascontiguousarray(array).data)
    hasher.update(f"{seed} {hyper.model_dump_json()} {data.schema.model_dump_json()} {code}".encode())
    return hasher.digest()


def _opened(content: bytes, inputs: bytes, fresh: Progress) -> Progress:
    """The progress in a checkpoint.

    Raises:
        TensorFileError: it is damaged, or of another training.
    """
    magic, found = content[: len(MAGIC)], content[len(MAGIC) : len(MAGIC) + _DIGEST_BYTES]
    checksum, state = content[len(MAGIC) + _DIGEST_BYTES : _HEADER_BYTES], content[_HEADER_BYTES:]
    if magic != MAGIC or checksum != hashlib.sha256(found + state).digest():
        raise TensorFileError("it is damaged")
    if found != inputs:
        raise TensorFileError("it is of another training")
    tensors = tensor_file.decode(state).tensors
    counters = {name: tensors.pop(name, np.zeros(0)) for name in _COUNTERS}
    if any(c.dtype != np.int64 or c.shape != (1,) or c[0] < 0 for c in counters.values()):
        raise TensorFileError("it does not say where training was")
    if _forms(tensors) != _forms(fresh.tensors):
        raise TensorFileError("it holds other tensors than this training has")
    return Progress(int(counters["epoch"][0]), int(counters["step"][0]), tensors)


def _forms(tensors: Mapping[str, npt.NDArray[Any]]) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
    return {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
