"""Cells that were played, so that a table can be interrupted and goes on where it stopped.

They lie in `.parley/incentives/<fingerprint>.jsonl`, a line of JSON each. The fingerprint is one of the code
that a cell depends on: other code starts a file of its own.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".parley" / "incentives"

SOURCES = (
    "workers/parley/numerics/_*.py",
    "workers/parley/numerics/fixed_point.py",
    "workers/parley/numerics/rules.py",
    "workers/parley/numerics/scoring.py",
    "workers/parley/numerics/settlement.py",
    "workers/parley/tasks/builtin/*.py",
    "workers/parley/tasks/judging/*.py",
    "workers/parley/tasks/simulation/**/*.py",
    "workers/parley/tasks/dataset.py",
    "workers/parley/tasks/partition.py",
    "workers/parley/tasks/shards.py",
    "workers/parley/tasks/simulate.py",
    "workers/parley/tasks/torch_task.py",
    "scripts/incentives/attacks.py",
    "scripts/incentives/cells.py",
    "scripts/incentives/panels.py",
    "scripts/incentives/perceptron.py",
    "scripts/incentives/teams.py",
)
"""Files that a cell depends on."""


def fingerprint(root: Path = ROOT) -> str:
    """Sixteen hexadecimal digits over the code, without comments and docstrings, of all that a cell depends on."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in root.glob(pattern)}):
        digest.update(f"{path.relative_to(root)}\n{code_of(path.read_text(encoding='utf-8'))}\n".encode())
    return digest.hexdigest()[:16]


def code_of(source: str) -> str:
    """The syntax tree of Python source, without strings that stand alone."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                setattr(node, name, [one for one in statements if not _is_docstring(one)])
    return ast.dump(tree)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class Store:
    """Results by name; each is written at once.

    Args:
        path: of the file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    @classmethod
    def default(cls) -> Store:
        """The store for the code as it is."""
        return cls(FOLDER / f"{fingerprint()}.jsonl")

    def get(self, name: str) -> dict[str, Any] | None:
        """The result of that name, if there is one."""
        return self._known.get(name)

    def put(self, name: str, result: dict[str, Any]) -> None:
        """Keep a result."""
        self._known[name] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" * _broken(self._path) + json.dumps({"name": name, "result": result}) + "\n")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The results in a file; a line that an interruption cut short is passed over."""
    found: dict[str, dict[str, Any]] = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found[entry["name"]] = entry["result"]
    return found


def _broken(path: Path) -> bool:
    """Whether the last line has no end."""
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return False
        file.seek(-1, 2)
        return file.read(1) != b"\n"
