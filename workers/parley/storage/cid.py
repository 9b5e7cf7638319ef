"""Content identifiers: the one form that Parley uses (P-5).

A `Cid` is CIDv1 over a sha2-256 digest, with codec *raw* (the bytes themselves, at most 1 MiB) or *dag-pb* (the root of
a UnixFS file, `parley.storage.unixfs`). Its text is base32 in lower case with multibase prefix ``b``, 59 characters
(https://github.com/multiformats/cid). Everything else that IPFS allows (CIDv0, other hashes, bases and codecs, padding,
upper case) is refused, so that one object has one name.
"""

import base64
import binascii
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from parley.storage.errors import InvalidCid

CHUNK_SIZE = 1 << 20
"""Bytes of a full leaf in the profile ``unixfs-v1-2025``; an object of at most this size is one raw leaf."""

DIGEST_SIZE = 32
TEXT_SIZE = 59

_VERSION = 1
_SHA2_256 = 0x12
_MULTIBASE_BASE32 = "b"
_HINT = "A CID here is CIDv1, sha2-256, raw or dag-pb, in base32: 59 characters that start with 'baf'."


class Codec(IntEnum):
    """What the digest is of, by its number in the multicodec table."""

    RAW = 0x55
    """The content's own bytes."""
    DAG_PB = 0x70
    """The root node of a UnixFS file."""


@dataclass(frozen=True, slots=True)
class Cid:
    """The name of an object by its content.

    Attributes:
        codec: raw or dag-pb.
        digest: sha2-256 of the bytes (raw) or of the root node (dag-pb), 32 bytes; this is what events carry.

    Raises:
        InvalidCid: unknown codec, or a digest that is not 32 bytes.
    """

    codec: Codec
    digest: bytes

    def __post_init__(self) -> None:
        """Refuse what could not be written as a CID, and keep plain bytes of a digest that is a subclass."""
        if self.codec not in tuple(Codec):
            raise InvalidCid(f"{self.codec!r} is neither codec raw (0x55) nor dag-pb (0x70)", hint=_HINT)
        if len(self.digest) != DIGEST_SIZE:
            raise InvalidCid(f"a CID digest has {DIGEST_SIZE} bytes, not {len(self.digest)}", hint=_HINT)
        object.__setattr__(self, "digest", bytes(self.digest))

    @classmethod
    def from_digest(cls, digest: bytes, size: int) -> Self:
        """Return the CID of an object of `size` bytes whose digest an event or a view names (P-5).

        Raises:
            InvalidCid: the digest is not 32 bytes, or the size is negative.
        """
        if size < 0:
            raise InvalidCid(f"an object cannot have {size} bytes", hint=_HINT)
        return cls(Codec.RAW if size <= CHUNK_SIZE else Codec.DAG_PB, digest)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form, strictly: exactly what `str` writes is accepted.

        Raises:
            InvalidCid: any other text, those included that other software accepts.
        """
        try:
            cid = cls.from_bytes(_decode(text))
        except ValueError as error:
            raise InvalidCid(f"{text!r:.80} is not a CID: {error}", hint=_HINT) from error
        if str(cid) != text:
            raise InvalidCid(f"{text!r:.80} is not the canonical form of a CID", hint=_HINT)
        return cid

    @classmethod
    def from_bytes(cls, binary: bytes) -> Self:
        """Read the binary form, 36 bytes: version, codec, hash function, digest length, digest.

        Raises:
            InvalidCid: any other bytes.
        """
        if len(binary) != 4 + DIGEST_SIZE or (binary[0], binary[2], binary[3]) != (_VERSION, _SHA2_256, DIGEST_SIZE):
            raise InvalidCid(f"{binary[:40].hex()} is not CIDv1 with sha2-256", hint=_HINT)
        if binary[1] not in (Codec.RAW, Codec.DAG_PB):
            raise InvalidCid(f"codec {binary[1]:#x} is neither raw (0x55) nor dag-pb (0x70)", hint=_HINT)
        return cls(Codec(binary[1]), binary[4:])

    def __bytes__(self) -> bytes:
        """Return the binary form, 36 bytes, as it stands in the links of dag-pb nodes."""
        return bytes((_VERSION, self.codec, _SHA2_256, DIGEST_SIZE)) + self.digest

    def __str__(self) -> str:
        """Return the text form, 59 characters."""
        return _MULTIBASE_BASE32 + base64.b32encode(bytes(self)).decode("ascii").rstrip("=").lower()


def _decode(text: str) -> bytes:
    """Decode multibase base32; `ValueError` if it is not that."""
    if len(text) != TEXT_SIZE or not text.startswith(_MULTIBASE_BASE32):
        raise ValueError(f"expected {TEXT_SIZE} characters that start with {_MULTIBASE_BASE32!r}")
    body = text[1:].upper()
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error as error:
        raise ValueError(f"not base32 ({error})") from error
