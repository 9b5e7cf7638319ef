#!/usr/bin/env python3
"""Check that imports go one way: `python scripts/layers.py`.

    cli -> (explorer, audit) -> history -> roles -> (tasks, storage, chain) -> numerics

Modules directly under `parley` (`errors`, settings and the like) are leaves that every layer may import and that import
none of them. Exit code 1, with one line per offending import.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workers" / "parley"

MAY_IMPORT: dict[str, frozenset[str]] = {
    "numerics": frozenset(),
    "tasks": frozenset({"numerics"}),
    "storage": frozenset({"numerics"}),
    "chain": frozenset({"numerics"}),
    "roles": frozenset({"numerics", "tasks", "storage", "chain"}),
    "history": frozenset({"numerics", "tasks", "storage", "chain", "roles"}),
    "explorer": frozenset({"numerics", "tasks", "storage", "chain", "roles", "history"}),
    "audit": frozenset({"numerics", "tasks", "storage", "chain", "roles", "history"}),
    "cli": frozenset({"numerics", "tasks", "storage", "chain", "roles", "history", "explorer", "audit"}),
}


def layer_of(module: str) -> str | None:
    """Return the layer of a dotted module name, None if it is a leaf or foreign: "parley.chain.view" is "chain"."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "parley" and parts[1] in MAY_IMPORT else None


def imported_modules(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute module) for each import, those inside functions included."""
    parts = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            up = node.level - 1 if is_package else node.level
            base = parts[: len(parts) - up] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            # `from parley import chain` imports the layer by its name
            yield from ((node.lineno, f"{target}.{alias.name}") for alias in node.names)


def violations(path: Path, package: Path = PACKAGE) -> Iterator[str]:
    """Yield one line for each import of `path` that goes against the arrows."""
    relative = path.relative_to(package.parent).with_suffix("")
    is_package = relative.name == "__init__"
    module = ".".join(relative.parent.parts if is_package else relative.parts)
    layer = layer_of(module)
    allowed = MAY_IMPORT[layer] | {layer} if layer else frozenset()
    if module == "parley.__main__":
        allowed = frozenset({"cli"})
    for line, target in imported_modules(ast.parse(path.read_bytes()), module, is_package=is_package):
        used = layer_of(target)
        if used and used not in allowed:
            yield f"{path}:{line}: {layer or module} must not import {used} ({target})"


def main() -> int:
    """Check every module of the package; return the exit code."""
    paths = sorted(PACKAGE.rglob("*.py"))
    found = [line for path in paths for line in violations(path)]
    for line in found:
        print(line)
    print(f"layers: {len(paths)} modules, {len(found)} imports against the arrows")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
