"""A worker that nobody looks at, as a process: watched, examined while it runs, and telling nobody its secrets."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from parley.errors import ExitCode
from tests.cli.world import PASSWORD, World, deployed_world
from tests.support.anvil import AnvilNode

pytestmark = pytest.mark.integration

SECONDS = 240
KEY = "ca4a51e5" * 8
WORDS = "correct horse battery canary"
TOKEN = "canarytoken0123456789"  # in the path of an endpoint


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A federation with a sponsor; the watcher's key is the canary, under a password of its own."""
    world = deployed_world(module_anvil, tmp_path_factory.mktemp("world"))
    world.newcomer("sponsor")
    world.json("federation", "seal", "breast-cancer", "--rounds", 4)
    world.json("federation", "create", "-a", "sponsor")
    (world.folder / "canary.key").write_text(KEY)
    (world.folder / "words").write_text(WORDS + "\n")
    line = ("account", "import", "canary", "--file", world.folder / "canary.key", "--light")
    world.json(*line, "--password-file", world.folder / "words")
    lines = world.config.read_text().splitlines(keepends=True)
    bare(world).write_text("".join(line for line in lines if not line.startswith(("password_file", "rpc_url"))))
    return world


def bare(world: World) -> Path:
    """A configuration without endpoint and password file: these come from the environment."""
    return world.config.with_name("bare.toml")


def environment(**variables: str) -> dict[str, str]:
    """The environment of a process: ours without Parley's variables, and some of those."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return {**kept, "OMP_NUM_THREADS": "1", **variables}


def command(world: World, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "parley", "--config", str(bare(world)), *map(str, arguments)]


def run(world: World, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    line = command(world, *arguments)
    given = environment(**{"PARLEY_RPC_URL": world.node.url, **variables})
    return subprocess.run(line, env=given, capture_output=True, text=True, timeout=SECONDS)


def canaries(text: str) -> list[str]:
    """What of the secrets stands in a text."""
    decimal = str(int(KEY, 16))
    return [secret for secret in (KEY, decimal, "battery canary", TOKEN) if secret.lower() in text.lower()]


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


class Worker:
    """`parley watcher run --dry-run` as a process, with metrics and health at any free port."""

    def __init__(self, world: World, log: Path) -> None:
        # The first endpoint serves nothing and has a secret path; the worker goes on with the second.
        urls = f"{world.node.url}/{TOKEN}?key={TOKEN},{world.node.url}"
        options = ("--debug", "watcher", "run", "--dry-run", "--monitor-port", 0, "-a", "canary")
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command(world, *options),
                env=environment(PARLEY_PASSWORD=WORDS, PARLEY_PRIVATE_KEY=KEY, PARLEY_RPC_URL=urls),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.url = self.wait_for(r'"url": "(http://127\.0\.0\.1:\d+)"')

    def wait_for(self, pattern: str) -> str:
        """The first group of a pattern, once the log holds it."""
        until = time.monotonic() + SECONDS
        while (found := re.search(pattern, self.log.read_text())) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)
        return found[1]

    def ready(self) -> dict[str, Any]:
        """What /readyz says, once it says 200."""
        until = time.monotonic() + SECONDS
        while (answer := requests.get(self.url + "/readyz", timeout=10)).status_code != 200:
            assert time.monotonic() < until, answer.text
            time.sleep(0.2)
        facts: dict[str, Any] = answer.json()
        return facts


@pytest.fixture(scope="module")
def worker(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    running = Worker(world, tmp_path_factory.mktemp("worker") / "log")
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def test_worker__runs__is_ready_and_serves_its_metrics(worker: Worker) -> None:
    """F-63: alive and ready; the balance and the disk are known, the free stake as well."""
    facts = worker.ready()
    assert all(check["ok"] for check in facts["checks"].values())
    page = requests.get(worker.url + "/metrics", timeout=10).text
    assert "parley_ready 1.0" in page
    assert requests.get(worker.url + "/healthz", timeout=10).status_code == 200
    assert re.search(r"^parley_disk_free_bytes [1-9]", page, re.MULTILINE)
    assert re.search(r'^parley_rpc_requests_total\{endpoint="1",outcome="ok"\} [1-9]', page, re.MULTILINE)
    assert canaries(page + json.dumps(facts)) == []


def test_doctor__while_a_worker_holds_the_key__examines_all_and_disturbs_nothing(worker: World, world: World) -> None:
    """P-18: the doctor needs no lock; the journal that is in use is as it should be."""
    done = run(world, "doctor", "--json", "-a", "canary", "--password-file", world.folder / "words")
    found = {row["check"]: row for row in json.loads(done.stdout)}
    assert found["journal"]["status"] == "ok"
    assert "already sends with" in found["journal"]["found"]
    assert found["key"]["status"] == "ok"
    assert found["identity"]["status"] == "warn"
    # The watcher's key has no ether: the only failure, and the exit code is its.
    assert [name for name, row in found.items() if row["status"] == "fail"] == ["ether"]
    assert done.returncode == ExitCode.CHAIN == found["ether"]["code"]
    assert canaries(done.stdout + done.stderr) == []


def test_worker__its_process__shows_no_secret_but_in_the_environment_it_was_given(worker: Worker) -> None:
    """F-64, P-21: nothing in argv; what the kernel keeps of the start cannot be taken back, and is its owner's only."""
    folder = Path(f"/proc/{worker.process.pid}")
    assert canaries((folder / "cmdline").read_text()) == []
    assert canaries((folder / "environ").read_text()) != []
    assert stat.S_IMODE((folder / "environ").stat().st_mode) == 0o400
    for child in children_of(worker.process.pid):
        assert canaries(Path(f"/proc/{child}/environ").read_text()) == []


