"""Lock files that name an index, or do not pin by hash, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.loading import load_script

locks = load_script("check_locks.py")

pytestmark = pytest.mark.unit

GOOD = "a==1.0 \\\n    --hash=sha256:00\nb==2 ; sys_platform == 'linux' \\\n    --hash=sha256:11\n"


def test_requirement_faults__pinned_by_hash__none() -> None:
    assert list(locks.requirement_faults(GOOD)) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("--index-url https://mirror.example/simple", "an address"),
        ("--extra-index-url mirror", "names an index"),
        ("-i mirror", "names an index"),
        ("--find-links wheels", "names an index"),
        ("c @ https://mirror.example/c.whl --hash=sha256:22", "an address"),
        ("c==1.0", "not pinned"),
        ("c>=1.0 --hash=sha256:22", "not pinned"),
    ],
)
def test_requirement_faults__each_fault__is_found(line: str, fault: str) -> None:
    assert any(fault in found for found in locks.requirement_faults(GOOD + line + "\n"))


def test_npm_faults__address_or_no_hash__are_found() -> None:
    packages = {
        "": {"name": "root"},
        "node_modules/good": {"integrity": "sha512-x", "funding": {"url": "https://example.org"}},
        "node_modules/a": {"integrity": "sha512-x", "resolved": "https://mirror.example/a.tgz"},
        "node_modules/b": {"version": "1.0.0"},
    }
    found = list(locks.npm_faults({"packages": packages}))
    assert found == ["node_modules/a: an address: https://mirror.example/a.tgz", "node_modules/b: no integrity hash"]


@pytest.mark.parametrize("line", ["registry=mirror", "@scope:registry = mirror", "//mirror.example/:_authToken=x"])
def test_npmrc_faults__registry_or_its_token__is_found(line: str) -> None:
    text = f"omit-lockfile-registry-resolved=true\n{line}\n"
    assert list(locks.npmrc_faults(text)) == [f"line 2: a registry: {line}"]


def test_all_faults__this_project__none() -> None:
    assert list(locks.all_faults(Path(__file__).resolve().parents[2])) == []
