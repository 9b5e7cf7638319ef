"""Vectors behind their CIDs, and what it means where one is not what it must be (P-2, P-4, P-5, P-23)."""

from __future__ import annotations

from dataclasses import dataclass

from parley.audit.checks import Check
from parley.audit.findings import Finding, Outcome, Party, Place, Sheet, shown
from parley.errors import ContentError
from parley.numerics.fixed_point import Quantised
from parley.roles.library import Library
from parley.storage import (
    ContentMismatch,
    ContentMissing,
    ContentTooLarge,
    ContentTooShort,
    StoreTimeout,
    StoreUnavailable,
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
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._digests: dict[bytes, bytes] = {}

    def get(self, root: bytes, digest: bytes, clip: int | None = None) -> Vector:
        """A vector by root and digest, if it is one.

        Args:
            root: word root, 32 bytes.
            digest: sha2-256 digest of its CID.
            clip: the largest |q| of an update, or `None` for a model.
        """
        try:
            q = self._library.get(root, digest)
            self._require_cid(root, digest)
            if clip is not None and max(int(q.max()), -int(q.min())) > clip:
                raise BeyondClip(f"a parameter is beyond the clip of {clip}")
        except ContentError as error:
            return Vector(None, error)
        return Vector(q)

    def _require_cid(self, root: bytes, digest: bytes) -> None:
        """The library knows vectors by their roots: a second CID beside the same root was not looked at."""
        known = self._digests.setdefault(root, digest)
        if known != digest:
            raise OtherCid(f"the words with this root have the CID digest {shown(known)}")


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
