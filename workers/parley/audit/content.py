"""Vectors behind their CIDs, and what it means where one is not what it must be (P-2, P-4, P-5, P-23)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from parley.audit.checks import Check
from parley.audit.findings import Finding, Outcome, Party, Place, Sheet, shown
from parley.chain.view import Recorded
from parley.errors import ContentError
from parley.numerics.fixed_point import Quantised, encode
from parley.roles.library import Library
from parley.storage import (
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    ContentTooShort,
    StoreTimeout,
    StoreUnavailable,
    cid_of,
)

_GONE = (ContentMissing, StoreTimeout, StoreUnavailable)
_DAMAGED = (ContentMismatch, ContentTooLarge, ContentTooShort)


class BeyondClip(ContentError):
    """An update holds a parameter beyond the clip."""


class OtherCid(ContentError):
    """A CID is not that of the words with the root beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """A vector that was looked for.

    Attributes:
        q: int32 of shape (P,), or `None` if there is none to use.
        error: why not.
    """

    q: Quantised | None
    error: ContentError | None = None

    @property
    def is_gone(self) -> bool:
        """It is not to be had, or the copy that is to be had is damaged."""
        return isinstance(self.error, (*_GONE, *_DAMAGED))

    @property
    def is_damaged(self) -> bool:
        """The store's bytes are not those of the CID."""
        return isinstance(self.error, _DAMAGED)


class Vectors:
    """The vectors of one federation, each with the CID that goes with its root.

    Args:
        library: where they come from.
        named: digests of CIDs that the chain names beside each root: a vector may be behind another than the one asked
            with, and what is found must not depend on which of them was asked for before.
    """

    def __init__(self, library: Library, named: Mapping[bytes, Collection[bytes]] | None = None) -> None:
        self._library = library
        self._named = dict(named or {})
        self._digests: dict[bytes, bytes] = {}

    def get(self, root: bytes, digest: bytes, clip: int | None = None) -> Vector:
        """A vector by root and digest, if it is one.

        Args:
            root: word root, 32 bytes.
            digest: sha2-256 digest of its CID.
            clip: the largest |q| of an update, or `None` for a model.
        """
        try:
            q = self._found(root, digest)
            self._require_cid(root, digest, q)
            if clip is not None and max(int(q.max()), -int(q.min())) > clip:
                raise BeyondClip(f"a parameter is beyond the clip of {clip}")
        except ContentError as error:
            return Vector(None, error)
        return Vector(q)

    def _found(self, root: bytes, digest: bytes) -> Quantised:
        """The vector with this root, by whichever CID.

        Raises:
            ContentError: what comes of the CID that was asked with, if none leads to it.
        """
        try:
            return self._library.get(root, digest)
        except ContentError:
            others = self._named.pop(root, ())  # once is enough: anybody may name many that lead nowhere
            for other in [self._digests[root]] if root in self._digests else others:
                with suppress(ContentError):
                    return self._library.get(root, other)
            raise

    def _require_cid(self, root: bytes, digest: bytes, q: Quantised) -> None:
        """The library knows vectors by their roots: the CID beside a root may never have been looked at."""
        if root not in self._digests:
            self._digests[root] = cid_of(encode(q)).digest
        known = self._digests[root]
        if known != digest:
            raise OtherCid(f"the words with this root have the CID digest {shown(known)}")


def digests_of(told: Recorded) -> dict[bytes, Collection[bytes]]:
    """The digests of CIDs that a federation's events name beside each root, those of models first."""
    headers = [record.header for record in told.records.values() if record.header is not None]
    reveals = [reveal for record in told.records.values() for reveal in record.reveals]
    found: dict[bytes, dict[bytes, None]] = {told.terms.model_root: {told.terms.model_digest: None}}
    for root, digest in chain(
        ((header.model_root, header.model_digest) for header in headers),
        ((reveal.root, reveal.digest) for reveal in reveals),
    ):
        found.setdefault(root, {})[digest] = None
    return {root: tuple(digests) for root, digests in found.items()}


def note(sheet: Sheet, check: Check, found: Vector, place: Place, *, needed: bool) -> None:
    """Note whether a vector is there and right.

    Args:
        sheet: on which it is noted.
        check: that looked.
        found: what was found.
        place: where, and who is responsible for what it is.
        needed: something hangs on it; if not, a remark is all.
    """
    if found.error is None:
        sheet.holds(check, True, place)
    elif not needed:
        sheet.compared[check] += 1
        sheet.remark(check, place, found.error.message)
    elif found.is_damaged:
        store = Place(place.what, Party.STORE, "", place.round, place.by_hand)
        sheet.compared[check] += 1
        sheet.note(Finding(check, Outcome.WRONG, store, "the bytes of its CID", shown(found.error.message)))
    elif found.is_gone:
        sheet.gone(check, Place(place.what, Party.STORE, "", place.round, place.by_hand), found.error.message)
    else:
        sheet.holds(check, False, place, actual=found.error.message)
