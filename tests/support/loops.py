"""Event loops of tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """Run it in a thread of its own: a browser that is open in this one keeps a loop running here."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, wherever it is called."""
    return apart(lambda: asyncio.run(coroutine))
