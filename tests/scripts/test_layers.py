"""Imports against the arrows are found, however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.loading import load_script

layers = load_script("layers.py")

pytestmark = pytest.mark.unit


def violations(tmp_path: Path, module: str, source: str) -> list[str]:
    """Write `source` as a module of a package of its own and return the offending imports."""
    path = tmp_path / "parley" / module
    path.parent.mkdir(parents=True)
    path.write_text(source)
    return list(layers.violations(path, tmp_path / "parley"))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("numerics/trees.py", "import parley.chain.view"),
        ("numerics/trees.py", "from parley import storage"),
        ("numerics/trees.py", "from ..tasks import digits"),
        ("numerics/__init__.py", "from ..tasks import digits"),
        ("chain/view.py", "def f():\n    from parley.roles.trainer import decide"),
        ("chain/view.py", "from parley.storage import cid"),
        ("storage/kubo.py", "from parley import tasks"),
        ("roles/trainer.py", "import parley.cli"),
        ("errors.py", "from parley.chain import view"),
    ],
)
def test_violations__against_the_arrows__is_found(tmp_path: Path, module: str, source: str) -> None:
    assert len(violations(tmp_path, module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("numerics/trees.py", "from . import words\nfrom .words import root\nimport numpy"),
        ("chain/view.py", "from parley.errors import ChainError\nfrom parley.numerics import words"),
        ("roles/trainer.py", "from parley import chain, storage, tasks"),
        ("cli/__init__.py", "from .app import main\nfrom parley.roles import trainer"),
        ("__main__.py", "from parley.cli import main"),
    ],
)
def test_violations__along_the_arrows__none(tmp_path: Path, module: str, source: str) -> None:
    assert violations(tmp_path, module, source) == []
