"""Vectors by their word root: models and updates that were fetched, checked and found to be what the chain says.

The root is the authority, the CID a hint (P-23): whatever a store answers is used only if its words hash to the root
(P-5).
"""

from __future__ import annotations

from collections import OrderedDict

from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, decode, encode, size_for
from parley.storage import Cid, ContentStore

MAX_CACHED_BYTES = 256 << 20
"""Vectors kept in memory; the oldest go first."""


class WrongRoot(ContentError):
    """The words behind a CID do not hash to the root on chain."""


class Library:
    """The vectors of one federation.

    Args:
        store: where they come from and go to.
        params: parameters of each, P.
        deadline: seconds that one fetch may take.
    """

    def __init__(self, store: ContentStore, params: int, deadline: float = 10.0) -> None:
        self._store = store
        self._params = params
        self._deadline = deadline
        self._known: OrderedDict[bytes, Quantised] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes of one vector's object (P-4)."""
        return size_for(self._params)

    def get(self, root: bytes, digest: bytes, clip: int | None = None) -> Quantised:
        """The vector with this word root.

        Args:
            root: 32 bytes, from the chain.
            digest: sha2-256 digest of its CID, from an event.
            clip: the largest |q| that an update may have (P-2), or `None` for a model.

        Returns:
            int32 of shape (P,), read-only.

        Raises:
            ContentError: it is not to be had, has another size or root, a padding lane that is not zero, or a parameter
                beyond the clip.
        """
        q = self._known.get(root)
        if q is None:
            q = self._fetch(root, digest)
            self._keep(root, q)
        if clip is not None and int(abs(q.astype("int64")).max()) > clip:
            raise ContentError(f"update 0x{root.hex()[:16]}... holds a parameter beyond the clip of {clip}")
        return q

    def words(self, root: bytes, digest: bytes) -> bytes:
        """The object with this word root as it is, even if its padding is not zero: what a proof is made from.

        Raises:
            ContentError: it is not to be had, or has another size or root.
        """
        known = self._known.get(root)
        return self._fetch_words(root, digest) if known is None else encode(known)

    def adopt(self, root: bytes, data: bytes) -> None:
        """Keep words that came another way than from the store, such as the chain, if they are those of the root.

        Raises:
            ContentError: they are not, or a padding lane is not zero.
        """
        if word_tree.root(data) != root:
            raise WrongRoot(f"what was supplied does not hash to root 0x{root.hex()[:16]}...")
        self._keep(root, decode(data, self._params))

    def put(self, q: Quantised) -> tuple[bytes, bytes]:
        """Publish and pin a vector.

        Returns:
            its word root and the digest of its CID.

        Raises:
            StorageError: the store is full or failed.
        """
        data = encode(q)
        root = word_tree.root(data)
        digest = self._store.put(data).digest
        self._keep(root, q)
        return root, digest

    def pin(self, digest: bytes) -> None:
        """Keep and serve the vector behind a digest (P-23)."""
        self._store.pin(Cid.from_digest(digest, self.size))

    def unpin(self, digest: bytes) -> None:
        """Let go of it."""
        self._store.unpin(Cid.from_digest(digest, self.size))

    def _fetch(self, root: bytes, digest: bytes) -> Quantised:
        return decode(self._fetch_words(root, digest), self._params)

    def _fetch_words(self, root: bytes, digest: bytes) -> bytes:
        data = self._store.get(Cid.from_digest(digest, self.size), self.size, self._deadline)
        if word_tree.root(data) != root:
            raise WrongRoot(
                f"what CID digest 0x{digest.hex()[:16]}... names does not hash to root 0x{root.hex()[:16]}..."
            )
        return data

    def _keep(self, root: bytes, q: Quantised) -> None:
        kept = q.view()
        kept.setflags(write=False)
        self._known[root] = kept
        self._known.move_to_end(root)
        while len(self._known) > max(1, MAX_CACHED_BYTES // self.size):
            self._known.popitem(last=False)
