#!/usr/bin/env python3
"""Print what Parley is made of: `python scripts/sbom.py [--out FILE]`, CycloneDX 1.6 in JSON (F-90).

Made of the lock files alone, without network: every package by name, version and the hashes that the installer insists
on. The same lock files give the same document, byte for byte.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LOCKS = {"python.txt": "required", "node.txt": "excluded", "go.txt": "excluded", "uv.txt": "excluded"}
"""Locks that an installation uses, and whether a worker runs what they name, or only its installation does."""

_ENTRY = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_components(text: str, scope: str) -> Iterator[dict[str, Any]]:
    """Yield the packages of a requirements file with hashes."""
    for block in re.split(r"\n(?=\S)", text):
        entry = _ENTRY.match(block)
        if entry is not None:
            name = re.sub(r"[-_.]+", "-", entry[1]).lower()
            hashes = [{"alg": "SHA-256", "content": found} for found in _HASH.findall(block)]
            yield component("pypi", name, entry[2], scope, hashes)


def npm_components(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the packages of a package-lock.json; those that only build and test are `excluded`."""
    for path, package in lock["packages"].items():
        if path:
            algorithm, _, digest = package["integrity"].partition("-")
            content = base64.b64decode(digest).hex()
            name = path.rpartition("node_modules/")[2]
            hashes = [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": content}]
            scope = "excluded" if package.get("dev") or package.get("optional") else "required"
            yield component("npm", name, package["version"], scope, hashes)


def component(kind: str, name: str, version: str, scope: str, hashes: list[dict[str, str]]) -> dict[str, Any]:
    """One package."""
    purl = f"pkg:{kind}/{quote(name, safe='/')}@{quote(version)}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "scope": scope,
        "purl": purl,
        "hashes": hashes,
    }


def document(root: Path) -> dict[str, Any]:
    """The whole bill of materials."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    found: dict[str, dict[str, Any]] = {}
    for name, scope in PYTHON_LOCKS.items():
        for item in python_components((root / "locks" / name).read_text(), scope):
            found.setdefault(item["bom-ref"], item)
    for item in npm_components(json.loads((root / "package-lock.json").read_text())):
        found.setdefault(item["bom-ref"], item)
    components = [found[ref] for ref in sorted(found)]
    # No time and nothing random: who builds it anew can compare.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "parley",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": "parley", "dependsOn": [item["bom-ref"] for item in components]}],
    }


def main() -> int:
    """Print or write the document; return the exit code."""
    parser = argparse.ArgumentParser(description="Bill of materials, CycloneDX JSON.")
    parser.add_argument("--out", type=Path, help="write it to this file")
    out: Path | None = parser.parse_args().out
    text = json.dumps(document(ROOT), indent=1) + "\n"
    if out is None:
        print(text, end="")
    else:
        out.write_text(text)
        print(f"{out}: {text.count('bom-ref') - 1} components")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
