"""The demo as a process, and what it started."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def started_below(folder: Path) -> list[int]:
    """Processes whose command line or environment names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(int(entry.name))
    return found


def demo_command(home: Path, *arguments: str) -> list[str]:
    """`parley demo` with a home of its own."""
    return [sys.executable, "-m", "parley", "--home", str(home), "demo", *arguments]
