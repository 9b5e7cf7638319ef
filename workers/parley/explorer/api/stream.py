"""Server-sent events: news as they come, from where a listener left off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

from parley.errors import Conflict
from parley.explorer.news import Item, News

MAX_LISTENERS = 64
HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
"""After what time a browser that lost its connection comes back."""


class TooManyListeners(Conflict):
    """As many listen as are served at a time."""


def framed(item: Item) -> bytes:
    """News on the wire: JSON has no line ends, so that nothing in it can begin another event."""
    return f"id: {item.id}\nevent: {item.kind}\ndata: {json.dumps(item.data)}\n\n".encode()


async def stream(news: News, last_id: str | None, heartbeat: float = HEARTBEAT_SECONDS) -> AsyncIterator[bytes]:
    """What a listener is sent until it goes away or the news end.

    Args:
        news: what there is.
        last_id: what it says it had last; `None` for a new one, which gets only what comes from now on.
        heartbeat: seconds of silence after which a comment shows that the connection is alive.
    """
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop is closed: there is nobody to wake
            loop.call_soon_threadsafe(woken.set)

    place = news.listen(wake)
    if last_id is not None:
        place = news.place_of(last_id)
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        while not news.closed:
            woken.clear()
            place, items = news.since(place)
            for item in items:
                yield framed(item)
            try:
                await asyncio.wait_for(woken.wait(), heartbeat)
            except TimeoutError:
                yield b": alive\n\n"
    finally:
        news.leave(wake)


def require_place(news: News) -> None:
    """Refuse a listener beyond those that are served.

    Raises:
        TooManyListeners: there is no place.
    """
    if news.listeners >= MAX_LISTENERS:
        raise TooManyListeners(f"{MAX_LISTENERS} pages are open already", hint="close some of them, or reload later")
