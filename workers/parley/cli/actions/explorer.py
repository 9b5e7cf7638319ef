"""Parley's own page: what is behind it, and where it is shown."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from parley.cli.progress import Say
from parley.cli.session import Session
from parley.errors import ConfigError
from parley.explorer.api.app import make_app
from parley.explorer.api.models import Links
from parley.explorer.server import PageServer
from parley.explorer.service import Options, Service

INDEX = "index.sqlite"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line chooses.

    Attributes:
        host: address to listen at.
        port: to listen at; 0: any free one.
        measure: measure models in the background.
        rebuild: throw an old index away.
        explorer: base URL of a block explorer, `None` for no links.
        gateway: base URL of an IPFS gateway, `None` for no links.
        names: further names that lead here, as behind a server with TLS.
    """

    host: str
    port: int
    measure: bool = True
    rebuild: bool = False
    explorer: str | None = None
    gateway: str | None = None
    names: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is ready to be shown.

    Attributes:
        url: its address.
        index: file of its index.
        run: answers until `stop`.
        stop: ends it, from any thread or signal handler.
    """

    url: str
    index: Path
    run: Callable[[], None]
    stop: Callable[[], None]


@contextmanager
def page(session: Session, choices: Choices, say: Say) -> Iterator[Page]:
    """The page and what is behind it, within a `with` block.

    Raises:
        ConfigError: an address is none, or none of this machine's.
        Conflict: the port or the index is in use.
        ChainError: the node does not answer, or the contracts are not there.
    """
    settings = session.settings
    links = links_to(choices.explorer, choices.gateway)
    server = PageServer(choices.host, choices.port)
    try:
        say("connecting to the chain")
        options = Options(
            index=settings.home / "explorer" / INDEX,
            rebuild=choices.rebuild,
            stores=settings.store_locations,
            measure=choices.measure,
            task_file=settings.task_file,
            read_at=settings.read_at,
            poll_seconds=settings.poll_seconds,
            links=links,
        )
        say("opening the index")
        with Service(session.w3, session.contracts, session.store, options) as service:
            app = make_app(service.context, host=choices.host, names=choices.names)
            yield Page(server.url, options.index, lambda: server.run(app, service.news.close), server.stop)
    finally:
        server.close()


def links_to(explorer: str | None, gateway: str | None) -> Links:
    """Templates of links to a block explorer and an IPFS gateway.

    Raises:
        ConfigError: an address is none.
    """
    chain, ipfs = _base(explorer), _base(gateway)
    return Links(
        transaction=None if chain is None else f"{chain}/tx/{{}}",
        address=None if chain is None else f"{chain}/address/{{}}",
        cid=None if ipfs is None else f"{ipfs}/ipfs/{{}}",
    )


def open_browser(url: str) -> bool:
    """Show an address in a browser with windows, if there is one: one for the terminal would take that over."""
    windows = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return windows and webbrowser.open(url)


def _base(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # of brackets that hold no address
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "{" in url:
        raise ConfigError(f"{url!r:.120} is no address to link to", hint="for example http://127.0.0.1:5100")
    return url.rstrip("/")
