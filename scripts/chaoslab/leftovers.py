"""What a run left behind: processes by their ids, files by their names, locks by trying them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from chaoslab.history import Leftovers
from parley.chain.outbox import Outbox
from parley.children import process_started

TEMPORARY = ("*.part", "*.tmp", "*.partial", "*-journal")
"""Names of files that are there only while something is being written."""

JOURNALS = "*-0x*.sqlite"
"""Journals of keys, `<chain id>-<address>.sqlite`."""


def processes_left(pids: Mapping[int, int | None]) -> tuple[str, ...]:
    """Processes that still run, of those once started; a later one with the same id is another."""
    return tuple(
        f"process {pid} still runs"
        for pid, started in pids.items()
        if started is not None and process_started(pid) == started
    )


def files_left(folder: Path) -> tuple[str, ...]:
    """Temporary files below a folder."""
    return tuple(sorted(str(path.relative_to(folder)) for name in TEMPORARY for path in folder.rglob(name)))


def locks_held(folder: Path) -> tuple[str, ...]:
    """Lock files below a folder that somebody holds. The files themselves stay for ever, by design."""
    return tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*.lock") if _is_held(path)))


def open_slots(folder: Path) -> tuple[str, ...]:
    """Transactions that the journals of the workers below a folder hold as undecided."""
    found = []
    for path in sorted(folder.rglob(JOURNALS)):
        with Outbox(path) as journal:
            found += [f"{path.relative_to(folder)}: {slot.message.label}" for slot in journal.open_slots()]
    return tuple(found)


def leftovers(folder: Path, pool: Mapping[str, str], exits: Iterable[str]) -> Leftovers:
    """All but processes, once every worker was told to end.

    Args:
        folder: of the players.
        pool: transactions that wait: sender by hash.
        exits: of workers, in disorder.
    """
    return Leftovers(
        files=files_left(folder),
        locks=locks_held(folder),
        slots=open_slots(folder),
        pool=tuple(f"{hash_} of {sender}" for hash_, sender in sorted(pool.items())),
        exits=tuple(exits),
    )


def _is_held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
