"""One folder, many processes: kills, limits of the kernel, and five workers at once (P-18, P-20)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parley.storage import Blockstore, ContentMissing, StoreFull, cid_of
from tests.storage.test_unixfs import patterned

pytestmark = pytest.mark.integration

MIB = 1 << 20
DATA = patterned(3 * MIB)
CID = cid_of(DATA)

WRITE_AND_STALL = """
import sys, time
from pathlib import Path
from parley.storage import Blockstore
def pieces():
    yield bytes(1 << 20)
    print("written", flush=True)
    time.sleep(600)
Blockstore(Path(sys.argv[1])).put(pieces())
"""

DIE_BEFORE_RENAME = """
import os, signal, sys
from pathlib import Path
from parley.storage import Blockstore
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Blockstore(Path(sys.argv[1])).put(sys.stdin.buffer.read())
"""

LIMITED = """
import resource, sys
from pathlib import Path
from parley.storage import Blockstore, StoreFull
store = Blockstore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    store.put(sys.stdin.buffer.read())
except StoreFull as error:
    print(error, "|", error.hint)
    sys.exit(17)
"""

WORKER = """
import hashlib, sys
from pathlib import Path
from parley.storage import Blockstore, cid_of
number = int(sys.argv[2])
store = Blockstore(Path(sys.argv[1]), owner=f"worker-{number}")
def content(i):
    return hashlib.sha256(bytes([i])).digest() * 40_000
for turn in range(6):
    for i in range(8):
        data = content((i + number) % 8)
        cid = store.put(data)
        assert store.get(cid, len(data)) == data, "lost while pinned"
        if (i + turn) % 3 == 0:
            store.unpin(cid)
            store.put(data)
            store.pin(cid)
            assert store.get(cid, len(data)) == data, "lost after a pin"
for i in range(8):
    store.unpin(cid_of(content(i)))
print("done")
"""


def python(script: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", script, *arguments]


def visible(root: Path) -> list[str]:
    """Return the names under which anything is kept."""
    return sorted(path.name for folder in ("objects", "pins") for path in (root / folder).rglob("*") if path.is_file())


def test_put__killed_while_writing_p18__nothing_visible_and_swept_at_the_next_start(tmp_path: Path) -> None:
    """P-18, P-20: `kill -9` leaves no half-written object."""
    writer = subprocess.Popen(python(WRITE_AND_STALL, str(tmp_path)), stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"written\n"
        Blockstore(tmp_path)
        assert len(list((tmp_path / "incoming").iterdir())) == 1, "a living writer's file stays"
    finally:
        writer.kill()
        writer.communicate()
    assert visible(tmp_path) == []
    Blockstore(tmp_path)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_put__killed_before_the_rename_p18__nothing_visible_and_repeated_well(tmp_path: Path) -> None:
    """P-18: between the finished file and its name lies one rename, and a kill there changes nothing."""
    killed = subprocess.run(python(DIE_BEFORE_RENAME, str(tmp_path)), input=DATA, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    store = Blockstore(tmp_path)
    assert not store.has(CID)
    with pytest.raises(ContentMissing):
        store.get(CID, len(DATA))
    assert list((tmp_path / "incoming").iterdir()) == []
    assert store.put(DATA) == CID
    assert store.get(CID, len(DATA)) == DATA


def test_put__file_size_limit_of_the_kernel__clear_error_and_nothing_left(tmp_path: Path) -> None:
    limited = subprocess.run(python(LIMITED, str(tmp_path)), input=DATA, capture_output=True, check=False, timeout=60)
    assert limited.returncode == 17, limited.stderr.decode()
    assert limited.stdout.decode().startswith("no space left for")
    assert StoreFull.default_exit_code == 7
    assert visible(tmp_path) == []
    assert list((tmp_path / "incoming").iterdir()) == []


def test_store__five_workers_in_one_folder__none_loses_what_it_pinned(tmp_path: Path) -> None:
    """Writing, pinning and letting go cross each other in five processes; in the end nobody keeps anything."""
    commands = [python(WORKER, str(tmp_path), str(number)) for number in range(5)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for command in commands]
    try:
        results = [worker.communicate(timeout=120) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert [out for out, _ in results] == [b"done\n"] * 5, b"".join(err for _, err in results).decode()
    assert visible(tmp_path) == []
    assert list((tmp_path / "quarantine").iterdir()) == []
