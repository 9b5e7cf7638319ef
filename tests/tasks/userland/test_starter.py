"""`parley task new` writes a task that works as it is."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from parley.tasks.document import source_digest
from parley.tasks.errors import DocumentError
from parley.tasks.userland import check, own_task, template

pytestmark = pytest.mark.unit


def written(folder: Path, name: str) -> None:
    for file, text in template(name).items():
        (folder / file).write_text(text)


def test_template__as_written__passes_its_own_check_on_its_own_data(tmp_path: Path) -> None:
    written(tmp_path, "iris-flowers")
    runpy.run_path(str(tmp_path / "iris_flowers.py"), run_name="__main__")
    own = own_task(tmp_path / "iris_flowers.toml")
    data = own.task.load(tmp_path / "iris_flowers.npz")
    report = check(own.task, data, own.settings.fixed_point)
    assert report.findings == []
    assert len(data) == 150
    assert report.loss_before is not None
    assert report.loss_after is not None
    assert report.loss_after < 0.5 * report.loss_before
    assert own.model.sha256 == source_digest((tmp_path / "iris_flowers.py").read_bytes())


def test_template__options_in_the_settings__reach_the_code(tmp_path: Path) -> None:
    written(tmp_path, "mine")
    settings = tmp_path / "mine.toml"
    settings.write_text(settings.read_text().replace("width = 16", "width = 5"))
    assert own_task(settings).task.params == 4 * 5 + 5 + 5 * 3 + 3


@pytest.mark.parametrize("name", ["", "Iris", "../iris", "iris flowers", "1iris", "x" * 65, "iris\n"])
def test_template__no_name_of_a_task__is_refused(name: str) -> None:
    with pytest.raises(DocumentError, match="no name of a task"):
        template(name)
