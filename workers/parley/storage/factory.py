"""From an address in a configuration to a content store."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from parley.errors import ConfigError
from parley.storage.blockstore import DEFAULT_OWNER, Blockstore
from parley.storage.kubo import KuboStore
from parley.storage.several import SeveralStores
from parley.storage.store import ContentStore

_HINT = (
    "Write a folder (/srv/parley, file:///srv/parley) or a Kubo RPC (http://127.0.0.1:5001, /ip4/127.0.0.1/tcp/5001)."
)
_MULTIADDR_PROTOCOLS = ("ip4", "ip6", "dns", "dns4", "dns6")


def open_store(locations: str | Sequence[str], *, owner: str = DEFAULT_OWNER) -> ContentStore:
    """Open the content store at an address, or the stores at several addresses as one.

    Args:
        locations: a folder, as a path or a ``file:`` URL, for the embedded blockstore; a URL ``http://host:port`` or a
            multiaddr for a Kubo RPC, to which nothing is sent yet. Of several, the first is one's own: all are asked,
            and all keep (`SeveralStores`).
        owner: in whose name a blockstore pins; workers that share a folder give names of their own.

    Raises:
        ConfigError: an address is of no known kind, there is none, or one of them twice.
        StoreUnavailable, StoreFull: a folder cannot be made or written.
    """
    if isinstance(locations, str):
        return _open_one(locations, owner)
    if len(locations) == 1:
        return _open_one(locations[0], owner)
    return SeveralStores([_open_one(location, owner) for location in locations])


def _open_one(url: str, owner: str) -> ContentStore:
    """Open the store at one address."""
    if not url or "\0" in url:
        raise ConfigError(f"{url!r:.120} is not the address of a content store", hint=_HINT)
    if url.split("/")[:2] in (["", protocol] for protocol in _MULTIADDR_PROTOCOLS) or url.startswith("http://"):
        return KuboStore(url)
    if "://" not in url and not url.startswith("file:"):
        return Blockstore(Path(url).expanduser(), owner=owner)
    return Blockstore(_file_url(url), owner=owner)


def _file_url(url: str) -> Path:
    """Return the folder of a ``file:`` URL of this machine."""
    try:
        parts = urlsplit(url)
        path = Path(os.fsdecode(unquote(parts.path)))
    except ValueError as error:
        raise ConfigError(f"{url!r:.120} is not a URL: {error}", hint=_HINT) from error
    if parts.scheme != "file":
        raise ConfigError(f"a content store of kind {parts.scheme!r:.40} is not known", hint=_HINT)
    if parts.netloc not in ("", "localhost") or not path.is_absolute() or parts.query or parts.fragment:
        raise ConfigError(f"{url!r:.120} does not name a folder of this machine", hint=_HINT)
    return path
