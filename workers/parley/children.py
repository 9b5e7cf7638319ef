"""Processes that this one starts: how they end with it, how many threads they take, and which is which."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
"""Environment of a process that shares the machine with others: numerical libraries take one thread."""


def die_with_parent() -> None:
    """Ask the kernel to end this process, by SIGTERM, when its parent dies, however that happens; outlives `exec`."""
    import ctypes

    with suppress(AttributeError):  # Linux has it
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def process_started(pid: int) -> int | None:
    """When the kernel started a process, in clock ticks since boot; `None` if there is none that runs."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # the name, in brackets, may hold anything; state is the first field after it, the start time the 20th
    values = text.rpartition(")")[2].split()
    return None if values[0] == "Z" else int(values[19])
