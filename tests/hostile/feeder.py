"""Feeds the whole corpus to the parsers, in a process with little memory: `python -m tests.hostile.feeder`.

Prints one line for each case: parser, name, seconds, what came of it.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from parley.errors import ParleyError
from tests.hostile.corpus import Case, cases
from tests.hostile.parsers import PARSERS, valid

MEMORY_BYTES = 768 * 2**20
"""Address space that parsing may take besides what is taken after all imports."""

SECONDS = 10
"""A case that takes longer is a time bomb; the machine may be busy."""


class TooSlow(BaseException):
    """Not an `Exception`: no parser may take it for bad content."""


def main() -> None:
    """Feed all cases."""
    for parser in PARSERS:
        PARSERS[parser](valid(parser))  # also imports what is imported late
    made = [(case, case.content()) for case in cases()]
    _limit_memory()
    signal.signal(signal.SIGALRM, _too_slow)
    for case, content in made:
        begun = time.perf_counter()
        outcome = outcome_of(case, content)
        line = json.dumps([case.parser, case.name, round(time.perf_counter() - begun, 3), outcome])
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def outcome_of(case: Case, content: bytes) -> str:
    """What a parser makes of a case: `refused: ...`, `taken`, or the name of another exception."""
    signal.alarm(SECONDS)
    try:
        PARSERS[case.parser](content)
    except ParleyError as error:
        return f"refused: {error.message}"
    except (Exception, TooSlow) as error:  # noqa: BLE001 - the test says which
        return f"{type(error).__name__}: {error!s:.300}"
    finally:
        signal.alarm(0)
    return "taken"


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow


if __name__ == "__main__":
    sys.exit(main())
