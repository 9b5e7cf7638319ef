"""What can go wrong with stored content.

    parley.errors.ContentError
     └── StorageError
          ├── InvalidCid              a text or digest that is no CID of this system
          ├── ObjectError             about one object; others may well be fine
          │    ├── ContentMissing         the store does not have it
          │    ├── ContentTooLarge        it is longer than it may be
          │    ├── ContentTooShort        it ends before its size
          │    ├── ContentMismatch        its bytes do not hash to its CID
          │    └── ContentCondemned       it proved bad before and is not read again
          ├── StoreTimeout            the total deadline of a call passed
          └── StoreUnavailable        the store cannot be used, or answers nonsense
               ├── StoreFull              no space left, or a quota or size limit is reached
               └── KuboUnavailable        no Kubo program to be had, or its daemon does not start

A worker that fetches a peer's update treats every `StorageError` alike: unavailable or unfit, score (0, 0) (P-23).
"""

from parley.errors import ContentError, DeadlineExceeded, ExitCode


class StorageError(ContentError):
    """Base of everything that a content store raises on purpose."""


class InvalidCid(StorageError):
    """A text, byte string or digest is not a CID of the one form in use (P-5)."""


class ObjectError(StorageError):
    """Something is wrong with one object; other objects may well be fine."""


class ContentMissing(ObjectError):
    """The store does not have the object and cannot get it."""


class ContentTooLarge(ObjectError):
    """The object goes on after the size it must have, or beyond the caller's limit."""


class ContentTooShort(ObjectError):
    """The object ends before the size it must have."""


class ContentMismatch(ObjectError):
    """The bytes do not hash to the CID they were asked for by."""


class ContentCondemned(ObjectError):
    """The object proved bad, or killed who read it, and is not read again (P-20)."""


class StoreTimeout(StorageError, DeadlineExceeded):
    """The total deadline of one call passed, however lively the store was in between."""

    default_exit_code = ExitCode.TIMEOUT


class StoreUnavailable(StorageError):
    """The store cannot be reached, refuses, or answers with something that is no answer."""


class StoreFull(StoreUnavailable):
    """There is no space left for the object; nothing of it was kept."""


class KuboUnavailable(StoreUnavailable):
    """No Kubo program is to be had, or its daemon does not start."""
