#!/usr/bin/env python3
"""Trace requirements to code and tests: `python scripts/trace.py [--list] [--json]`.

An id is declared by being mentioned in `docs/protocol.md` (`P-12`) or `docs/threat-model.md` (`F-3`); a range such as
`P-1 to P-20` declares only its ends. It counts as met where code under `contracts/`, `workers/` or `scripts/` names it,
and as proven where a test under `tests/` does, in its text or, as `P12`, in a test's name. Ids in
`scripts/trace-later.txt` belong to later milestones. Exit code 1 if any other id has no code or no test, 2 if the
documents are missing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECLARED_IN = {"P": "docs/protocol.md", "F": "docs/threat-model.md"}
CODE = ("contracts", "workers", "scripts")
SUFFIXES = {".py", ".sol", ".cjs", ".sh", ""}
LATER = "scripts/trace-later.txt"


@dataclass(frozen=True)
class Trace:
    """Where one id is met and proven."""

    id: str
    code: list[str]
    tests: list[str]
    later: str | None
    """Why it belongs to a later milestone; None if it is due now."""

    @property
    def missing(self) -> list[str]:
        """What a due id lacks."""
        if self.later is not None:
            return []
        return [kind for kind, places in (("code", self.code), ("test", self.tests)) if not places]


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
    """Return the ids of later milestones and why."""
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {identifier: reason[0] if reason else "" for identifier, *reason in lines}


def declared(root: Path) -> list[str]:
    """Return every declared id in order; FileNotFoundError names a missing document."""
    found = {
        identifier
        for letter, document in DECLARED_IN.items()
        for identifier in ids_in((root / document).read_text(encoding="utf-8"), letter)
    }
    return sorted(found, key=lambda identifier: (identifier[0] != "P", int(identifier[2:])))


def trace(root: Path) -> list[Trace]:
    """Trace every declared id through code and tests."""
    code, tests = read_folder(root, CODE), read_folder(root, ["tests"])
    later = read_later((root / LATER).read_text())
    return [
        Trace(
            id=identifier,
            code=[path for path, text in code.items() if names(identifier, text)],
            tests=[path for path, text in tests.items() if names(identifier, text)],
            later=later.get(identifier),
        )
        for identifier in declared(root)
    ]


def describe(entry: Trace) -> str:
    """Return one line about an id: its state and where it is found."""
    state = f"LACKS {' and '.join(entry.missing)}" if entry.missing else "later" if entry.later is not None else "ok"
    return f"{entry.id:5} {state:20} code: {', '.join(entry.code) or '-'}; tests: {', '.join(entry.tests) or '-'}"


def main() -> int:
    """Trace the project; return the exit code."""
    parser = argparse.ArgumentParser(description="Trace requirements to code and tests.")
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
        print(f"trace: {len(entries)} ids, {len(lacking)} lacking, {postponed} of later milestones")
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
