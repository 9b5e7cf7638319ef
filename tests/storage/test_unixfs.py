"""P-5: the CID of streamed bytes is the one of profile ``unixfs-v1-2025``. `test_kubo.py` compares with Kubo itself."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.storage import Cid, CidHasher, Codec, cid_of, file_pieces
from parley.storage.unixfs import pieces_of

pytestmark = pytest.mark.unit

MIB = 1 << 20

KUBO_SAYS = [
    (0, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
    (1, "bafkreic2nz5eovfprz7up7eusmca3bj6pma6hhktpsy52nj4so324whlhu"),
    (1_048_575, "bafkreih2276hw3twjawppx2mt73ybyd3o4k5zgdjljclq7n3mlg2ubgd7u"),
    (1_048_576, "bafkreideeyd2kwgjzezoiwhuyouepeupk4xficfzqshba3txc2ee4o27bi"),
    (1_048_577, "bafybeiaexsalcsoug7gc4g3igi4ly6f4hiyrvlxgraph7oxye3zqduuuli"),
    (5_242_887, "bafybeigzxjs2qaghmbq6ndsggdhoheoc6byhqismapnfyesd4pzkiyeumi"),
]
"""Sizes of `patterned` bytes, and the CID that Kubo 0.42 gives them."""


def patterned(size: int) -> bytes:
    """Return `size` bytes that do not repeat within a chunk: SHA-256 of a counter."""
    blocks = (hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(-(-size // 32)))
    return b"".join(blocks)[:size]


@pytest.mark.parametrize(("size", "cid"), KUBO_SAYS)
def test_cid_of__sizes_around_a_chunk_p5__as_kubo_says(size: int, cid: str) -> None:
    assert str(cid_of(patterned(size))) == cid


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + varint(value // 128)


def by_the_book(data: bytes, chunk_size: int, max_links: int) -> Cid:
    """Build the same tree level by level with everything in memory, straight from the specification."""
    chunks = [data[at : at + chunk_size] for at in range(0, len(data), chunk_size)] or [b""]
    level = [(Cid(Codec.RAW, hashlib.sha256(chunk).digest()), len(chunk), len(chunk)) for chunk in chunks]
    while len(level) > 1:
        groups = [level[at : at + max_links] for at in range(0, len(level), max_links)]
        level = [node_by_the_book(group) for group in groups]
    return level[0][0]


def node_by_the_book(group: list[tuple[Cid, int, int]]) -> tuple[Cid, int, int]:
    block = bytearray()
    for cid, _, dag_size in group:
        link = b"\x0a\x24" + bytes(cid) + b"\x12\x00\x18" + varint(dag_size)
        block += b"\x12" + varint(len(link)) + link
    file_size = sum(size for _, size, _ in group)
    unixfs = b"\x08\x02\x18" + varint(file_size) + b"".join(b"\x20" + varint(size) for _, size, _ in group)
    block += b"\x0a" + varint(len(unixfs)) + unixfs
    return Cid(Codec.DAG_PB, hashlib.sha256(block).digest()), file_size, len(block) + sum(dag for *_, dag in group)


@given(st.binary(max_size=600), st.integers(1, 9), st.integers(2, 5))
def test_hasher__any_shape_of_tree__as_the_specification_builds_it(data: bytes, chunk: int, links: int) -> None:
    hasher = CidHasher(chunk_size=chunk, max_links=links)
    hasher.update(data)
    assert hasher.cid() == by_the_book(data, chunk, links)


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 9))
def test_hasher__any_cut_into_pieces__same_cid(pieces: list[bytes], chunk: int) -> None:
    pieced, whole = CidHasher(chunk_size=chunk, max_links=3), CidHasher(chunk_size=chunk, max_links=3)
    for piece in pieces:
        pieced.update(piece)
        pieced.cid()  # asking in between changes nothing
    whole.update(b"".join(pieces))
    assert pieced.cid() == whole.cid()
    assert pieced.size == whole.size == sum(map(len, pieces))


def test_cid_of__pieces__same_as_whole() -> None:
    data = patterned(3 * MIB + 5)
    assert cid_of(data) == cid_of(data[at : at + 65_537] for at in range(0, len(data), 65_537))


def test_cid_of__codec__follows_from_digest_and_size_p5() -> None:
    """P-5: what `from_digest` rebuilds from an event is the CID of the object."""
    for size in (0, 64, MIB, MIB + 1):
        cid = cid_of(bytes(size))
        assert Cid.from_digest(cid.digest, size) == cid


def test_cid_of__a_hundred_mebibytes__in_a_few_of_memory() -> None:
    piece = bytes(MIB)
    tracemalloc.start()
    cid_of(repeat(piece, 100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MIB


def test_cid_of__a_gibibyte_and_a_byte_p5__is_the_three_level_tree_of_kubo() -> None:
    """P-5: one leaf more than a node has links."""
    zeros = chain(repeat(bytes(MIB), 1024), [b"\0"])
    assert str(cid_of(zeros)) == "bafybeigx4uyebjbq65346xh6cjrt6yshbdudzudhnqecwbzvymslxj7gje"


@pytest.mark.parametrize("odd", ["text", ["text"], [b"fine", 7], [bytearray(b"mutable")]])
def test_pieces_of__what_is_not_bytes__type_error(odd: object) -> None:
    with pytest.raises(TypeError, match="content is bytes"):
        list(pieces_of(odd))  # type: ignore[arg-type]


def test_pieces_of__large_piece__is_cut() -> None:
    assert [len(piece) for piece in pieces_of([bytes(2 * MIB + 1), b"", b"x"])] == [MIB, MIB, 1, 1]


@pytest.mark.parametrize(("chunk", "links"), [(0, 2), (1, 1), (-1, 1024)])
def test_hasher__impossible_shape__value_error(chunk: int, links: int) -> None:
    with pytest.raises(ValueError, match="chunk_size >= 1"):
        CidHasher(chunk_size=chunk, max_links=links)


def test_file_pieces__a_file__its_bytes_in_order(tmp_path: Path) -> None:
    data = patterned(2 * MIB + 7)
    (tmp_path / "file").write_bytes(data)
    pieces: Iterator[bytes] = file_pieces(tmp_path / "file")
    assert cid_of(pieces) == cid_of(data)
