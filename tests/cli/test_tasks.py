"""`parley task`: template, check, facts, data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from parley.errors import ExitCode
from tests.cli.conftest import Run

pytestmark = pytest.mark.unit


def test_task_new_then_check__template__works_as_it_is(run: Run, workplace: Path) -> None:
    written = json.loads(run("task", "new", "flowers", "--json").stdout)["files"]
    assert sorted(written) == ["flowers.py", "flowers.toml"]
    subprocess.run([sys.executable, "flowers.py"], cwd=workplace, check=True, timeout=120)
    result = run("task", "check", "flowers.toml", "--data", "flowers.npz", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["ok"]
    assert report["params"] == 131
    assert report["loss_after"] < report["loss_before"]


def test_task_new__one_file_is_there__nothing_written(run: Run, workplace: Path) -> None:
    (workplace / "flowers.toml").write_text("mine")
    result = run("task", "new", "flowers")
    assert result.exit_code == ExitCode.CONFLICT
    assert [path.name for path in workplace.iterdir()] == ["flowers.toml"]
    assert (workplace / "flowers.toml").read_text() == "mine"


def test_task_new__no_name__says_what_names_are(run: Run, workplace: Path) -> None:
    result = run("task", "new", "../Flowers")
    assert result.exit_code == ExitCode.TASK
    assert "lower-case letters" in result.stderr
    assert not list(workplace.iterdir())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_like_this", "ModuleNotFoundError"),
        ("x = 1", "does not define make_task"),
        ("def make_task(schema, hyper):\n    return 1", "which is no Task"),
        ("def make_task(schema, hyper):\n    raise ValueError('oops')", "make_task failed: ValueError: oops"),
    ],
)
def test_task_check__code_that_does_not_work__one_line(run: Run, workplace: Path, code: str, said: str) -> None:
    run("task", "new", "flowers")
    (workplace / "flowers.py").write_text(code)
    result = run("task", "check", "flowers.toml")
    assert result.exit_code == ExitCode.TASK
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_task_check__training_diverges__finding_and_exit_code(run: Run, workplace: Path) -> None:
    run("task", "new", "flowers")
    path = workplace / "flowers.toml"
    path.write_text(path.read_text().replace("learning_rate = 0.1", "learning_rate = 1000.0"))
    result = run("task", "check", "flowers.toml", "--json")
    assert result.exit_code == ExitCode.TASK
    report = json.loads(result.stdout)
    assert not report["ok"]
    assert report["findings"][0]["severity"] == "error"


def test_task_check__unknown_key_in_settings__named(run: Run, workplace: Path) -> None:
    run("task", "new", "flowers")
    path = workplace / "flowers.toml"
    path.write_text(path.read_text().replace("epochs = 10", "epoch = 10"))
    result = run("task", "check", "flowers.toml")
    assert result.exit_code == ExitCode.TASK
    assert "hyper.epoch" in result.stderr


def test_task_show__built_in__facts(run: Run) -> None:
    facts = json.loads(run("task", "show", "digits", "--json").stdout)
    assert facts["params"] == 4810
    assert facts["model"] == {"kind": "builtin", "name": "digits"}
    assert facts["tensors"]["hidden.weight"] == [64, 64]


def test_task_show__cid_of_a_sealed_task__its_document(run: Run) -> None:
    sealed = json.loads(run("federation", "seal", "breast-cancer", "--rounds", 3, "--json").stdout)["sealed"]
    facts = json.loads(run("task", "show", sealed["task"], "--json").stdout)
    assert (facts["name"], facts["shards"], facts["validation"]) == ("breast-cancer", 3, "sealed")


def test_task_show__cid_that_is_nowhere__content_error(run: Run) -> None:
    result = run("task", "show", "bafkreigpy52jxfxwhpjrypccwxchdp3vnakakpuepqiph2yagql3yur5ga")
    assert result.exit_code == ExitCode.CONTENT
    assert "is not in" in result.stderr


@pytest.mark.parametrize("skew", ["dirichlet", "iid", "label"])
def test_task_split__built_in__all_samples_once(run: Run, workplace: Path, skew: str) -> None:
    result = run("task", "split", "breast-cancer", "--trainers", 3, "--skew", skew, "--json")
    assert result.exit_code == 0, result.stderr
    files = json.loads(result.stdout)
    assert [Path(entry["path"]).stem for entry in files] == [
        "trainer-1",
        "trainer-2",
        "trainer-3",
        "validation",
        "test",
    ]
    assert sum(entry["samples"] for entry in files) == 569
    for entry in files:
        assert len(np.load(workplace / entry["path"])["y"]) == entry["samples"]  # noqa: TID251 - our own file, no pickle by default


def test_task_split__unknown_skew__config_error(run: Run, workplace: Path) -> None:
    result = run("task", "split", "breast-cancer", "--skew", "odd")
    assert result.exit_code == ExitCode.CONFIG
    assert not (workplace / "data").exists()


def test_task_split_and_seal__same_seed__same_validation_data(run: Run, workplace: Path) -> None:
    """The files of `task split` and the shards of `federation seal` are parts of one cut: no trainer has a shard."""
    run("task", "split", "breast-cancer", "--seed", 5)
    validation = np.load(workplace / "data/validation.npz")["y"]  # noqa: TID251 - our own file, no pickle by default
    sealed = json.loads(run("federation", "seal", "breast-cancer", "--seed", 5, "--json").stdout)
    assert sum(sealed["samples"]) == len(validation)
