"""P-20: a task's code is built in, or the operator's own copy of the file that its document names."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.tasks.builtin import builtin
from parley.tasks.document import BuiltinModel, FileModel, source_digest
from parley.tasks.errors import DocumentError, TaskCodeError
from parley.tasks.loading import load_task, make_task
from parley.tasks.protocol import Hyper
from tests.tasks.fakes import schema
from tests.tasks.test_document import make

pytestmark = pytest.mark.unit

CODE = """
from dataclasses import dataclass
from tests.tasks.fakes import Nearest

@dataclass
class Mine(Nearest):
    pass

def make_task(schema, hyper):
    return Mine(schema.width)
"""


def written(tmp_path: Path, code: str = CODE) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(code)
    return path


def file_document(code: str = CODE, params: int = 3) -> object:
    return make(model=FileModel(sha256=source_digest(code.encode())), params=params)


def test_load_task__file_with_the_digest__is_run(tmp_path: Path) -> None:
    task = load_task(file_document(), written(tmp_path))  # type: ignore[arg-type]
    assert task.params == 3


def test_load_task__another_file__is_not_run(tmp_path: Path) -> None:
    path = written(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\n" + CODE)
    with pytest.raises(TaskCodeError, match="as the task document says"):
        load_task(file_document(), path)  # type: ignore[arg-type]
    assert not (tmp_path / "ran").exists()


def test_load_task__no_file_given__asks_for_it() -> None:
    with pytest.raises(TaskCodeError, match=source_digest(CODE.encode())) as caught:
        load_task(file_document())  # type: ignore[arg-type]
    assert caught.value.hint is not None
    assert "--task-file" in caught.value.hint


def test_load_task__other_number_of_parameters__is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskCodeError, match="3 parameters; the document says 4"):
        load_task(file_document(params=4), written(tmp_path))  # type: ignore[arg-type]


def test_load_task__builtin__takes_the_documents_hyper_parameters() -> None:
    known = builtin("digits")
    document = make(params=known.params, data_schema=known.schema, hyper=Hyper(epochs=7))
    assert load_task(document).hyper.epochs == 7


def test_load_task__unknown_builtin__names_those_that_are_known() -> None:
    with pytest.raises(DocumentError, match="no built-in task 'mnist'") as caught:
        load_task(make(model=BuiltinModel(name="mnist")))
    assert "digits, breast-cancer" in str(caught.value.hint)


def test_load_task__builtin_of_another_version__is_refused() -> None:
    with pytest.raises(DocumentError, match="has 4810 parameters"):
        load_task(make(params=4811, data_schema=builtin("digits").schema))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = 1", "does not define make_task"),
        ("make_task = 3", "does not define make_task"),
        ("def make_task(schema, hyper):\n    return 3", "returned int, which is no Task"),
        ("def make_task(schema, hyper):\n    raise KeyError('x')", r"mine.py:2: make_task failed: KeyError: 'x'"),
        ("def make_task():\n    pass", "make_task failed: TypeError"),
        ("\nimport no_such_module_at_all", "mine.py:2: the file cannot be run: ModuleNotFoundError"),
        ("def", "the file cannot be run: SyntaxError"),
        ("x = '\0'", "the file cannot be run"),
    ],
)
def test_make_task__broken_file__says_where_in_one_line(tmp_path: Path, code: str, reason: str) -> None:
    with pytest.raises(TaskCodeError, match=reason) as caught:
        make_task(written(tmp_path, code), schema(), Hyper())
    assert "\n" not in caught.value.message


def test_make_task__not_utf8__says_so(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(b"x = '\xff'")
    with pytest.raises(TaskCodeError, match="UnicodeDecodeError"):
        make_task(path, schema(), Hyper())


def test_make_task__missing_or_too_long__says_so(tmp_path: Path) -> None:
    with pytest.raises(TaskCodeError, match="No such file"):
        make_task(tmp_path / "none.py", schema(), Hyper())
    with pytest.raises(TaskCodeError, match="longer than"):
        make_task(written(tmp_path, "#" * 2**21), schema(), Hyper())
