"""A short chaos run: real workers, a real chain, real Kubo nodes, and everything that breaks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaoslab.verifiers import VERIFIERS
from tests.cli.demo_processes import started_below

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "chaos.py"
ROUNDS = 3


def command(folder: Path, *arguments: str) -> list[str]:
    """The short form, in a folder of its own."""
    return [sys.executable, str(SCRIPT), "--short", "--folder", str(folder), *arguments]


@pytest.mark.timeout(600)
def test_chaos__three_rounds__nothing_is_lost_doubled_or_left_behind(tmp_path: Path) -> None:
    """P-10, P-12, P-17, P-18, P-19, P-28: a federation under attack by its surroundings; a seed gives the events."""
    done = subprocess.run(
        command(tmp_path / "run", "--rounds", str(ROUNDS), "--json"), capture_output=True, text=True, timeout=550
    )
    outcome = json.loads(done.stdout) if done.stdout else {}
    assert outcome, done.stderr
    assert outcome["checks"] == {name: [] for name, _ in VERIFIERS}, done.stderr
    assert outcome["holds"]
    assert done.returncode == 0
    assert len(outcome["rounds"]) == ROUNDS
    assert sum(outcome["events"].values()) >= 2 * ROUNDS
    assert outcome["duties"] >= 4 * ROUNDS
    assert started_below(tmp_path) == []


@pytest.mark.timeout(300)
def test_chaos__interrupted__leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C ends every process that the run started, in the middle of its set-up."""
    folder = tmp_path / "run"
    run = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 200
    while not (folder / "players").exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(started_below(folder)) > 3
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=90)
    assert run.returncode == 130, errors.decode()
    assert b"Traceback" not in errors
    assert started_below(folder) == []
