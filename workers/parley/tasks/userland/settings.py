"""The TOML (or JSON) of a task of one's own: everything about it that is a number and not code.

name = "flowers"
file = "flowers.py"          # beside this file

[data_schema]
features = [4]
classes = 3
bound = 100.0

[hyper]                      # all keys of `Hyper`; its `options` reach the task's code
epochs = 5

[fixed_point]                # all keys of `FixedPoint`
initial_norm = 1.0
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from parley import strict_json
from parley.tasks.dataset import DataSchema
from parley.tasks.document import FileModel, FixedPoint, Name, refuse, source_digest
from parley.tasks.errors import DocumentError
from parley.tasks.loading import make_task, read_source
from parley.tasks.protocol import Hyper, Task

MAX_SETTINGS_BYTES = 2**14
"""The longest settings: 16 KiB; what parsers of TOML do with nested tables grows with the square."""


class TaskSettings(BaseModel):
    """What the TOML says.

    Attributes:
        name: what people call the task: lower-case letters, digits and hyphens.
        file: the Python file, in the same folder.
        data_schema: what samples look like.
        hyper: hyper-parameters of local training.
        fixed_point: numbers on the wire; `parley task check` says which fit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Name
    file: str = Field(min_length=1, max_length=255)
    data_schema: DataSchema
    hyper: Hyper = Hyper()
    fixed_point: FixedPoint = FixedPoint()

    @field_validator("file")
    @classmethod
    def _beside(cls, file: str) -> str:
        if PurePath(file).name != file or file in (".", ".."):
            raise ValueError("the task's file lies beside its settings: give a name without a folder")
        return file


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A task of one's own, loaded.

    Attributes:
        settings: what the TOML says.
        path: of the Python file.
        model: how the task document names the code.
        task: the task.
    """

    settings: TaskSettings
    path: Path
    model: FileModel
    task: Task


def read_settings(path: Path) -> TaskSettings:
    """Read a task's settings, JSON if the name ends in `.json`, else TOML.

    Raises:
        DocumentError: the file cannot be read or parsed, a key is unknown or missing, or a value is out of range.
    """
    try:
        return TaskSettings.model_validate(_parsed(path))
    except ValidationError as error:
        refuse(error, str(path))


def own_task(path: Path) -> OwnTask:
    """Load the task that a settings file describes.

    Warning: this runs the Python file with all rights of this process.

    Raises:
        DocumentError: the settings are not valid.
        TaskCodeError: the Python file is missing, fails or defines no task.
    """
    settings = read_settings(path)
    file = path.parent / settings.file
    digest = source_digest(read_source(file))
    task = make_task(file, settings.data_schema, settings.hyper, expected=digest)
    return OwnTask(settings, file, FileModel(sha256=digest), task)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SETTINGS_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"cannot read {path}: {error.strerror or error}", hint="see `parley task new`") from error
    if len(content) > MAX_SETTINGS_BYTES:
        raise DocumentError(f"{path} is longer than {MAX_SETTINGS_BYTES} bytes")
    try:
        if path.suffix == ".json":
            values = strict_json.parse(content, MAX_SETTINGS_BYTES)
        else:
            values = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{path} cannot be parsed: {str(error) or type(error).__name__:.200}") from error
    if not isinstance(values, dict):
        raise DocumentError(f"{path} holds no table of settings")
    return values
