"""`parley explorer serve` in a process of its own, as users run it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.cli.world import make_world
from tests.support.anvil import AnvilNode

POLL_SECONDS = 0.2
READY_SECONDS = 90.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Served:
    """A page that is served.

    Attributes:
        url: without a slash at the end.
        log: what the server says besides.
    """

    url: str
    log: Path

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the API answers, errors included."""
        return requests.get(f"{self.url}/api{path}", timeout=30).json()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for something that the server does beside."""
        _wait(ready, f"the server is not ready: {self.log}")


@contextmanager
def serving(node: AnvilNode, folder: Path, *, port: int = 0, measure: bool = False) -> Iterator[Served]:
    """Serve the page of a town's deployment until the end of the block.

    Args:
        node: the chain.
        folder: of the town, with deployment and store; the index is kept there, and a second server goes on with it.
        port: to listen at; 0: any free one.
        measure: measure models.
    """
    config = make_world(node, folder, store="store", poll_seconds=POLL_SECONDS).config
    options = ["--port", str(port), "--measure" if measure else "--no-measure", "--config", str(config)]
    command = [sys.executable, "-m", "parley", "explorer", "serve", "--json", *options]
    told, log = folder / "served.json", folder / "served.log"
    with told.open("wb") as out, log.open("ab") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:
        _wait(lambda: _alive(process, log) and told.read_bytes().endswith(b"}\n"), f"no address: {log}")
        served = Served(json.loads(told.read_text())["url"], log)
        served.wait_until(lambda: not served.get("/status")["building"])
        yield served
    finally:
        process.terminate()
        assert process.wait(STOP_SECONDS) is not None


def _alive(process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    return True


def _wait(ready: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
