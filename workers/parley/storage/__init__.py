"""The content store: a folder, a Kubo node or several of them, the same CID for the same bytes (P-4, P-5, P-20).

    store = open_store("file:///srv/parley")        # or "http://127.0.0.1:5001"
    cid = store.put(model_bytes)
    model_bytes = store.get(Cid.from_digest(digest, 32 * words), 32 * words, deadline=30)

A caller sees no byte before all of them are counted and hashed. That they are the words of a certain tree (P-3) is for
the caller to check, as the root is the authority (P-23).
"""

from parley.storage.blockstore import Blockstore
from parley.storage.cid import Cid, Codec
from parley.storage.errors import (
    ContentCondemned,
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    ContentTooShort,
    InvalidCid,
    KuboUnavailable,
    ObjectError,
    StorageError,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
)
from parley.storage.factory import open_store
from parley.storage.files import file_pieces
from parley.storage.kubo import KuboStore
from parley.storage.quarantine import Quarantine
from parley.storage.receive import within
from parley.storage.several import SeveralStores
from parley.storage.store import ContentStore
from parley.storage.unixfs import CidHasher, cid_of

__all__ = [
    "Blockstore",
    "Cid",
    "CidHasher",
    "Codec",
    "ContentCondemned",
    "ContentMismatch",
    "ContentMissing",
    "ContentStore",
    "ContentTooLarge",
    "ContentTooShort",
    "InvalidCid",
    "KuboStore",
    "KuboUnavailable",
    "ObjectError",
    "Quarantine",
    "SeveralStores",
    "StorageError",
    "StoreFull",
    "StoreTimeout",
    "StoreUnavailable",
    "cid_of",
    "file_pieces",
    "open_store",
    "within",
]
