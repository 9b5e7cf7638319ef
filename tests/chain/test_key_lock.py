"""One process per key and chain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parley.chain.errors import KeyInUse
from parley.chain.key_lock import KeyLock

ADDRESS = "0x" + "aB" * 20
HOLD = """
import sys
from pathlib import Path
from parley.chain.key_lock import KeyLock
lock = KeyLock(Path(sys.argv[1]), 1, sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.unit
def test_key_lock__second_holder__is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    """P-18: two processes with one key, the second refuses to start."""
    with KeyLock(tmp_path / "locks", 1, ADDRESS) as first:
        with pytest.raises(KeyInUse, match=f"process {os.getpid()} already sends with {ADDRESS} on chain 1"):
            KeyLock(tmp_path / "locks", 1, ADDRESS)
        first.close()
        KeyLock(tmp_path / "locks", 1, ADDRESS).close()


@pytest.mark.unit
def test_key_lock__other_chain_or_key__is_free(tmp_path: Path) -> None:
    with KeyLock(tmp_path, 1, ADDRESS), KeyLock(tmp_path, 2, ADDRESS), KeyLock(tmp_path, 1, "0x" + "cd" * 20):
        assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.integration
def test_key_lock__holder_is_killed__is_free_at_once(tmp_path: Path) -> None:
    """F-57, P-18: of two processes with one key the second refuses; `kill -9` leaves no lock behind."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path), ADDRESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(KeyInUse, match=f"process {holder.pid} "):
            KeyLock(tmp_path, 1, ADDRESS)
        holder.kill()
        holder.wait()
        KeyLock(tmp_path, 1, ADDRESS).close()
