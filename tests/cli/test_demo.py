"""The demo: a whole federation of processes, and that nothing of it is left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from parley.cli.demo.page import address_in
from parley.cli.demo.plan import FREE_RIDER, SPONSOR, DemoPlan
from parley.cli.demo.run import MARK, run
from parley.errors import ConfigError, Conflict
from tests.cli.demo_processes import demo_command, started_below

ROUNDS = 2


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_demo__two_rounds_on_four_nodes__trains_pays_balances_and_leaves_no_process(tmp_path: Path) -> None:
    """P-8, P-12, P-17, P-24: rounds end, all claim, the books balance to the wei, the free rider earns little.

    Each operator uses its own one of four Kubo nodes, so whatever reaches another came from node to node.
    """
    home = tmp_path / "home"
    scale = ("--rounds", str(ROUNDS), "--trainers", "4")
    done = subprocess.run(
        demo_command(home, *scale, "--task", "breast-cancer", "--store", "kubo", "--nodes", "4", "--json"),
        capture_output=True,
        text=True,
        timeout=550,
    )
    summary = json.loads(done.stdout) if done.stdout else {}
    assert summary, done.stderr
    assert summary == json.loads((home / "demo" / "summary.json").read_text())
    assert [row["outcome"] for row in summary["rounds"]] == ["final"] * ROUNDS
    assert all(check["holds"] for check in summary["books"])
    assert summary["accuracy"] > summary["genesis_accuracy"]
    assert summary["paid"][FREE_RIDER] <= min(
        amount for name, amount in summary["paid"].items() if name.startswith("trainer")
    )
    assert all(row["finalized_at"] > row["opened_at"] for row in summary["rounds"])
    stores = {file.read_text().partition("store = ")[2].splitlines()[0] for file in home.glob("demo/players/*/*.toml")}
    assert len(stores) == 4
    assert started_below(home) == []


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo__interrupted_while_workers_run__leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end every process that the demo started."""
    home = tmp_path / "home"
    demo = subprocess.Popen(
        demo_command(home, "--task", "breast-cancer", "--trainers", "3", "--page"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    log = home / "demo" / "players" / "trainer-1" / "log"
    deadline = time.monotonic() + 150
    while not (log.exists() and log.stat().st_size) and demo.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(started_below(home)) > 3
    url = address_in(home / "demo" / "page.log")
    assert requests.get(f"{url}/api/federations", timeout=30).json()[0]["fid"] == 1, "its page is up"
    demo.send_signal(number)
    _, errors = demo.communicate(timeout=90)
    assert demo.returncode == 130, errors.decode()
    assert b"Traceback" not in errors
    assert started_below(home) == []


@pytest.mark.unit
def test_run__folder_of_somebody_else__is_left_alone(tmp_path: Path) -> None:
    """The demo empties only folders that it made itself."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Conflict, match="not a demo's folder"):
        run(DemoPlan(folder=tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert not (tmp_path / MARK).exists()


CANNOT_PLAY = [
    {"trainers": 2},
    {"evaluators": 2},
    {"rounds": 0},
    {"aggregators": 0},
    {"nodes": 2},
    {"store": "kubo", "nodes": 0},
    {"store": "kubo", "nodes": 17},
]


@pytest.mark.unit
@pytest.mark.parametrize("changes", CANNOT_PLAY)
def test_plan__cast_that_cannot_play__is_refused(tmp_path: Path, changes: dict[str, int | str]) -> None:
    """Clear errors before anything is started."""
    with pytest.raises(ConfigError):
        DemoPlan(folder=tmp_path, **changes)  # type: ignore[arg-type]


@pytest.mark.unit
def test_plan__players__are_named_once_and_the_free_rider_owns_no_data(tmp_path: Path) -> None:
    """Each player has a key, a folder and a log of its own."""
    players = DemoPlan(folder=tmp_path).players
    names = [player.name for player in players]
    assert len(set(names)) == len(names) == 12
    assert names[0] == SPONSOR
    assert [p.shard for p in players if p.name == FREE_RIDER] == [None]
