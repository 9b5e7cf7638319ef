"""From a task document to the task itself.

A built-in task is found by name. A user's own file is given by the operator, who has read it: it is run only if it is,
byte for byte, the one whose digest the document names. Nothing is ever fetched and run (P-20).
"""

from __future__ import annotations

import sys
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from parley.tasks.builtin import builtin
from parley.tasks.dataset import DataSchema
from parley.tasks.document import BuiltinModel, TaskDocument, source_digest
from parley.tasks.errors import DocumentError, TaskCodeError
from parley.tasks.protocol import Hyper, Task

FACTORY = "make_task"
"""What a user's file defines: `make_task(schema: DataSchema, hyper: Hyper) -> Task`."""

MAX_SOURCE_BYTES = 2**20
"""The longest task file: 1 MiB."""


def load_task(document: TaskDocument, task_file: Path | None = None) -> Task:
    """Make the task that a document describes.

    Args:
        document: of the federation.
        task_file: the operator's copy of the user's file, where the document names one.

    Raises:
        DocumentError: the built-in task is unknown, or is not the one that the document describes.
        TaskCodeError: the file is missing, has another digest, fails, or does not define the task described.
    """
    if isinstance(document.model, BuiltinModel):
        known = builtin(document.model.name)
        if (known.schema, known.params) != (document.data_schema, document.params):
            raise DocumentError(
                f"the built-in task {known.name} has {known.params} parameters and another schema than the document",
                hint="use the version of Parley that made the document",
            )
        return known.task(document.hyper)
    if task_file is None:
        raise TaskCodeError(
            f"the task is a file of its own, SHA-256 {document.model.sha256}",
            hint="get it from the sponsor, read it, and pass it with --task-file",
        )
    task = make_task(task_file, document.data_schema, document.hyper, expected=document.model.sha256)
    if task.params != document.params:
        raise TaskCodeError(f"the task has {task.params} parameters; the document says {document.params}")
    return task


def make_task(path: Path, schema: DataSchema, hyper: Hyper, *, expected: str | None = None) -> Task:
    """Run a task file and make its task.

    Warning: this runs the file with all rights of this process.

    Args:
        path: the file.
        schema: what samples look like.
        hyper: hyper-parameters.
        expected: SHA-256 that the file must have, lower-case hexadecimal; `None` on the sponsor's own machine.

    Raises:
        TaskCodeError: the file is missing, has another digest, fails, or defines no task.
    """
    source = read_source(path)
    if expected is not None and source_digest(source) != expected:
        raise TaskCodeError(
            f"{path} has SHA-256 {source_digest(source)}, not {expected} as the task document says",
            hint="get the file that the sponsor published",
        )
    factory = getattr(_run(path, source), FACTORY, None)
    if not callable(factory):
        raise TaskCodeError(f"{path} does not define {FACTORY}(schema, hyper)", hint="see `parley task new`")
    try:
        task = factory(schema, hyper)
    except TaskCodeError:
        raise
    except Exception as error:
        raise _failed(path, error, f"{FACTORY} failed") from error
    if not isinstance(task, Task):
        raise TaskCodeError(
            f"{path}: {FACTORY} returned {type(task).__name__}, which is no Task", hint="see `parley task new`"
        )
    return task


def read_source(path: Path) -> bytes:
    """The bytes of a task file.

    Raises:
        TaskCodeError: it cannot be read or is too long.
    """
    try:
        with path.open("rb") as file:
            source = file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        raise TaskCodeError(f"cannot read {path}: {error.strerror or error}") from error
    if len(source) > MAX_SOURCE_BYTES:
        raise TaskCodeError(f"{path} is longer than {MAX_SOURCE_BYTES} bytes")
    return source


class _Source(InspectLoader):
    """Loads a module from the very bytes that were checked, not from the file, which may have changed since."""

    def __init__(self, path: Path, source: bytes) -> None:
        self._path = path
        self._source = source

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002 - the loader's interface
        return False

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - the loader's interface
        return self._source.decode()

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_source(fullname), str(self._path))


def _run(path: Path, source: bytes) -> ModuleType:
    """Run a file's source as a module of its own."""
    name = f"parley_task_{source_digest(source)[:16]}"
    spec = spec_from_loader(name, _Source(path, source), origin=str(path))
    if spec is None or spec.loader is None:
        raise TaskCodeError(f"{path} cannot be loaded")
    module = module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and typing look names up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise _failed(path, error, "the file cannot be run") from error
    return module


def _failed(path: Path, error: Exception, what: str) -> TaskCodeError:
    """One line about a failure of a user's code, with the last line of the file in it that ran."""
    place, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            place = f":{trace.tb_lineno}"
        trace = trace.tb_next
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    return TaskCodeError(f"{path}{place}: {what}: {reason:.200}", hint="run `parley task check` after a correction")
