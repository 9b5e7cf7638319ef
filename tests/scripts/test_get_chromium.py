"""A Chromium that runs is found; without one the script installs it, or says how."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.scripts.loading import load_script

pytestmark = pytest.mark.unit

script = load_script("get_chromium.py")


def _program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(script, "APPLICATIONS", ())
    return tmp_path


def test_find__one_that_only_names_a_package__is_passed_over(folder: Path) -> None:
    _program(folder, "chromium-browser", "echo 'requires the chromium snap to be installed' >&2; exit 1")
    _program(folder, "chromium", "echo 'something else'")
    assert script.find_chromium() is None
    working = _program(folder, "google-chrome", "echo 'Google Chrome 140.0'")
    assert script.find_chromium() == working


def test_get__nothing_there_and_no_root__says_how(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(folder, "apt-get", "exit 1")
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    with pytest.raises(script.NoChromium, match="rights of root"):
        script.get_chromium(print)
    assert "apt-get install chromium" in script.HINT


def test_get__as_root__installs_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.os, "geteuid", lambda: 0)
    _program(folder, "apt-get", "exit 0")
    asked: list[list[str]] = []
    real = subprocess.run

    def run(command: list[str], **options: object) -> object:
        if command[0] != "apt-get":
            return real(command, **options)  # type: ignore[call-overload]
        asked.append(command)
        if "install" in command:
            _program(folder, "chromium", "echo 'Chromium 156.0'")
        return None

    monkeypatch.setattr(script.subprocess, "run", run)
    assert script.get_chromium(print) == folder / "chromium"
    assert [command[2] for command in asked] == ["update", "install"]


def test_get__installation_fails__says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.os, "geteuid", lambda: 0)
    _program(folder, "apt-get", "exit 100")
    with pytest.raises(script.NoChromium, match="cannot install"):
        script.get_chromium(print)
