"""What a process uses, as the kernel tells it in /proc (proc(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process uses at a moment.

    Attributes:
        rss: resident memory, bytes.
        descriptors: that are open.
        threads: that run.
        cpu: seconds of CPU since it started, its own and the kernel's.
    """

    rss: int
    descriptors: int
    threads: int
    cpu: float


def usage_of(pid: int) -> Usage:
    """What a process uses now.

    Raises:
        OSError: there is none with this id.
    """
    folder = Path("/proc") / str(pid)
    # the name, in brackets, may hold anything: user and system time are the 12th and 13th field after it
    stat = (folder / "stat").read_text().rpartition(")")[2].split()
    return parsed((folder / "status").read_text(), stat, len(list((folder / "fd").iterdir())))


def parsed(status: str, stat: list[str], descriptors: int) -> Usage:
    """A usage from the text of `status`, the fields of `stat` after the name, and the number of descriptors."""
    values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return Usage(
        rss=int(values["VmRSS"].split()[0]) * 1024,
        descriptors=descriptors,
        threads=int(values["Threads"]),
        cpu=(int(stat[11]) + int(stat[12])) / TICKS,
    )
