"""Parley's own page beside the demo: a process like any other player's."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing
from pathlib import Path

from parley.cli.actions.explorer import open_browser
from parley.cli.demo.plan import SPONSOR, DemoPlan
from parley.cli.demo.processes import Cast
from parley.cli.progress import Say
from parley.errors import DeadlineExceeded
from parley.explorer import DEFAULT_PORT

HOST = "127.0.0.1"
READY_SECONDS = 60.0


def start(plan: DemoPlan, cast: Cast, say: Say) -> str:
    """Start the page's process, wait until it listens, and open it in a browser if there is one with windows.

    Returns:
        its address.

    Raises:
        ProcessDied: it ended.
        DeadlineExceeded: it does not listen.
    """
    say("starting the page")
    log = plan.folder / "page.log"
    config = plan.home(SPONSOR) / "parley.toml"
    port = DEFAULT_PORT if _is_free(DEFAULT_PORT) else 0
    cast.start("page", ["parley", "explorer", "serve", "--json", "--config", str(config), "--port", str(port)], log)
    deadline = time.monotonic() + READY_SECONDS
    while (url := address_in(log)) is None:
        cast.check()
        if time.monotonic() > deadline:
            raise DeadlineExceeded("the page does not come up", hint=f"read {log}, or leave --page out")
        time.sleep(0.1)
    say(f"the page is at {url}")
    open_browser(url)
    return url


def address_in(log: Path) -> str | None:
    """The address that `parley explorer serve --json` printed, `None` so far."""
    text = log.read_text(errors="replace")
    start = text.find("{\n")
    try:
        found = json.JSONDecoder().raw_decode(text[start:])[0] if start >= 0 else {}
    except ValueError:
        return None
    return found.get("url")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
