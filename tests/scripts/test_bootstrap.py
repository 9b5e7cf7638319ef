"""The installer does nothing twice, and says in one line what it cannot do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripts.loading import SCRIPTS, load_script

bootstrap = load_script("bootstrap")

pytestmark = pytest.mark.unit


def test_bootstrap__everything_in_place__says_nothing() -> None:
    run = subprocess.run([sys.executable, SCRIPTS / "bootstrap"], capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_is_current__stamp_of_other_inputs__false(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    before = bootstrap.fingerprint(lock)
    (tmp_path / bootstrap.STAMP).write_text(before)
    assert bootstrap.is_current(tmp_path, bootstrap.fingerprint(lock))
    lock.write_text("a==2")
    assert not bootstrap.is_current(tmp_path, bootstrap.fingerprint(lock))
    assert not bootstrap.is_current(tmp_path / "absent", before)


def test_check_python__too_old__names_the_version_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "MIN_PYTHON", (99, 0))
    with pytest.raises(bootstrap.BootstrapError, match=r"99\.0 or newer is needed"):
        bootstrap.check_python()


def test_run__command_fails__says_what_failed() -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"baking failed \(exit code 3\)"):
        bootstrap.run([sys.executable, "-c", "raise SystemExit(3)"], purpose="baking")


def test_node_major__not_a_node__is_zero(tmp_path: Path) -> None:
    assert bootstrap.node_major(str(tmp_path / "absent")) == 0
    assert bootstrap.node_major(sys.executable) == 0
