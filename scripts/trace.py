#!/usr/bin/env python3
"""Trace requirements and faults to code and tests: `python scripts/trace.py [--list] [--json]`.

A requirement (`P-12`) is declared by being mentioned in `docs/protocol.md`; a range such as `P-1 to P-20` declares only
its ends. It counts as met where code under `contracts/`, `workers/` or `scripts/` names it, and as proven where a test
under `tests/` does, in its text or, as `P12`, in a test's name.

A fault (`F-3`) is declared by a row of the table of faults in `docs/threat-model.md`, whose last column names tests, as
`DisputesTest.test_X` or `numerics/test_rules.py::test_x`. It is proven if each of them exists and names the fault: in
its own docstring or name, in Solidity in the comment above the function. Parts of an invariant, named `_P17_x` or
`_F35_x`, count as tests if they are called.

What `scripts/trace-later.txt` lists is not asked for. Exit code 1 if any other id lacks something, 2 if a document is
missing.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECLARED_IN = {"P": "docs/protocol.md", "F": "docs/threat-model.md"}
FAULTS = range(1, 106)
"""Every fault has a row or is postponed."""

CODE = ("contracts", "workers", "scripts")
SUFFIXES = {".py", ".sol", ".cjs", ".sh", ""}
LATER = "scripts/trace-later.txt"

_ROW = re.compile(r"^\| *(F-[1-9]\d*) *\|.*\|([^|]*)\| *$", re.MULTILINE)
_NAMED = re.compile(r"`([\w/]+\.py::test_\w+|\w+\.(?:test|invariant|_[PF]\d)\w*)`")
_SOLIDITY = re.compile(
    r"^(?:abstract )?contract (?P<contract>\w+)"
    r"|(?P<comment>(?:^ +///.*\n)*)^ +function (?P<test>(?:test|invariant|_[PF]\d)\w*)\(",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Trace:
    """Where one id is met and proven."""

    id: str
    code: list[str]
    tests: list[str]
    later: str | None
    """Why it is not asked for; None if it is."""

    wrong: list[str] = field(default_factory=list)
    """Tests that a fault's row names, and that do not exist or do not name it."""

    @property
    def missing(self) -> list[str]:
        """What an id that is asked for lacks."""
        if self.later is not None:
            return []
        needed = [("code", self.code), ("test", self.tests)] if self.id[0] == "P" else [("test", self.tests)]
        return [kind for kind, places in needed if not places] + [f"a true {test}" for test in self.wrong]


def ids_in(text: str, letter: str) -> set[str]:
    """Return the ids of one letter that prose mentions."""
    return {f"{letter}-{number}" for number in re.findall(rf"\b{letter}-([1-9]\d*)\b", text)}


def names(identifier: str, text: str) -> bool:
    """Say whether a text names an id: `P-12`, or in identifiers `P12` or `p_12` between non-letters."""
    letter, number = identifier.split("-")
    return re.search(rf"(?<![A-Za-z0-9])[{letter}{letter.lower()}][-_]?{number}(?![0-9])", text) is not None


def read_folder(root: Path, folders: Iterable[str]) -> dict[str, str]:
    """Return the source files under some folders by their path, without this script and its list."""
    own = {root / LATER, root / "scripts" / "trace.py"}
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*")))
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts and path not in own
    }


def read_later(text: str) -> dict[str, str]:
    """Return the ids that are not asked for and why; `F-53..F-65` stands for all of them."""
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {identifier: reason[0] if reason else "" for span, *reason in lines for identifier in _expand(span)}


def _expand(span: str) -> Iterator[str]:
    first, _, last = span.partition("..")
    letter, low = first.split("-")
    high = last.split("-")[1] if last else low
    return (f"{letter}-{number}" for number in range(int(low), int(high) + 1))


def own_words(root: Path) -> dict[str, str]:
    """Return what every test says of itself, by `Contract.test_X` or `folder/test_x.py::test_x`."""
    tests = root / "tests"
    found: dict[str, str] = {}
    for path in sorted(tests.rglob("*.sol")):
        found |= _of_solidity(path.read_text(encoding="utf-8"))
    for path in sorted(tests.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                key = f"{path.relative_to(tests).as_posix()}::{node.name}"
                found[key] = f"{node.name} {ast.get_docstring(node) or ''}"
    return found


def _of_solidity(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    contract = ""
    for match in _SOLIDITY.finditer(text):
        if match["contract"]:
            contract = match["contract"]
        elif match["test"][0] != "_" or text.count(match["test"]) > 1:
            found[f"{contract}.{match['test']}"] = f"{match['test']} {match['comment']}"
    return found


def rows_of(text: str) -> dict[str, list[str]]:
    """Return the tests that each row of the table of faults names."""
    return {match[1]: _NAMED.findall(match[2]) for match in _ROW.finditer(text)}


def trace_requirements(root: Path, later: Mapping[str, str]) -> list[Trace]:
    """Trace every requirement; FileNotFoundError names a missing document."""
    declared = ids_in((root / DECLARED_IN["P"]).read_text(encoding="utf-8"), "P")
    code, tests = read_folder(root, CODE), read_folder(root, ["tests"])
    return [
        Trace(
            id=identifier,
            code=[path for path, text in code.items() if names(identifier, text)],
            tests=[path for path, text in tests.items() if names(identifier, text)],
            later=later.get(identifier),
        )
        for identifier in sorted(declared, key=lambda identifier: int(identifier[2:]))
    ]


def trace_faults(root: Path, later: Mapping[str, str], numbers: Iterable[int] = FAULTS) -> list[Trace]:
    """Trace every fault; FileNotFoundError names a missing document."""
    rows = rows_of((root / DECLARED_IN["F"]).read_text(encoding="utf-8"))
    words = own_words(root)
    return [_trace_fault(f"F-{number}", rows, words, later) for number in numbers]


def _trace_fault(
    identifier: str, rows: Mapping[str, list[str]], words: Mapping[str, str], later: Mapping[str, str]
) -> Trace:
    named = rows.get(identifier, [])
    true = [test for test in named if names(identifier, words.get(test, ""))]
    return Trace(identifier, [], true, later.get(identifier), [test for test in named if test not in true])


def trace(root: Path) -> list[Trace]:
    """Trace everything."""
    later = read_later((root / LATER).read_text())
    return trace_requirements(root, later) + trace_faults(root, later)


def describe(entry: Trace) -> str:
    """Return one line about an id: its state and where it is found."""
    state = f"LACKS {' and '.join(entry.missing)}" if entry.missing else "later" if entry.later is not None else "ok"
    code = f"code: {', '.join(entry.code) or '-'}; " if entry.id[0] == "P" else ""
    return f"{entry.id:5} {state:20} {code}tests: {', '.join(entry.tests) or '-'}"


def main() -> int:
    """Trace the project; return the exit code."""
    parser = argparse.ArgumentParser(description="Trace requirements and faults to code and tests.")
    parser.add_argument("--list", action="store_true", help="show every id, not only those that lack something")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    arguments = parser.parse_args()
    try:
        entries = trace(ROOT)
    except FileNotFoundError as error:
        print(f"trace: {error.filename} is missing: it declares the ids", file=sys.stderr)
        return 2
    lacking = [entry for entry in entries if entry.missing]
    if arguments.json:
        print(json.dumps([{**asdict(entry), "missing": entry.missing} for entry in entries], indent=2))
    else:
        for entry in entries if arguments.list else lacking:
            print(describe(entry))
        postponed = sum(entry.later is not None for entry in entries)
        print(f"trace: {len(entries)} ids, {len(lacking)} lacking, {postponed} not asked for")
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
