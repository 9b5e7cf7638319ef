"""P-5: one object has one name, and only the canonical text of it is read."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.storage import Cid, Codec, InvalidCid, cid_of
from parley.storage.cid import CHUNK_SIZE

pytestmark = pytest.mark.unit

EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
HELLO_WORLD = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
DIGEST = bytes(range(32))

digests = st.binary(min_size=32, max_size=32)
codecs = st.sampled_from(Codec)


def base32(binary: bytes) -> str:
    return "b" + base64.b32encode(binary).decode().rstrip("=").lower()


@pytest.mark.parametrize(("content", "text"), [(b"", EMPTY), (b"hello world", HELLO_WORLD)])
def test_cid__well_known_content__has_its_well_known_name(content: bytes, text: str) -> None:
    assert str(cid_of(content)) == text
    assert Cid.parse(text) == Cid(Codec.RAW, hashlib.sha256(content).digest())


@given(codecs, digests)
def test_cid__any_digest__survives_text_and_bytes(codec: Codec, digest: bytes) -> None:
    cid = Cid(codec, digest)
    assert Cid.parse(str(cid)) == cid == Cid.from_bytes(bytes(cid))
    assert len(str(cid)) == 59
    assert len(bytes(cid)) == 36
    assert str(cid).startswith("bafkrei" if codec is Codec.RAW else "bafybei")


@pytest.mark.parametrize(
    ("size", "codec"),
    [(0, Codec.RAW), (64, Codec.RAW), (CHUNK_SIZE, Codec.RAW), (CHUNK_SIZE + 1, Codec.DAG_PB), (1 << 40, Codec.DAG_PB)],
)
def test_cid__from_digest_p5__raw_up_to_one_mebibyte_else_dag_pb(size: int, codec: Codec) -> None:
    """P-5: the codec follows from the size, so a digest in an event is enough."""
    assert Cid.from_digest(DIGEST, size) == Cid(codec, DIGEST)


def test_cid__from_digest_negative_size__refused() -> None:
    with pytest.raises(InvalidCid, match="-1 bytes"):
        Cid.from_digest(DIGEST, -1)


@pytest.mark.parametrize("digest", [b"", DIGEST[:-1], DIGEST + b"\0"])
def test_cid__digest_of_wrong_length__refused(digest: bytes) -> None:
    with pytest.raises(InvalidCid, match="32 bytes"):
        Cid(Codec.RAW, digest)


def test_cid__unknown_codec__refused() -> None:
    with pytest.raises(InvalidCid, match="neither codec raw"):
        Cid(0x71, DIGEST)  # type: ignore[arg-type]


def test_cid__subclass_of_bytes__becomes_plain_bytes() -> None:
    class Odd(bytes):
        pass

    assert type(Cid(Codec.RAW, Odd(DIGEST)).digest) is bytes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        EMPTY.upper(),
        EMPTY[:-1],
        EMPTY + "a",
        EMPTY + "=",
        EMPTY + "\n",
        " " + EMPTY[1:],
        "B" + EMPTY[1:],
        EMPTY[:-1] + "v",  # sets the two bits that base32 leaves over
        EMPTY[:-1] + "1",  # not in the alphabet
        EMPTY[:-1] + "é",
        "/ipfs/" + EMPTY,
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
        "../../../../../../../../../../../../../../../../../etc/passwd"[:59],
        base32(bytes((1, 0x71, 0x12, 32)) + DIGEST),  # dag-cbor
        base32(bytes((1, 0x55, 0x1B, 32)) + DIGEST),  # keccak-256
        base32(bytes((1, 0x55, 0x12, 31)) + DIGEST),  # length field wrong
        base32(bytes((2, 0x55, 0x12, 32)) + DIGEST),  # version 2
        base32(bytes((1, 0x55, 0x13, 64)) + DIGEST * 2),  # sha2-512
    ],
)
def test_cid__other_texts__refused_with_a_hint(text: str) -> None:
    """P-20: no name from outside is used but in its one canonical form."""
    with pytest.raises(InvalidCid) as refused:
        Cid.parse(text)
    assert refused.value.hint
    assert "\n" not in str(refused.value)


@given(st.one_of(st.text(), st.binary(min_size=34, max_size=38).map(base32)))
def test_cid__arbitrary_text__is_refused_or_canonical(text: str) -> None:
    try:
        cid = Cid.parse(text)
    except InvalidCid:
        return
    assert str(cid) == text


@given(st.binary(max_size=40))
def test_cid__arbitrary_bytes__are_refused_or_canonical(binary: bytes) -> None:
    try:
        cid = Cid.from_bytes(binary)
    except InvalidCid:
        return
    assert bytes(cid) == binary
