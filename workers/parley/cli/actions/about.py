"""Facts about the program itself."""

from __future__ import annotations

import ast
import inspect
from importlib.metadata import version
from itertools import pairwise
from platform import python_version
from typing import Any

from parley import __version__
from parley import errors as errors_module
from parley.errors import ExitCode

LIBRARIES = ("web3", "torch", "numpy", "numba", "scikit-learn", "typer")


def exit_codes() -> list[dict[str, Any]]:
    """Every exit code: number, name and meaning, as `parley.errors` documents them."""
    meanings = _docstrings_of(ExitCode)
    return [{"code": int(code), "name": code.name.lower(), "meaning": meanings[code.name]} for code in ExitCode]


def versions() -> dict[str, str]:
    """The versions of Parley, Python and the libraries that matter."""
    return {"parley": __version__, "python": python_version(), **{name: version(name) for name in LIBRARIES}}


def _docstrings_of(enum: type) -> dict[str, str]:
    """The line that stands below each member of an enum in its source."""
    tree = ast.parse(inspect.getsource(errors_module))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == enum.__name__)
    found: dict[str, str] = {}
    for node, text in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            target = node.targets[0]
            found[ast.unparse(target)] = str(text.value.value)
    return found
