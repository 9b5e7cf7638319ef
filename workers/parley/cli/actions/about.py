"""Facts about the program itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from platform import python_version
from typing import Any

from parley import __version__
from parley import errors as errors_module
from parley.config import ENDPOINTS, Settings, meanings
from parley.errors import ExitCode
from parley.redaction import shown_url

LIBRARIES = ("web3", "torch", "numpy", "numba", "scikit-learn", "typer")


def exit_codes() -> list[dict[str, Any]]:
    """Every exit code: number, name and meaning, as `parley.errors` documents them."""
    meanings = _docstrings_of(ExitCode)
    return [{"code": int(code), "name": code.name.lower(), "meaning": meanings[code.name]} for code in ExitCode]


@dataclass(frozen=True)
class Setting:
    """A setting as it came out.

    Attributes:
        name: its key.
        value: without credentials of endpoints.
        source: `flag`, `environment`, the file's path, or `default`.
        meaning: in a sentence.
    """

    name: str
    value: object
    source: str
    meaning: str


def setting_list(settings: Settings, sources: Mapping[str, str]) -> list[Setting]:
    """All settings, with what they mean; where there is no value, what stands in for it."""
    means = meanings()
    derived = {"store": settings.store_location, "keystores": settings.keystore_folder}
    values = {**settings.model_dump(), **derived}
    return [Setting(key, _shown(key, value), sources[key], means[key]) for key, value in values.items()]


def _shown(key: str, value: object) -> object:
    """A value as it may be shown: addresses without what may be a credential (P-21)."""
    return ",".join(map(shown_url, str(value).split(","))) if key in ENDPOINTS else value


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
