"""The content store of a Kubo node, through its RPC (https://docs.ipfs.tech/reference/kubo/rpc/).

The node is not trusted: what it gives is counted and hashed before a caller sees it, what it stores must have the CID
computed here, and each call has one deadline for everything (P-5, P-20). Pins are the node's, one set for all its
users: operators who share a node must not `unpin` what another wants kept.
"""

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from itertools import chain
from pathlib import Path
from typing import Any, Self

import ipfshttpclient.exceptions
import requests
import urllib3.exceptions

from parley.storage.addresses import rpc_multiaddr
from parley.storage.cid import CHUNK_SIZE, Cid, Codec
from parley.storage.errors import ContentMissing, StorageError, StoreFull, StoreUnavailable
from parley.storage.files import written_whole
from parley.storage.guarded_http import CallLimits, GuardedClient
from parley.storage.receive import Deadline, Receiver, within
from parley.storage.store import DEFAULT_DEADLINE
from parley.storage.unixfs import MAX_LINKS, cid_of, pieces_of
from parley.storage.upload import upload

PUT_DEADLINE = 300.0
"""Seconds that `put` and `pin` may take in all, whatever the size."""

RESUME_ABOVE = 2 << 20
"""Bytes above which an object goes up block by block, so that it need not start from zero; less is held in memory."""

_IMPORT = {
    "cid-version": "1",
    "hash": "sha2-256",
    "raw-leaves": "true",
    "chunker": f"size-{CHUNK_SIZE}",
    "max-file-links": str(MAX_LINKS),
    "trickle": "false",
    "inline": "false",
    "pin": "true",
    "progress": "false",
}
"""``unixfs-v1-2025`` in full, so that the result does not depend on the node's own `Import` settings."""

