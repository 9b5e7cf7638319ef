"""`parley` as processes of its own: local chains, workers, signals, full disks, ports in use."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parley.errors import ExitCode
from tests.cli.world import World, deployed_world
from tests.support.anvil import AnvilNode

pytestmark = pytest.mark.integration

SECONDS = 90


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PASSWORD", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "parley", *map(str, arguments)]


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Signal a process; return its exit code and what it printed."""
    process.send_signal(number)
    output, errors = process.communicate(timeout=SECONDS)
    return process.returncode, output, errors


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --------------------------------------------------------------------------------------------------------- devnets


@pytest.fixture
def _nothing_left(workplace: Path) -> Iterator[None]:
    """End a chain that a failed test left behind, by its process id."""
    yield
    for state in workplace.glob("**/devnet-*.json"):
        pid = json.loads(state.read_text())["pid"]
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("_nothing_left")
def test_devnet__detached__up_status_down(workplace: Path) -> None:
    up = subprocess.run(command("devnet", "up", "--detach", "--port", 0, "--json"), capture_output=True, text=True)
    assert up.returncode == 0, up.stderr
    facts = json.loads(up.stdout)
    assert is_running(facts["pid"])
    status = subprocess.run(command("devnet", "status", "--json"), capture_output=True, text=True)
    assert json.loads(status.stdout)[0] == facts
    again = subprocess.run(command("devnet", "up", "--detach", "--port", 0), capture_output=True, text=True)
    assert again.returncode == ExitCode.CONFLICT
    assert "the l1 devnet runs already" in again.stderr
    hint = again.stderr.splitlines()[-1]
    stop = hint.partition("`parley ")[2].rstrip("`").split()
    down = subprocess.run(command(*stop), capture_output=True, text=True)
    assert down.returncode == 0, down.stderr
    assert not is_running(facts["pid"])
    nothing = subprocess.run(command("devnet", "down"), capture_output=True, text=True)
    assert nothing.returncode == ExitCode.NOT_FOUND


@pytest.mark.usefixtures("_nothing_left")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.OK)], ids=str
)
def test_devnet__in_the_foreground__signal_ends_chain_and_command(
    workplace: Path, number: signal.Signals, code: int
) -> None:
    process = started("devnet", "up", "--port", 0, "--optimism", "--block-time", 0, "--json")
    state = workplace / ".parley/devnet-l2.json"
    wait_for(state.exists, process)
    facts = json.loads(state.read_text())
    assert facts["chain_id"] == 31338
    time.sleep(1)
    returncode, output, errors = ended(process, number)
    assert returncode == code, errors
    assert json.loads(output)["pid"] == facts["pid"]
    assert "Traceback" not in errors
    assert not is_running(facts["pid"])
    assert not state.exists()


