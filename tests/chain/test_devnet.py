"""Local chains: started, found again, and ended by their process id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.chain import devnet
from parley.chain.devnet import ChildDevnet, Flavour
from parley.chain.rpc import connect
from parley.errors import ChainError, ConfigError, Conflict, NotFound

CHILD = """
import sys, time
from pathlib import Path
from parley.chain.devnet import ChildDevnet
child = ChildDevnet(Path(sys.argv[1]), block_time=None)
print(child.devnet.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose chains end with the test."""
    yield tmp_path
    for flavour in Flavour:
        if devnet.status(tmp_path, flavour) is not None:
            devnet.down(tmp_path, flavour)


def is_alive(pid: int) -> bool:
    """Whether a process that is not ours exists."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.integration
def test_up__then_status_and_down__leaves_no_process(folder: Path) -> None:
    started = devnet.up(folder, port=0, block_time=None, accounts=3)
    w3 = connect(started.url, 31337)
    assert devnet.status(folder) == started
    assert len(started.accounts) == len(started.private_keys) == 3
    assert w3.eth.get_balance(w3.to_checksum_address(started.accounts[2])) == 10_000 * 10**18
    assert started.private_keys[0] not in repr(started)
    assert devnet.down(folder) == started
    assert not is_alive(started.pid)
    assert devnet.status(folder) is None
    assert [path.name for path in folder.iterdir()] == ["devnet-l1.log"]


@pytest.mark.integration
def test_up__both_flavours__have_their_own_chain_ids(folder: Path) -> None:
    first = devnet.up(folder, port=0, block_time=None)
    second = devnet.up(folder, flavour=Flavour.L2, port=0, block_time=None)
    assert (connect(first.url).eth.chain_id, connect(second.url).eth.chain_id) == (31337, 31338)
    devnet.down(folder, Flavour.L2)
    assert devnet.status(folder) == first


@pytest.mark.integration
def test_up__twice__is_refused(folder: Path) -> None:
    started = devnet.up(folder, port=0, block_time=None)
    with pytest.raises(Conflict, match=f"runs already: process {started.pid}, {started.url}"):
        devnet.up(folder, port=0)


@pytest.mark.integration
def test_up__port_in_use__is_refused_and_nothing_is_left(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Conflict, match=f"port {taken.getsockname()[1]} of 127.0.0.1 cannot be used"):
            devnet.up(folder, port=taken.getsockname()[1])
    assert list(folder.iterdir()) == []


@pytest.mark.unit
def test_up__no_port__is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="70000 is no port"):
        devnet.up(folder, port=70_000)


@pytest.mark.integration
def test_up__state_cannot_be_written__ends_what_it_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(devnet, "write_whole", full)
    before = set(children())
    with pytest.raises(OSError, match="disk full"):
        devnet.up(folder, port=0)
    assert set(children()) == before


def children() -> list[int]:
    """Processes that this one started and that still run."""
    text = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in text.split() if is_alive(int(pid))]


@pytest.mark.unit
def test_down__none_runs__says_so(folder: Path) -> None:
    with pytest.raises(NotFound, match=r"no l1 devnet of .* runs"):
        devnet.down(folder)


@pytest.mark.unit
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', "\x00"])
def test_status__damaged_state__counts_as_none(folder: Path, content: str) -> None:
    (folder / "devnet-l1.json").write_text(content)
    assert devnet.status(folder) is None


@pytest.mark.integration
def test_status__process_id_taken_by_another__counts_as_none(folder: Path) -> None:
    """Only the process that was started is ever ended: the id of a dead one may be somebody else's."""
    started = devnet.up(folder, port=0, block_time=None)
    file = folder / "devnet-l1.json"
    state = file.read_text()
    file.write_text(json.dumps({**json.loads(state), "pid": os.getpid()}))
    assert devnet.status(folder) is None
    with pytest.raises(NotFound):
        devnet.down(folder)
    file.write_text(state)
    assert devnet.status(folder) == started


@pytest.mark.integration
def test_child__block_ends__is_gone(tmp_path: Path) -> None:
    with ChildDevnet(tmp_path, block_time=None) as child:
        assert connect(child.devnet.url).eth.block_number == 0
    assert not is_alive(child.devnet.pid)
    child.close()


@pytest.mark.integration
def test_child__parent_is_killed__dies_with_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_alive(pid)


@pytest.mark.integration
def test_find_anvil__not_installed__says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devnet, "project_root", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChainError, match="anvil is not installed"):
        devnet.find_anvil()


@pytest.mark.integration
def test_start__anvil_ends_at_once__says_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\necho it will not work\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(devnet, "find_anvil", lambda: broken)
    with pytest.raises(ChainError, match="anvil ended at once: it will not work"):
        ChildDevnet(tmp_path)
