"""Loads a script of `scripts/` as a module, as its tests need it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def load_script(name: str) -> ModuleType:
    """Import `scripts/<name>` (with or without `.py`) under a name of its own, without running its `main`."""
    alias = f"parley_script_{Path(name).stem.replace('-', '_')}"
    if alias in sys.modules:
        return sys.modules[alias]
    loader = importlib.machinery.SourceFileLoader(alias, str(SCRIPTS / name))
    spec = importlib.util.spec_from_loader(alias, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[alias] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module
