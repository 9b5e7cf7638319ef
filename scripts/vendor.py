#!/usr/bin/env python3
"""Check what Parley's page ships of others, or bring it up to date: `python scripts/vendor.py [--update]`.

`vendor/manifest.json` names each file with the npm package, version and path it is a copy of, and its SHA-256. The
packages themselves are pinned by `package.json` and `package-lock.json`; `--update` copies from `node_modules` anew
and writes the manifest. Exit code 1, with one line per fault.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENDOR = Path("workers/parley/explorer/page/vendor")
MANIFEST = "manifest.json"


def load(root: Path) -> dict[str, dict[str, str]]:
    """The manifest: by file name, its package, version, path and sha256."""
    files: dict[str, dict[str, str]] = json.loads((root / VENDOR / MANIFEST).read_text())
    return files


def faults(root: Path) -> Iterator[str]:
    """Yield what is not as the manifest says: files, versions, and copies that differ from their package."""
    manifest = load(root)
    folder = root / VENDOR
    for name in sorted({path.name for path in folder.iterdir()} - {*manifest, MANIFEST}):
        yield f"{name}: not in the manifest"
    locked = _locked(root)
    for name, entry in manifest.items():
        path = folder / name
        if not path.is_file():
            yield f"{name}: missing"
        elif _sha256(path) != entry["sha256"]:
            yield f"{name}: its SHA-256 is {_sha256(path)}, not {entry['sha256']}"
        if locked.get(entry["package"]) != entry["version"]:
            yield f"{name}: {entry['package']} {entry['version']}, package-lock.json: {locked.get(entry['package'])}"
        source = _source(root, entry)
        if source.is_file() and _sha256(source) != entry["sha256"]:
            yield f"{name}: not the copy in node_modules"


def update(root: Path) -> None:
    """Copy every file of the manifest from `node_modules`, and write down versions and hashes."""
    manifest, locked = load(root), _locked(root)
    for name, entry in manifest.items():
        source = _source(root, entry)
        (root / VENDOR / name).write_bytes(source.read_bytes())
        entry.update(version=locked[entry["package"]], sha256=_sha256(source))
    (root / VENDOR / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def _locked(root: Path) -> dict[str, str]:
    """Versions by package, as locked."""
    packages: dict[str, Any] = json.loads((root / "package-lock.json").read_text())["packages"]
    return {path.removeprefix("node_modules/"): package["version"] for path, package in packages.items() if path}


def _source(root: Path, entry: dict[str, str]) -> Path:
    return root / "node_modules" / entry["package"] / entry["path"]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Check, after an update where one is asked for; return the exit code."""
    parser = argparse.ArgumentParser(description="Check or update what the page ships of others.")
    parser.add_argument("--update", action="store_true", help="copy the files from node_modules anew")
    if parser.parse_args().update:
        update(ROOT)
    found = list(faults(ROOT))
    for fault in found:
        print(fault)
    print(f"vendor: {len(load(ROOT))} files, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