def test_worker__sigterm__ends_at_once_in_order_and_the_log_holds_no_secret(worker: Worker) -> None:
    """F-59, F-64: exit code 0, no traceback, the monitor is gone; the whole log of --debug has no canary."""
    worker.ready()
    began = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(SECONDS) == 0
    assert time.monotonic() - began < 20
    written = worker.log.read_text()
    assert written.splitlines()[-1] == "stopped"
    assert "Traceback" not in written
    assert canaries(written) == []
    with pytest.raises(requests.ConnectionError):
        requests.get(worker.url + "/healthz", timeout=10)


def test_failures__on_every_way__show_no_secret(world: World) -> None:
    """F-64, P-21: no chain, wrong password, damaged key, no data: errors, hints, tracebacks and logs."""
    gone = f"http://user:{TOKEN}@127.0.0.1:1/{TOKEN}?k={TOKEN}"
    runs = [
        run(world, "--debug", "watcher", "run", "-a", "canary", PARLEY_RPC_URL=gone, PARLEY_PASSWORD=WORDS),
        run(world, "--debug", "trainer", "run", PARLEY_PRIVATE_KEY=f"{KEY}00", PARLEY_PASSWORD=WORDS),
        run(world, "--debug", "trainer", "run", "--data", "x.npz", PARLEY_PRIVATE_KEY=KEY),
        run(world, "--debug", "stake", "deposit", 1, "-a", "sponsor", PARLEY_PASSWORD=WORDS),
    ]
    codes = [done.returncode for done in runs]
    assert codes == [ExitCode.CHAIN, ExitCode.KEYSTORE, ExitCode.NOT_FOUND, ExitCode.KEYSTORE], [r.stderr for r in runs]
    for done in runs:
        assert "Traceback" in done.stderr
        assert canaries(done.stdout + done.stderr) == []


def test_devnet__started_with_a_key_in_the_environment__does_not_inherit_it(world: World, tmp_path: Path) -> None:
    """F-64: Anvil runs for days, and needs no key of ours."""
    line = ("--home", tmp_path, "devnet", "up", "--detach", "--port", 0, "--json")
    up = run(world, *line, PARLEY_PRIVATE_KEY=KEY, PARLEY_PASSWORD=WORDS)
    pid = json.loads(up.stdout)["pid"]
    try:
        inherited = Path(f"/proc/{pid}/environ").read_text()
        assert "PATH=" in inherited
        assert canaries(inherited) == []
        assert "PARLEY_P" not in inherited
    finally:
        assert run(world, "--home", tmp_path, "devnet", "down").returncode == 0


def test_doctor__of_a_sponsor__all_is_well(world: World) -> None:
    rows = world.json("doctor", "-a", "sponsor", "--set", "monitor_port=0")
    assert {row["status"] for row in rows} <= {"ok", "warn"}
    assert {"settings", "home", "endpoint 0", "clock", "contracts", "key", "journal", "identity", "federation"} <= {
        row["check"] for row in rows
    }
    by_name = {row["check"]: row["found"] for row in rows}
    assert by_name["seal"].startswith("the secret of 4 validation shards is here")
    assert by_name["store 0"].endswith("takes, gives back and keeps objects")
    assert "code as deployed" in by_name["contracts"]


def test_doctor__several_things_wrong__names_each_with_advice_and_exits_with_the_first(
    world: World, tmp_path: Path
) -> None:
    """One that fails hides no other; what stands on it is not looked at."""
    stranger = tmp_path / "file"
    stranger.write_text("no folder")
    key = world.folder / "home" / "keystores" / "sponsor"
    key.chmod(0o644)
    taken = ("--set", f"monitor_port={world.node.url.rpartition(':')[2]}")
    wrong = ("--set", "deployments=elsewhere", "--store", stranger, "--rpc-url", f"{world.node.url},http://127.0.0.1:1")
    try:
        result = world.run("doctor", "-a", "sponsor", "--json", *taken, *wrong)
    finally:
        key.chmod(0o600)
    rows = json.loads(result.stdout)
    status = {row["check"]: row["status"] for row in rows}
    assert {name for name, found in status.items() if found == "fail"} == {"contracts", "store 0", "monitor"}
    assert {name for name, found in status.items() if found == "skip"} == {
        "identity",
        "federation",
        "stake",
        "task",
        "seal",
    }
    assert (status["endpoint 0"], status["endpoint 1"]) == ("ok", "warn")
    assert ("key", "warn", f"{key} has mode 0644: others can read it", f"chmod 600 {key}") in [
        (row["check"], row["status"], row["found"], row["advice"]) for row in rows
    ]
    assert all(row["advice"] for row in rows if row["status"] in ("fail", "warn"))
    first = next(row["code"] for row in rows if row["status"] == "fail")
    assert result.exit_code == first == ExitCode.NOT_FOUND
    assert PASSWORD not in result.stdout


def test_doctor__page__is_readable(world: World) -> None:
    result = world.run("doctor", "-a", "sponsor")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ok    settings")
    assert re.fullmatch(r"\d+ ok(, \d+ to note)?", lines[-1])
