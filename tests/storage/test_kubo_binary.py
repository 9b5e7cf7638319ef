"""Where Kubo comes from: the PATH, the cache, or the Go module; and what is said when none of these works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parley.storage import KuboUnavailable
from parley.storage.kubo_binary import KUBO_SUM, KUBO_VERSION, build_kubo, cached_kubo, find_kubo, kubo_version
from tests.storage.test_daemon import program

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).parents[2] / "scripts" / "get_kubo.py"

GO = """
echo "$@" >> {log}
case "$1" in
  mod) echo '{module}' ;;
  build)
    while [ "$1" != -o ]; do shift; done
    sleep 0.2
    printf '#!/bin/sh\\necho {version}\\n' > "$2"
    chmod 755 "$2" ;;
esac
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of an otherwise bare PATH, and an empty cache."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(shutil, "which", lambda name: _only_in(tmp_path / "bin", name))
    return tmp_path / "bin"


def _only_in(folder: Path, name: str) -> str | None:
    return str(folder / name) if (folder / name).exists() else None


def fake_go(path: Path, *, checksum: str = KUBO_SUM, version: str = "0.42.0") -> Path:
    """Put a `go` on the PATH that "builds" a program; return the log of its calls."""
    source, log = path / "source", path / "log"
    source.mkdir(parents=True)
    answer = json.dumps({"Dir": str(source), "Sum": checksum})
    program(path / "go", GO.format(log=log, module=answer, version=version))
    return log


@pytest.mark.parametrize("version", ["0.40.0", "0.42.0", "1.0.0-rc1"])
def test_find__new_enough_on_the_path__is_taken(path: Path, version: str) -> None:
    ipfs = program(path / "ipfs", f"echo {version}")
    assert find_kubo() == ipfs


def test_find__too_old_on_the_path__says_so_and_builds(path: Path) -> None:
    program(path / "ipfs", "echo 0.39.0")
    fake_go(path)
    said: list[str] = []
    assert find_kubo(say=said.append) == cached_kubo()
    assert said[0].endswith("is Kubo 0.39.0, older than 0.40.0; looking for another")
    assert KUBO_VERSION in said[1]


def test_find__nothing_at_all__says_what_to_install(path: Path) -> None:
    with pytest.raises(KuboUnavailable, match="no Kubo on the PATH and no Go") as error:
        find_kubo()
    assert "Install Kubo 0.40 or later" in str(error.value.hint)
    assert "Go 1.26 or later" in str(error.value.hint)


def test_build__done_before__is_not_done_again(path: Path) -> None:
    log = fake_go(path)
    assert find_kubo() == find_kubo() == cached_kubo()
    calls = log.read_text().splitlines()
    assert len(calls) == 2
    assert calls[0] == f"mod download -json github.com/ipfs/kubo@{KUBO_VERSION}"
    assert calls[1].endswith("./cmd/ipfs")


def test_build__three_at_once__one_builds(path: Path) -> None:
    log = fake_go(path)
    with ThreadPoolExecutor(3) as threads:
        found = set(threads.map(lambda _: find_kubo(), range(3)))
    assert found == {cached_kubo()}
    assert len(log.read_text().splitlines()) == 2


def test_build__module_with_another_checksum__is_not_built(path: Path) -> None:
    log = fake_go(path, checksum="h1:AAAA=")
    with pytest.raises(KuboUnavailable, match="has checksum 'h1:AAAA=', not h1:mp40"):
        find_kubo()
    assert "build" not in log.read_text()
    assert not cached_kubo().exists()


def test_build__what_comes_out_is_no_kubo__is_not_kept(path: Path) -> None:
    fake_go(path, version="hello")
    with pytest.raises(KuboUnavailable, match="is no Kubo: it calls its version 'hello"):
        find_kubo()
    assert [entry.name for entry in cached_kubo().parent.iterdir()] == ["ipfs.lock"]


def test_build__go_fails__says_why(path: Path) -> None:
    program(path / "go", "echo 'go: module not reachable' >&2\nexit 1\n")
    with pytest.raises(KuboUnavailable, match="go mod download` failed: go: module not reachable") as error:
        find_kubo()
    assert "go version" in str(error.value.hint)


def test_build__go_answers_nonsense__clear_error(path: Path) -> None:
    program(path / "go", "echo this is no JSON\n")
    with pytest.raises(KuboUnavailable, match="`go mod download` answers 'this is no JSON"):
        find_kubo()


def test_build__cache_cannot_be_made__clear_error(path: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(KuboUnavailable, match="cannot keep Kubo in") as error:
        build_kubo(cached_kubo())
    assert "XDG_CACHE_HOME" in str(error.value.hint)


@pytest.mark.parametrize("script", ["echo go-ipfs", "exit 1", "echo 0.42", "echo 0.42.0; echo more"])
def test_version__not_like_a_kubo__clear_error(tmp_path: Path, script: str) -> None:
    with pytest.raises(KuboUnavailable, match=r"is no Kubo|does not run"):
        kubo_version(program(tmp_path / "ipfs", script))


def test_version__not_a_program__clear_error(tmp_path: Path) -> None:
    with pytest.raises(KuboUnavailable, match="does not run"):
        kubo_version(tmp_path)


def test_find__the_real_one__is_new_enough() -> None:
    assert kubo_version(find_kubo()) >= (0, 40, 0)


def test_script__prints_the_path_alone() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True, timeout=1800)
    assert done.stdout == f"{find_kubo()}\n"


def test_script__nothing_to_be_had__error_hint_and_exit_code(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 7
    assert done.stdout == ""
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
