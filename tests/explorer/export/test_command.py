"""`parley explorer export` on a real chain: what it says, what it refuses, and a demo that it explains."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from parley.chain import compiler
from parley.chain.rpc import connect
from parley.errors import ExitCode
from tests.chain.town import rpc
from tests.cli.demo_processes import demo_command, started_below
from tests.cli.world import World, deployed_world
from tests.explorer.export.chain_history import decode_all
from tests.explorer.export.decoder import Exported
from tests.support.anvil import AnvilNode, running_anvil

pytestmark = pytest.mark.integration

SECRET = "open-sesame-123"
DEMO_SECONDS = 500


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> World:
    return deployed_world(module_anvil, tmp_path_factory.mktemp("world"))


@pytest.fixture
def changed_code(world: World) -> Iterator[str]:
    """StakeVault's file and the chain agree on other code than the sources'; its name."""
    path = world.folder / "deployments" / str(world.node.chain_id) / "StakeVault.json"
    before = path.read_text()
    item = json.loads(before)
    w3 = connect(world.node.url, world.node.chain_id)
    code = bytes(w3.eth.get_code(item["address"]))
    other = code[:-1] + bytes([code[-1] ^ 1])
    rpc(w3, "anvil_setCode", item["address"], "0x" + other.hex())
    path.write_text(json.dumps({**item, "code_hash": "0x" + keccak(other).hex()}))
    yield item["contract"]
    rpc(w3, "anvil_setCode", item["address"], "0x" + code.hex())
    path.write_text(before)


def refused(world: World, out: Path, *arguments: object) -> tuple[int, str]:
    """Run an export that must fail and write nothing; its exit code and what it says."""
    before = sorted(out.rglob("*"))
    result = world.run("explorer", "export", "--out", out, *arguments)
    assert result.stdout == ""
    assert [line.partition(":")[0] for line in result.stderr.splitlines()[-2:]] == ["error", "hint"]
    assert sorted(out.rglob("*")) == before
    return result.exit_code, result.stderr


def test_export__again__is_the_same_and_says_where(world: World, tmp_path: Path) -> None:
    first = world.json("explorer", "export", "--out", tmp_path / "out")
    files = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert first["chain_id"] == world.node.chain_id
    assert first["files"] + 1 == len(files)
    assert world.json("explorer", "export", "--out", tmp_path / "out") == first
    assert {path: path.read_bytes() for path in files} == files
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "out")
    assert checked.returncode == 0


def test_export__endpoint_with_credentials__shows_them_nowhere(world: World, tmp_path: Path) -> None:
    """P-21: the configuration of an explorer is served to every browser."""
    url = world.node.url.replace("http://", f"http://me:{SECRET}@")
    result = world.run("explorer", "export", "--out", tmp_path / "out", "--rpc-url", url)
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "otterscan.json").read_text())["rpcURL"] == world.node.url
    assert SECRET not in result.output
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_export__code_of_other_sources__is_refused(world: World, tmp_path: Path, changed_code: str) -> None:
    code, said = refused(world, tmp_path / "out")
    assert code == ExitCode.CHAIN
    assert f"the code of {changed_code} at" in said
    assert "does not come from the sources here: nothing is exported" in said


def test_export__chain_without_deployment__says_deploy(world: World, tmp_path: Path) -> None:
    with running_anvil(chain_id=31_341) as other:
        code, said = refused(world, tmp_path / "out", "--rpc-url", other.url)
    assert code == ExitCode.NOT_FOUND
    assert "there is no deployment on chain 31341" in said


def test_export__sources_not_here__says_so(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Parley was installed from a wheel."""
    monkeypatch.setattr(compiler, "__file__", str(tmp_path / "compiler.py"))
    monkeypatch.chdir(tmp_path)
    code, said = refused(world, tmp_path / "out")
    assert code == ExitCode.CHAIN
    assert "the contracts' sources are not here" in said
    assert "run this in a clone of Parley" in said


def test_export__folder_of_somebody_else__is_left_alone(world: World, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    code, said = refused(world, tmp_path)
    assert code == ExitCode.CONFLICT
    assert "it is left alone" in said
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.timeout(600)
def test_export__of_a_demo_that_was_kept__explains_every_transaction(tmp_path: Path) -> None:
    """What a user does: a demo with `--keep`, and an explorer beside it."""
    home = tmp_path / "home"
    scale = ("--rounds", "1", "--trainers", "3", "--aggregators", "1", "--task", "breast-cancer")
    with (tmp_path / "shown").open("w") as shown:
        demo = subprocess.Popen(
            demo_command(home, *scale, "--keep"),
            stdout=shown,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "500"},  # no line is broken
        )
    watchdog = threading.Timer(DEMO_SECONDS, demo.kill)
    watchdog.start()
    try:
        config = _kept(demo)
        assert "books, to the wei" in (tmp_path / "shown").read_text(), "what came of it is told before the waiting"
        command = ["--config", config, "explorer", "export", "--out", str(tmp_path / "out"), "--json"]
        done = subprocess.run([sys.executable, "-m", "parley", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        exported = Exported(tmp_path / "out")
        assert json.loads(done.stdout)["contracts"] == {n: c["address"] for n, c in exported.contracts.items()}
        told = decode_all(connect(exported.json("otterscan.json")["rpcURL"]), exported)
    finally:
        watchdog.cancel()
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert sorted(told.creations) == sorted(exported.contracts)
    assert told.calls["RoundCoordinator.settle"] == told.events["RoundCoordinator.RoundFinalized"] == 1
    assert told.calls["RewardVault.claim"] == told.events["RewardVault.Claimed"] > 0
    assert started_below(home) == []


def _kept(demo: subprocess.Popen[str]) -> str:
    """Wait until a demo has ended and keeps its chain; the configuration file that it names."""
    assert demo.stderr is not None
    said = ""
    for line in demo.stderr:
        said += line
        if found := re.search(r"parley --config (\S+) round list", line):
            return found[1]
    raise AssertionError(said)