def test_devnet__port_in_use__says_so_and_leaves_nothing(workplace: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = subprocess.run(command("devnet", "up", "-d", "--port", port), capture_output=True, text=True)
    assert up.returncode == ExitCode.CONFLICT
    assert up.stderr.startswith(f"error: port {port} of 127.0.0.1 cannot be used")
    assert "hint: choose another, or 0 for any free one" in up.stderr
    assert up.stdout == ""
    assert not list(workplace.rglob("devnet*"))


# --------------------------------------------------------------------------------------------------------- workers


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A federation that nobody but its sponsor is in."""
    world = deployed_world(module_anvil, tmp_path_factory.mktemp("world"))
    world.newcomer("sponsor")
    world.json("federation", "seal", "breast-cancer", "--rounds", 4)
    world.json("federation", "create", "-a", "sponsor")
    return world


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.OK)], ids=str
)
def test_run__signal__ends_in_order_and_frees_the_key(world: World, number: signal.Signals, code: int) -> None:
    """P-18: a second process with the same key refuses to start; after the first has ended, it starts."""
    process = started("--config", world.config, "sponsor", "run", "-a", "sponsor")
    assert process.stderr is not None
    line = ""
    while '"started"' not in line:
        line = process.stderr.readline()
        assert line, process.communicate()
    assert json.loads(line)["role"] == "sponsor"
    second = world.run("sponsor", "run", "-a", "sponsor")
    assert second.exit_code == ExitCode.CONFLICT
    assert f"process {process.pid} already sends with" in second.stderr
    time.sleep(0.5)
    returncode, output, errors = ended(process, number)
    assert returncode == code, errors
    assert output == ""
    assert errors.splitlines()[-1] == "stopped"
    assert "Traceback" not in errors
    assert world.json("token", "mint", 1, "-a", "sponsor")["action"] == "mint"


def test_command__ctrl_c_while_it_waits__130_without_a_traceback(workplace: Path) -> None:
    """A node that never answers is interrupted cleanly."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = started("federation", "list", "--rpc-url", url)
        silent.settimeout(SECONDS)
        connection, _ = silent.accept()
        with connection:
            returncode, output, errors = ended(process, signal.SIGINT)
    assert returncode == ExitCode.INTERRUPTED
    assert (output, errors) == ("", "")


# ------------------------------------------------------------------------------------------------------- full disk


def limited(limit: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write a file beyond `limit` bytes, as on a full disk."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def test_account_new__disk_full__no_half_key(workplace: Path) -> None:
    done = limited(100, "account", "new", "alice", "--light")
    assert done.returncode == ExitCode.CONTENT
    assert done.stderr.startswith("error: cannot write .parley/keystores/alice")
    assert files_below(workplace) == []


@pytest.mark.parametrize("limit", [10, 5000])
def test_federation_seal__disk_full__neither_secret_nor_shards(workplace: Path, limit: int) -> None:
    """The secret does not fit, or the first shard does not."""
    done = limited(limit, "federation", "seal", "breast-cancer", "--rounds", 4)
    assert done.returncode == ExitCode.CONTENT, done.stderr
    assert "error: no space left for" in done.stderr
    assert files_below(workplace) == []


def test_task_new__disk_full__neither_of_both_files(workplace: Path) -> None:
    done = limited(1000, "task", "new", "flowers")
    assert done.returncode == ExitCode.CONTENT
    assert "error: no space left for" in done.stderr
    assert files_below(workplace) == []


def test_task_split__disk_full__says_so(workplace: Path) -> None:
    done = limited(1000, "task", "split", "breast-cancer")
    assert done.returncode == ExitCode.TASK
    assert "error: cannot write data/trainer-1.npz" in done.stderr
    assert files_below(workplace) == []


def test_cid__store_full__nothing_kept(workplace: Path) -> None:
    (workplace / "big").write_bytes(bytes(10_000))
    done = limited(5000, "cid", "big", "--store", "objects")
    assert done.returncode == ExitCode.CONTENT
    assert "error: no space left for" in done.stderr
    assert files_below(workplace / "objects") == []


def test_model_fetch__disk_full__no_half_model(world: World, workplace: Path) -> None:
    done = limited(1000, "--config", world.config, "-f", 1, "model", "fetch", "--out", workplace / "m.safetensors")
    assert done.returncode == ExitCode.CONTENT
    assert "error: no space left for" in done.stderr
    assert files_below(workplace) == []


def test_deploy__disk_full__error_and_no_half_file(world: World, workplace: Path) -> None:
    done = limited(
        200_000, "--config", world.config, "deploy", "-a", "deployer", "--anew", "--set", "deployments=elsewhere"
    )
    assert done.returncode == ExitCode.CONTENT, done.stderr
    assert "hint: nothing was sent; is the disk full" in done.stderr, "the journal comes before anything leaves"
    for path in (workplace / "elsewhere").rglob("*.json"):
        json.loads(path.read_text())
    assert not list((workplace / "elsewhere").rglob("*.part"))
