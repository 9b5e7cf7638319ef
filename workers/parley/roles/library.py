"""Vectors by their word root: models and updates that were fetched, checked and found to be what the chain says.

The root is the authority, the CID a hint (P-23): whatever a store answers is used only if its words hash to the root
(P-5). What proved bad is not fetched again; what could not be had just now is (P-20).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, decode, encode, size_for
from parley.storage import Cid, Codec, ContentMismatch, ContentMissing, ContentStore, Quarantine
from parley.storage.errors import ObjectError

MAX_CACHED_BYTES = 256 << 20
"""Vectors kept in memory; the oldest go first."""

SLOWEST_RATE = 1e6
"""Bytes a second that a store must give at least: large vectors have more time."""

STRIKES = 3
"""Fetches that may bring something else than the object, from all stores, before it is taken for bad."""

_MAX_SUSPECTS = 4096


class WrongRoot(ContentError):
    """The words behind a CID do not hash to the root on chain."""


class Library:
    """The vectors of one federation.

    Args:
        store: where they come from and go to.
        params: parameters of each, P.
        deadline: seconds that one fetch of a small vector may take.
        quarantine: remembers what proved bad, or killed two who read it; `None`: nothing does.
    """

    def __init__(
        self, store: ContentStore, params: int, deadline: float = 10.0, quarantine: Quarantine | None = None
    ) -> None:
        self._store = store
        self._params = params
        self._deadline = deadline
        self._quarantine = quarantine
        self._known: OrderedDict[bytes, Quantised] = OrderedDict()
        self._strikes: OrderedDict[bytes, int] = OrderedDict()

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
            ContentCondemned: it proved bad before, and is not fetched again.
            ContentError: it is not to be had, has another size or root, a padding lane that is not zero, or a parameter
                beyond the clip.
        """
        q = self._known.get(root)
        if q is None:
            q = self._decoded(root, digest)
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
        self._store.pin(self._cid(digest))

    def unpin(self, digest: bytes) -> None:
        """Let go of it."""
        self._store.unpin(self._cid(digest))

    def holds(self, digest: bytes) -> bool:
        """Whether one's own store keeps the vector behind a digest; the network is not asked."""
        return self._store.has(self._cid(digest))

    def hold(self, root: bytes, digest: bytes) -> None:
        """Make one's own store keep the object with this root, fetched from wherever it is to be had (P-23).

        A vector stays in memory as well: whoever keeps it will soon need it, and its store may be down then.

        Raises:
            ContentError: it is not to be had, is something else, or the store does not take it.
        """
        data = self.words(root, digest)
        # words with dirty padding are no vector, but kept as a proof
        with suppress(ContentError):
            self._keep(root, decode(data, self._params))
        try:
            self.pin(digest)
        except ContentMissing:
            self._store_again(digest, data)

    def renew(self, root: bytes, digest: bytes) -> None:
        """Store again what one's own store lost, out of memory or from another store. Errors as of `hold`."""
        self._store_again(digest, self.words(root, digest))

    def _store_again(self, digest: bytes, data: bytes) -> None:
        if self._store.put(data).digest != digest:
            raise ContentMismatch(
                f"CID digest 0x{digest.hex()[:16]}... names no object with the root that goes with it"
            )

    def _cid(self, digest: bytes) -> Cid:
        return Cid.from_digest(digest, self.size)

    def _decoded(self, root: bytes, digest: bytes) -> Quantised:
        """Fetch and decode; dirty padding condemns the object as a vector, though not as words."""
        subject = _subject(b"vector", root, digest)
        self._check(subject)
        data = self._fetch_words(root, digest)
        with self._reading(subject):
            try:
                return decode(data, self._params)
            except ContentError as error:
                self._condemn(subject, error.message)
                raise

    def _fetch_words(self, root: bytes, digest: bytes) -> bytes:
        """Fetch and compare with the root, which settles for good whether this digest stands for this root."""
        subject = _subject(b"words", root, digest)
        self._check(subject)
        data = self._fetch(subject, digest)
        with self._reading(subject):
            found = word_tree.root(data)
        if found != root:
            error = WrongRoot(
                f"what CID digest 0x{digest.hex()[:16]}... names does not hash to root 0x{root.hex()[:16]}..."
            )
            self._condemn(subject, error.message)
            raise error
        return data

    def _fetch(self, subject: bytes, digest: bytes) -> bytes:
        """Get the object; one that no store gives as it should be is given up after a few tries."""
        cid = self._cid(digest)
        try:
            data = self._store.get(cid, self.size, self._deadline + self.size / SLOWEST_RATE)
        except ContentMissing:
            raise
        except ObjectError as error:
            # bytes that do not hash to their own digest are a store's fault, whatever the object
            if not (isinstance(error, ContentMismatch) and cid.codec == Codec.RAW):
                self._strike(subject, error.message)
            raise
        self._strikes.pop(subject, None)
        return data

    def _strike(self, subject: bytes, why: str) -> None:
        """Count a fetch that brought something else."""
        count = self._strikes.pop(subject, 0) + 1
        self._strikes[subject] = count
        if count >= STRIKES:
            self._condemn(subject, f"{count} times: {why}")
        while len(self._strikes) > _MAX_SUSPECTS:
            self._strikes.popitem(last=False)

    def _check(self, subject: bytes) -> None:
        """Refuse what is in quarantine.

        Raises:
            ContentCondemned: it is.
        """
        if self._quarantine is not None:
            self._quarantine.check(subject)

    def _condemn(self, subject: bytes, why: str) -> None:
        if self._quarantine is not None:
            self._quarantine.condemn(subject, why)

    @contextmanager
    def _reading(self, subject: bytes) -> Iterator[None]:
        """Note on disk what is being parsed."""
        if self._quarantine is None:
            yield
            return
        with self._quarantine.reading(subject):
            yield

    def _keep(self, root: bytes, q: Quantised) -> None:
        kept = q.view()
        kept.setflags(write=False)
        self._known[root] = kept
        self._known.move_to_end(root)
        while len(self._known) > max(1, MAX_CACHED_BYTES // self.size):
            self._known.popitem(last=False)


def _subject(as_what: bytes, root: bytes, digest: bytes) -> bytes:
    """What is condemned: a digest *in the place of* a root, 32 bytes.

    Not the digest alone: whoever reveals the digest of another's update, or of a model, beside a root of its own would
    have everybody condemn that.
    """
    return sha256(b"parley " + as_what + root + digest).digest()
