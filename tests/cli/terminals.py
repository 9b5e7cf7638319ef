"""A command on a terminal of its own: what it shows, and how it leaves it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
"""The other screen, and back."""
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
"""The cursor."""
_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes the terminal the process's own, so that Ctrl-C reaches it, and becomes the command."""

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_HOME = "\x1b[H"


class Terminal:
    """A process on a pseudo-terminal.

    Args:
        command: what to start.
        columns: of the terminal.
        lines: of the terminal.
        env: its environment.
    """

    def __init__(self, command: list[str], columns: int, lines: int, env: dict[str, str]) -> None:
        self._master, self._slave = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self._slave)
        self._output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=env,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            self._output += data.decode("utf-8", "replace")

    @property
    def output(self) -> str:
        """All that came so far."""
        return self._output

    @property
    def screen(self) -> list[str]:
        """The lines of the last full drawing."""
        *_, last = self._output.rsplit(_HOME, 2)[:-1] or [""]
        return [line.rstrip() for line in _CODES.sub("", last).replace("\r", "").split("\n")]

    @property
    def attributes(self) -> list[Any]:
        """How the terminal is set."""
        return termios.tcgetattr(self._slave)

    def resize(self, columns: int, lines: int) -> None:
        """Give it another size, as a person who drags the window does."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def until(self, condition: Callable[[list[str]], bool], seconds: float = 90) -> list[str]:
        """The screen once it meets a condition."""
        end = time.monotonic() + seconds
        while not condition(self.screen):
            assert self.process.poll() is None, self._output[-3000:]
            assert time.monotonic() < end, "\n".join(self.screen)
            time.sleep(0.1)
        return self.screen

    def wait(self, seconds: float = 30) -> int:
        """The exit code, once it has ended."""
        code = self.process.wait(seconds)
        time.sleep(0.3)
        return code

    def close(self) -> None:
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._slave)
        os.close(self._master)


@contextmanager
def terminal(*arguments: object, columns: int = 80, lines: int = 24) -> Iterator[Terminal]:
    """`parley` on a terminal, for the length of a `with` block."""
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    command = [sys.executable, "-m", "parley", *map(str, arguments)]
    shown = Terminal(command, columns, lines, {**env, "TERM": "xterm-256color"})
    try:
        yield shown
    finally:
        shown.close()
