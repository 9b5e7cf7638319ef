"""Locks between processes, which the kernel releases when their holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.storage.errors import StoreTimeout

_POLL = 0.005


@contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock on the file `path`, created if need be, among all processes and threads.

    Args:
        path: a file that serves as nothing but the lock.
        timeout: seconds to wait for another holder.

    Raises:
        StoreTimeout: another holder did not let go in time.
        OSError: the file cannot be opened.
    """
    until = time.monotonic() + timeout
    with path.open("ab") as handle:
        while not try_lock(handle.fileno()):
            if time.monotonic() >= until:
                raise StoreTimeout(
                    f"another process has held {path} for {timeout:g} s", hint="See who it is with `fuser`, and end it."
                )
            time.sleep(_POLL)
        yield


def try_lock(descriptor: int) -> bool:
    """Lock an open file if nobody else has; return whether it is locked. Closing the file unlocks it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
