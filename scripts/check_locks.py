#!/usr/bin/env python3
"""Check the lock files: `python scripts/check_locks.py`.

They must pin every package by version and hash, and name no package index, so that a clone works with any mirror.
Exit code 1, with one line per fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INDEX_OPTION = re.compile(r"--(index-url|extra-index-url|find-links|trusted-host|index)\b|^-[if]\b")


def requirement_faults(text: str) -> Iterator[str]:
    """Yield the faults of a requirements file: addresses, index options, and packages without version or hash."""
    for number, line in enumerate(text.splitlines(), 1):
        if "://" in line:
            yield f"line {number}: an address: {line.strip()}"
        elif INDEX_OPTION.search(line):
            yield f"line {number}: an option that names an index: {line.strip()}"
    for entry in re.split(r"\n(?=\S)", text.strip()):
        if entry and not entry.startswith("#") and ("==" not in entry or "--hash=sha256:" not in entry):
            yield f"not pinned by version and hash: {entry.splitlines()[0]}"


def npm_faults(lock: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of a package-lock.json: resolved addresses and packages without an integrity hash."""
    for name, package in lock["packages"].items():
        if not name:
            continue
        if "resolved" in package:
            yield f"{name}: an address: {package['resolved']}"
        if "integrity" not in package:
            yield f"{name}: no integrity hash"


def npmrc_faults(text: str) -> Iterator[str]:
    """Yield the faults of .npmrc: a registry that everybody who clones would be sent to."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith((";", "#")) and re.search(r"//|(^|:)registry\s*=", line):
            yield f"line {number}: a registry: {line.strip()}"


def all_faults(root: Path) -> Iterator[str]:
    """Yield every fault of every lock file under `root`, with its path."""
    for path in sorted((root / "locks").glob("*.txt")):
        yield from (f"{path.relative_to(root)}: {fault}" for fault in requirement_faults(path.read_text()))
    lock = json.loads((root / "package-lock.json").read_text())
    yield from (f"package-lock.json: {fault}" for fault in npm_faults(lock))
    yield from (f".npmrc: {fault}" for fault in npmrc_faults((root / ".npmrc").read_text()))


def main() -> int:
    """Check the project; return the exit code."""
    faults = list(all_faults(ROOT))
    for fault in faults:
        print(fault)
    print(f"locks: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
