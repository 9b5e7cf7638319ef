"""What a run left behind is found."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from chaoslab.leftovers import files_left, leftovers, locks_held, open_slots, processes_left
from parley.chain.fees import Fees
from parley.chain.outbox import Outbox, Slot, SlotState
from parley.chain.transactions import Attempt, Outgoing
from parley.children import process_started

pytestmark = pytest.mark.unit


def test_processes_left__own_process__is_told_from_a_later_one_of_its_id() -> None:
    """A process is its id and its start."""
    me = os.getpid()
    started = process_started(me)
    assert started is not None
    assert processes_left({me: started}) == (f"process {me} still runs",)
    assert processes_left({me: started - 1, 1 << 22: 5}) == ()


def test_files_left__half_written_file__is_found(tmp_path: Path) -> None:
    """Names that files bear only while they are written."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".draft.0123.part").touch()
    (tmp_path / "a" / "draft").touch()
    assert files_left(tmp_path) == ("a/.draft.0123.part",)


def test_locks_held__by_somebody__is_found(tmp_path: Path) -> None:
    """Lock files stay; locks do not."""
    (tmp_path / "free.lock").touch()
    with (tmp_path / "held.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert locks_held(tmp_path) == ("held.lock",)
    assert locks_held(tmp_path) == ()


def test_leftovers__empty_folder__has_only_what_is_given(tmp_path: Path) -> None:
    """Pool and exits are handed in."""
    left = leftovers(tmp_path, {"0xh": "0xs"}, ["trainer-1 ended"])
    assert (left.pool, left.exits) == (("0xh of 0xs",), ("trainer-1 ended",))
    assert (left.files, left.locks, left.slots) == ((), (), ())


def test_open_slots__undecided_transaction__is_found(tmp_path: Path) -> None:
    """P-18: the journal of a key says what it does not know the end of."""
    path = tmp_path / "locks" / "31337-0xab.sqlite"
    with Outbox(path) as journal:
        slot = journal.enter(
            Slot(7, Outgoing("commitUpdate", "0x" + "00" * 20, b""), 50_000, 1),
            Attempt("commitUpdate", 7, Fees(2, 1), "0x01", b"raw"),
        )
    assert open_slots(tmp_path) == ("locks/31337-0xab.sqlite: commitUpdate",)
    with Outbox(path) as journal:
        journal.settle(slot, SlotState.MINED, "0x01", ok=True)
    assert open_slots(tmp_path) == ()
