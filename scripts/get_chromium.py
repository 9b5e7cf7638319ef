#!/usr/bin/env python3
"""Print the path of a Chromium, installing one first if there is none: `python scripts/get_chromium.py`.

The tests of Parley's page open it in a headless Chromium. One on the PATH is taken, be it Google's; else the system's
package is installed, where that takes no more than `apt-get` and the rights of root. Progress goes to standard error,
the path alone to standard output.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
APPLICATIONS = (Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),)
PACKAGE = "chromium"
HINT = f"Install it: `sudo apt-get install {PACKAGE}`, `sudo dnf install {PACKAGE}`, or Google Chrome; then run again."
INSTALL_TIMEOUT = 900.0
PROBE_TIMEOUT = 60.0


class NoChromium(Exception):
    """There is no Chromium, and none can be installed."""


def find_chromium() -> Path | None:
    """The first Chromium that runs, `None` if there is none: some distributions have one that only names a package."""
    found = [Path(path) for name in NAMES if (path := shutil.which(name))]
    return next((path for path in (*found, *APPLICATIONS) if _runs(path)), None)


def get_chromium(say: Callable[[str], None]) -> Path:
    """Find a Chromium, or install one.

    Args:
        say: told, in one line each, about what takes long.

    Raises:
        NoChromium: it is missing, and cannot be installed from here.
    """
    found = find_chromium()
    if found is None:
        _install(say)
        found = find_chromium()
    if found is None:
        raise NoChromium(f"the package {PACKAGE} is installed, but none of {', '.join(NAMES)} runs")
    return found


def _install(say: Callable[[str], None]) -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise NoChromium("there is no Chromium on the PATH, and installing one takes apt-get and the rights of root")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", PACKAGE]):
        say(f"apt-get {' '.join(command)}")
        try:
            subprocess.run(
                ["apt-get", "-qq", *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                timeout=INSTALL_TIMEOUT,
                check=True,
            )
        except subprocess.SubprocessError as error:
            raise NoChromium(f"cannot install {PACKAGE}: {error}") from error


def _runs(path: Path) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=PROBE_TIMEOUT)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and "Chrom" in done.stdout


def main() -> int:
    """Find or install Chromium; return the exit code."""
    try:
        path = get_chromium(lambda line: print(line, file=sys.stderr, flush=True))
    except NoChromium as error:
        print(f"error: {error}", f"hint: {HINT}", sep="\n", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
