"""The Kubo daemon that the demo and the tests start: serves, and leaves no process behind, however its owner ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parley.storage import KuboUnavailable, cid_of, open_store
from parley.storage.daemon import KuboDaemon
from parley.storage.kubo_binary import find_kubo

pytestmark = pytest.mark.integration

OWNER = """
import sys, time
from pathlib import Path
from parley.storage.daemon import KuboDaemon
from parley.storage.kubo_binary import find_kubo
with KuboDaemon(Path(sys.argv[1]), find_kubo()) as daemon:
    print(daemon.pid, flush=True)
    time.sleep(600)
"""


def runs(pid: int) -> bool:
    """Return whether a process is alive (a zombie is not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(pid: int, timeout: float = 15) -> bool:
    """Wait for a process to end."""
    until = time.monotonic() + timeout
    while runs(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not runs(pid)


def program(path: Path, script: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return path


def test_daemon__start_stop_start__serves_and_remembers(tmp_path: Path) -> None:
    daemon = KuboDaemon(tmp_path / "repo", find_kubo())
    with daemon:
        pid = daemon.pid
        assert pid is not None
        assert daemon.address.startswith("/ip4/127.0.0.1/tcp/")
        cid = open_store(daemon.address).put(b"remember")
    assert gone(pid)
    assert daemon.pid is None
    with pytest.raises(KuboUnavailable, match="not running"):
        _ = daemon.address
    with daemon:
        assert open_store(daemon.address).get(cid, 8) == b"remember"
    daemon.stop()


def test_daemon__listens_on_loopback_only(tmp_path: Path) -> None:
    with KuboDaemon(tmp_path / "repo", find_kubo()) as daemon:
        listening = [line.split() for line in Path(f"/proc/{daemon.pid}/net/tcp").read_text().splitlines()[1:]]
        links = {str(path.readlink()) for path in Path(f"/proc/{daemon.pid}/fd").iterdir() if path.is_symlink()}
        own = [fields[1] for fields in listening if fields[3] == "0A" and f"socket:[{fields[9]}]" in links]
    assert own
    assert all(address.startswith("0100007F:") for address in own)


def test_daemon__two_at_once__on_ports_of_their_own(tmp_path: Path) -> None:
    binary = find_kubo()
    with KuboDaemon(tmp_path / "one", binary) as one, KuboDaemon(tmp_path / "two", binary) as two:
        assert one.address != two.address
        cid = open_store(one.address).put(b"only in one")
        assert not open_store(two.address).has(cid)


def test_start__runs_already__refused(tmp_path: Path) -> None:
    with KuboDaemon(tmp_path / "repo", find_kubo()) as daemon:
        with pytest.raises(KuboUnavailable, match=f"runs already, as process {daemon.pid}"):
            daemon.start()
        assert open_store(daemon.address).put(b"") == cid_of(b"")


def test_start__repository_in_use_by_another__clear_error_and_the_other_lives(tmp_path: Path) -> None:
    with KuboDaemon(tmp_path / "repo", find_kubo()) as first:
        second = KuboDaemon(tmp_path / "repo", find_kubo())
        with pytest.raises(KuboUnavailable, match=r"the Kubo daemon ended: .*lock") as error:
            second.start()
        assert error.value.hint
        assert second.pid is None
        assert first.pid is not None
        assert open_store(first.address).put(b"") == cid_of(b"")


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_daemon__owner_ends__daemon_ends_too(tmp_path: Path, ending: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "repo")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert runs(pid)
        owner.send_signal(ending)
        owner.wait(30)
    finally:
        owner.kill()
        owner.communicate()
    assert gone(pid)


def test_start__program_cannot_make_a_repository__says_what_it_said(tmp_path: Path) -> None:
    binary = program(tmp_path / "ipfs", "echo reading >&2\necho 'Error: the moon is wrong' >&2\nexit 3\n")
    with pytest.raises(KuboUnavailable, match=r"cannot make a Kubo repository in .*repo: Error: the moon is wrong"):
        KuboDaemon(tmp_path / "repo", binary).start()


def test_start__no_such_program__clear_error(tmp_path: Path) -> None:
    with pytest.raises(KuboUnavailable, match="cannot make a Kubo repository") as error:
        KuboDaemon(tmp_path / "repo", tmp_path / "nowhere").start()
    assert error.value.hint


def test_start__daemon_never_serves__given_up_and_ended(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "config").write_text("{}")
    binary = program(tmp_path / "ipfs", f"echo $$ > {tmp_path}/pid\ntrap '' TERM\nwhile :; do sleep 0.1; done\n")
    daemon = KuboDaemon(tmp_path / "repo", binary)
    stop = daemon.stop
    daemon.stop = lambda timeout=0.5: stop(timeout)  # type: ignore[method-assign]
    with pytest.raises(KuboUnavailable, match=r"did not serve within 0\.5 s"):
        daemon.start(timeout=0.5)
    assert gone(int((tmp_path / "pid").read_text()))


def test_start__stale_address_of_a_killed_daemon__is_not_believed(tmp_path: Path) -> None:
    daemon = KuboDaemon(tmp_path / "repo", find_kubo()).start()
    assert daemon.pid is not None
    stale = daemon.address
    os.kill(daemon.pid, signal.SIGKILL)
    until = time.monotonic() + 15
    while time.monotonic() < until and daemon.pid is not None:
        time.sleep(0.02)
    with pytest.raises(KuboUnavailable, match="not running"):
        _ = daemon.address
    (tmp_path / "repo" / "api").write_text(stale)
    with KuboDaemon(tmp_path / "repo", find_kubo()) as again:
        assert open_store(again.address).put(b"") == cid_of(b"")
    daemon.stop()
