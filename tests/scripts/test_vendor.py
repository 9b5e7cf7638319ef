"""What the page ships of others is what the manifest, the lock file and the packages say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.scripts.loading import load_script

pytestmark = pytest.mark.unit

vendor = load_script("vendor.py")


def test_faults__of_this_project__none() -> None:
    assert list(vendor.faults(vendor.ROOT)) == []
    assert {"chart.umd.min.js", "chart.js.LICENSE.txt", "color.LICENSE.txt"} == set(vendor.load(vendor.ROOT))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One file of one package, shipped as it is."""
    package, shipped = tmp_path / "node_modules" / "chart", tmp_path / vendor.VENDOR
    package.mkdir(parents=True)
    shipped.mkdir(parents=True)
    for path in (package / "chart.js", shipped / "chart.js"):
        path.write_bytes(b"code")
    entry = {"package": "chart", "version": "1.0", "path": "chart.js", "sha256": hashlib.sha256(b"code").hexdigest()}
    (shipped / vendor.MANIFEST).write_text(json.dumps({"chart.js": entry}))
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": {"node_modules/chart": {"version": "1.0"}}}))
    return tmp_path


def test_faults__all_as_it_should_be__none(project: Path) -> None:
    assert list(vendor.faults(project)) == []


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        (vendor.VENDOR / "chart.js", "other code", "its SHA-256 is"),
        (vendor.VENDOR / "more.js", "code", "not in the manifest"),
        (Path("node_modules/chart/chart.js"), "newer code", "not the copy in node_modules"),
        (Path("package-lock.json"), '{"packages": {"node_modules/chart": {"version": "2.0"}}}', "chart 1.0"),
        (Path("package-lock.json"), '{"packages": {}}', "package-lock.json: None"),
    ],
)
def test_faults__each_change__is_found(project: Path, path: Path, content: str, fault: str) -> None:
    (project / path).write_text(content)
    found = list(vendor.faults(project))
    assert len(found) == 1
    assert fault in found[0]


def test_faults__a_file_that_is_gone__is_missing(project: Path) -> None:
    (project / vendor.VENDOR / "chart.js").unlink()
    assert list(vendor.faults(project)) == ["chart.js: missing"]


def test_update__newer_package__is_copied_and_written_down(project: Path) -> None:
    (project / "node_modules/chart/chart.js").write_text("newer code")
    (project / "package-lock.json").write_text('{"packages": {"node_modules/chart": {"version": "2.0"}}}')
    vendor.update(project)
    assert list(vendor.faults(project)) == []
    assert (project / vendor.VENDOR / "chart.js").read_text() == "newer code"
    assert vendor.load(project)["chart.js"]["version"] == "2.0"