_TRANSPORT_ERRORS = (
    ipfshttpclient.exceptions.Error,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
)
_NONSENSE_ERRORS = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What ipfshttpclient raises on JSON that is not what it expects."""

_NOT_FOUND = re.compile(r"not found|could not find|no such|does not exist", re.IGNORECASE)
_NOT_PINNED = re.compile(r"not pinned", re.IGNORECASE)
_FULL = re.compile(r"no space left|disk quota|StorageMax", re.IGNORECASE)


class KuboStore:
    """A `ContentStore` on a Kubo node.

    Args:
        address: of the node's RPC, as ``http://127.0.0.1:5001`` or ``/ip4/127.0.0.1/tcp/5001``. Nothing is sent yet.
        put_deadline: seconds that `put` and `pin` may take.

    Raises:
        ConfigError: the address is neither.
    """

    def __init__(self, address: str, *, put_deadline: float = PUT_DEADLINE) -> None:
        self._address = rpc_multiaddr(address)
        self._put_deadline = put_deadline

    @property
    def location(self) -> str:
        """The RPC's multiaddr."""
        return self._address

    def put(self, data: bytes | Iterable[bytes]) -> Cid:
        """Add and pin an object; see `ContentStore.put`. A large one that failed midway goes on where it stopped.

        Raises:
            StoreUnavailable: the node gives the object another CID than ``unixfs-v1-2025`` does.
        """
        pieces = pieces_of(data)
        first, size = [], 0
        while size <= RESUME_ABOVE and (piece := next(pieces, None)) is not None:
            first.append(piece)
            size += len(piece)
        if size > RESUME_ABOVE:
            return self._upload(chain(first, pieces))
        return self._add(first)

    def _add(self, pieces: list[bytes]) -> Cid:
        """Send a small object in one request."""
        with self.call(self._put_deadline) as client:
            answer = client.add_bytes(iter(pieces), opts=dict(_IMPORT))
        cid = cid_of(pieces)
        if answer != str(cid):
            raise StoreUnavailable(
                f"{self._address} stored {cid} as {_printable(answer)}",
                hint="Use Kubo 0.40 or later, which knows the profile unixfs-v1-2025.",
            )
        return cid

    def _upload(self, pieces: Iterable[bytes]) -> Cid:
        """Send a large object block by block, then pin it."""
        with within(self._put_deadline):
            cid = upload(pieces, _Blocks(self))
            try:
                self._pin(cid, offline="true")
            except ContentMissing as error:
                raise StoreUnavailable(
                    f"{self._address} lost blocks of {cid} before they were pinned", hint="Store it again."
                ) from error
        return cid

    def get(self, cid: Cid, size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object of exactly `size` bytes; see `ContentStore.get`."""
        spool = io.BytesIO()
        self._cat(cid, size, deadline, exact=True, write=spool.write)
        return spool.getvalue()

    def get_to(self, cid: Cid, size: int, path: Path, deadline: float = DEFAULT_DEADLINE) -> None:
        """Write an object of exactly `size` bytes to a file; see `ContentStore.get_to`."""
        with written_whole(path) as write:
            self._cat(cid, size, deadline, exact=True, write=write)

    def get_document(self, cid: Cid, max_size: int, deadline: float = DEFAULT_DEADLINE) -> bytes:
        """Return an object of at most `max_size` bytes; see `ContentStore.get_document`."""
        spool = io.BytesIO()
        self._cat(cid, max_size, deadline, exact=False, write=spool.write)
        return spool.getvalue()

    def has(self, cid: Cid) -> bool:
        """Return whether the node has pinned the object, hence has and keeps all blocks of it."""
        with self.call(DEFAULT_DEADLINE) as client:
            try:
                return str(cid) in client.pin.ls(str(cid), type="recursive")["Keys"]
            except ipfshttpclient.exceptions.ErrorResponse as error:
                if _NOT_PINNED.search(str(error)):
                    return False
                raise

    def pin(self, cid: Cid) -> None:
        """Pin an object, fetching from the network what is not here; see `ContentStore.pin`."""
        self._pin(cid)

    def _pin(self, cid: Cid, **options: str) -> None:
        with self.call(self._put_deadline) as client:
            if str(cid) not in client.pin.add(str(cid), opts=options)["Pins"]:
                raise ValueError("the pin is not confirmed")

    def unpin(self, cid: Cid) -> None:
        """Unpin an object; the node's garbage collection may then drop it."""
        with self.call(DEFAULT_DEADLINE) as client:
            try:
                client.pin.rm(str(cid))
            except ipfshttpclient.exceptions.ErrorResponse as error:
                if not _NOT_PINNED.search(str(error)):
                    raise

    def ping(self, deadline: float = DEFAULT_DEADLINE) -> None:
        """Ask the node for its version; see `ContentStore.ping`."""
        with self.call(deadline) as client:
            if not client.version()["Version"]:
                raise ValueError("no version")

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the store."""
        self.close()

    def _cat(self, cid: Cid, limit: int, deadline: float, *, exact: bool, write: Callable[[bytes], object]) -> None:
        """Pass an object through a `Receiver`; at most one byte beyond `limit` is asked for or read."""
        receiver = Receiver(cid, limit, exact=exact, write=write)
        with self.call(deadline, content_limit=receiver.wanted) as client:
            options = {"length": str(receiver.wanted), "progress": "false"}
            with client.cat(str(cid), opts=options, stream=True) as pieces:
                for piece in pieces:
                    receiver.feed(piece)
        receiver.finish()

    @contextmanager
    def call(self, deadline: float, *, content_limit: int | None = None) -> Iterator[Any]:
        """Give a client for one call, and turn whatever it raises into a `StorageError`.

        Args:
            deadline: seconds for the whole call.
            content_limit: bytes of content that it may read.
        """
        limits = CallLimits(Deadline.after(deadline, self._address), content_limit)
        limits.deadline.check()
        try:
            yield GuardedClient(self._address, limits)
        except StorageError:
            raise
        except _TRANSPORT_ERRORS + _NONSENSE_ERRORS as error:
            limits.deadline.check()
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> StorageError:
        """Return what an error of ipfshttpclient means."""
        if isinstance(error, ipfshttpclient.exceptions.ErrorResponse):
            return self._refused(_printable(error))
        if isinstance(error, ipfshttpclient.exceptions.ConnectionError):
            return StoreUnavailable(
                f"no Kubo answers at {self._address}", hint="Start one (`ipfs daemon`), or correct the address."
            )
        cause = _root_cause(error)
        if isinstance(cause, requests.HTTPError) and cause.response is not None:
            said = f"status {cause.response.status_code}"
        else:
            said = f"{type(cause).__name__}: {_printable(cause)}"
        return StoreUnavailable(
            f"{self._address} does not answer like a Kubo: {said}",
            hint="Check that the address is that of a Kubo RPC, usually port 5001, and see the node's log.",
        )

    def _refused(self, said: str) -> StorageError:
        """Return what an error that the node itself reports means."""
        if _FULL.search(said):
            return StoreFull(f"the disk of {self._address} is full: {said}", hint="Free some space there and repeat.")
        if _NOT_FOUND.search(said):
            return ContentMissing(
                f"{self._address} cannot find it: {said}", hint="Its publisher may be offline, or has let it go."
            )
        return StoreUnavailable(f"{self._address} refuses: {said}", hint="See the node's log.")


class _Blocks:
    """Single blocks of a node, for an upload."""

    def __init__(self, store: KuboStore) -> None:
        self._store = store

    def has_block(self, cid: Cid) -> bool:
        """Whether the node has the block; it does not look elsewhere."""
        try:
            with self._store.call(PUT_DEADLINE) as client:
                return bool(client.block.stat(str(cid), opts={"offline": "true"})["Key"] == str(cid))
        except ContentMissing:
            return False

    def put_block(self, cid: Cid, block: bytes) -> None:
        """Store a block.

        Raises:
            StoreUnavailable: the node takes it for another.
        """
        codec = {Codec.RAW: "raw", Codec.DAG_PB: "dag-pb"}[cid.codec]
        with self._store.call(PUT_DEADLINE) as client:
            answer = client.block.put(io.BytesIO(block), opts={"cid-codec": codec, "mhtype": "sha2-256"})["Key"]
        if answer != str(cid):
            raise StoreUnavailable(
                f"{self._store.location} stored block {cid} as {_printable(answer)}",
                hint="Check that the address is that of a Kubo RPC.",
            )


def _root_cause(error: BaseException) -> BaseException:
    """Return the innermost of the errors that ipfshttpclient, requests and urllib3 put into one another."""
    inner = getattr(error, "original", None) or (error.args[-1] if error.args else None)
    return _root_cause(inner) if isinstance(inner, BaseException) else error


def _printable(said: object) -> str:
    """Return what a stranger said as one short printable line."""
    return json.dumps(str(said)[:300], ensure_ascii=True)[1:-1]
