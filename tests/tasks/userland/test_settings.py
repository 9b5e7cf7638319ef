"""The settings of a task of one's own: clear errors for what people mistype."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from parley.tasks.errors import DocumentError, TaskCodeError
from parley.tasks.userland import own_task, read_settings, template

pytestmark = pytest.mark.unit

TOML = template("mine")["mine.toml"]


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_read_settings__toml_and_json__say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(tomllib.loads(TOML)))
    assert read_settings(path) == read_settings(written(tmp_path, TOML))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TOML.replace("epochs", "epoch"), "the key 'hyper.epoch' is unknown"),
        (TOML.replace('name = "mine"', ""), "the key 'name' is missing"),
        (TOML.replace("epochs = 10", "epochs = 0"), "hyper.epochs: "),
        (TOML.replace("epochs = 10", 'epochs = "10"'), "hyper.epochs: "),
        (TOML.replace('"mine.py"', '"../mine.py"'), "file: the task's file lies beside its settings"),
        (TOML.replace('"mine.py"', '"/etc/passwd"'), "file: the task's file lies beside its settings"),
        (TOML.replace("classes = 3", "classes = 1"), "data_schema.classes: "),
        ("name = ", "cannot be parsed"),
        ("\0", "cannot be parsed"),
    ],
)
def test_read_settings__mistake__is_named_with_its_file(tmp_path: Path, text: str, reason: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DocumentError) as caught:
        read_settings(path)
    assert reason in caught.value.message
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("content", [b"[1]", b"\xff", b"[" * 10_000])
def test_read_settings__json_that_is_no_table__is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.json").write_bytes(content)
    with pytest.raises(DocumentError):
        read_settings(tmp_path / "mine.json")


def test_read_settings__missing_or_too_long__says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="No such file"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(DocumentError, match="longer than"):
        read_settings(written(tmp_path, "#" * 2**21))


def test_own_task__code_missing__says_which_file(tmp_path: Path) -> None:
    with pytest.raises(TaskCodeError, match=r"mine\.py: No such file"):
        own_task(written(tmp_path, TOML))
