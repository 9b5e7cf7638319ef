"""The CID of a file, and whether a content store agrees on it (P-5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parley.errors import ContentError, NotFound
from parley.storage import CidHasher, ContentStore, file_pieces


@dataclass(frozen=True)
class FileCid:
    """What a file is called on IPFS.

    Attributes:
        path: the file.
        cid: its CIDv1, profile `unixfs-v1-2025`.
        digest: the CID's sha2-256 digest, 32 bytes, which events carry.
        codec: raw, or dag-pb above 1 MiB.
        size: bytes.
        store: the store that was asked, `None` if none was.
        store_cid: what it calls the same bytes; equal to `cid`, or the command fails.
    """

    path: str
    cid: str
    digest: bytes
    codec: str
    size: int
    store: str | None = None
    store_cid: str | None = None


def cid_of_file(path: Path, store: ContentStore | None = None) -> FileCid:
    """Compute a file's CID; add the file to a store and compare if one is given.

    Raises:
        NotFound: there is no such file.
        ContentError: the store gives the bytes another name, or does not take them.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}", hint="check the path")
    hasher = CidHasher()
    for piece in file_pieces(path):
        hasher.update(piece)
    cid = hasher.cid()
    codec = cid.codec.name.lower().replace("_", "-")
    if store is None:
        return FileCid(str(path), str(cid), cid.digest, codec, hasher.size)
    theirs = store.put(file_pieces(path))
    if theirs != cid:
        raise ContentError(
            f"{store.location} calls {path} {theirs}, not {cid}",
            hint="the file changed meanwhile, or the node does not follow the profile unixfs-v1-2025",
        )
    return FileCid(str(path), str(cid), cid.digest, codec, hasher.size, store.location, str(theirs))
