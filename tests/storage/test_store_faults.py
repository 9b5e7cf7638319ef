"""Faults between a worker and its stores: what passes is right, what fails ends in time, and nothing escapes (P-20)."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.storage import (
    Blockstore,
    Cid,
    Codec,
    ContentMismatch,
    ContentTooLarge,
    InvalidCid,
    KuboStore,
    SeveralStores,
    StorageError,
    StoreTimeout,
    cid_of,
)
from parley.storage.receive import Receiver
from tests.faults.kinds import AT_ONCE, Fault
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.faults.schedule import seeded
from tests.storage.test_unixfs import patterned
from tests.support.kubo import KuboNode

DATA = patterned(200_000)
CID = cid_of(DATA)
SIZE = len(DATA)
MEMORY = 4 << 20


@pytest.fixture
def proxies(kubo: KuboNode) -> Iterator[list[FaultProxy]]:
    """Three ways to one node that has the object."""
    _, _, host, _, port = kubo.address.split("/")
    KuboStore(kubo.address).put(DATA)
    target = f"http://{host}:{port}"
    with fault_proxy(target) as one, fault_proxy(target) as two, fault_proxy(target) as three:
        yield [one, two, three]


@pytest.fixture
def stores(proxies: list[FaultProxy]) -> Iterator[SeveralStores]:
    """The three as one."""
    with SeveralStores([KuboStore(proxy.url, put_deadline=5) for proxy in proxies], hedge=0.1) as several:
        yield several


@pytest.mark.integration
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.DELAY])
def test_get__one_node_fails__another_gives_it_in_a_moment(
    proxies: list[FaultProxy], stores: SeveralStores, fault: Fault, tmp_path: Path
) -> None:
    """F-77: whatever happens to the first of three nodes, the content arrives, whole and soon."""
    proxies[0].set(fault)
    began = time.monotonic()
    assert stores.get(CID, SIZE, deadline=5) == DATA
    stores.get_to(CID, SIZE, tmp_path / "file", deadline=5)
    assert (tmp_path / "file").read_bytes() == DATA
    assert time.monotonic() - began < 4


@pytest.mark.integration
@pytest.mark.parametrize("seed", range(3))
def test_everything__nodes_that_flap__ends_well_or_says_so(
    proxies: list[FaultProxy], stores: SeveralStores, seed: int
) -> None:
    """F-77: under a random mixture of faults each call gives the right bytes or one clear error."""
    for number, proxy in enumerate(proxies):
        proxy.set(seeded(f"{seed}/{number}", {None: 1, **dict.fromkeys(sorted(AT_ONCE), 0.05)}))
    errors = []
    for _ in range(8):
        try:
            assert stores.put(DATA) == CID
            assert stores.get(CID, SIZE, deadline=5) == DATA
        except StorageError as error:
            errors.append(error.message)
    assert len(errors) <= 2
    assert all(message.isprintable() for message in errors)


@pytest.mark.integration
def test_get__bits_flip_on_the_way__other_node_wins_and_flipper_rests(
    proxies: list[FaultProxy], stores: SeveralStores, tmp_path: Path
) -> None:
    """F-78: a flipped bit is found before anybody parses, and whoever flips is asked no more for a while."""
    proxies[0].set(Fault.CORRUPT)
    assert stores.get(CID, SIZE) == DATA
    asked = proxies[0].requests
    assert stores.get(CID, SIZE) == DATA
    assert proxies[0].requests == asked
    for proxy in proxies[1:]:
        proxy.set(Fault.CORRUPT)
    with pytest.raises(ContentMismatch):
        stores.get(CID, SIZE)
    with pytest.raises(ContentMismatch):
        stores.get_to(CID, SIZE, tmp_path / "file")
    assert not list(tmp_path.iterdir())


def receive(expected: bytes, given: bytes) -> None:
    """Take bytes for an object."""
    receiver = Receiver(cid_of(expected), len(expected), exact=True, write=lambda _: None)
    receiver.feed(given)
    receiver.finish()


@pytest.mark.unit
@given(data=st.binary(max_size=300), other=st.binary(max_size=300))
def test_receiver__any_other_bytes__are_refused(data: bytes, other: bytes) -> None:
    """F-78: nothing but the object itself passes for it, wherever the difference lies."""
    if other == data:
        receive(data, other)
    else:
        with pytest.raises(StorageError):
            receive(data, other)


@pytest.mark.unit
@given(data=st.binary(min_size=1, max_size=300), place=st.integers(0, 8 * 300 - 1))
def test_receiver__one_bit_flipped__is_refused(data: bytes, place: int) -> None:
    """F-78: a single bit."""
    spoilt = bytearray(data)
    spoilt[place // 8 % len(data)] ^= 1 << place % 8
    with pytest.raises(ContentMismatch):
        receive(data, bytes(spoilt))


@pytest.mark.integration
def test_get__endless_answer__cut_at_the_expected_size(proxies: list[FaultProxy], tmp_path: Path) -> None:
    """F-80: one byte beyond the exact size is all that is read, into bounded memory, and nothing is left on disk."""
    proxies[0].set(Fault.ENDLESS)
    store = KuboStore(proxies[0].url)
    tracemalloc.start()
    began = time.monotonic()
    for call in (
        lambda: store.get(CID, SIZE, 10),
        lambda: store.get_to(CID, SIZE, tmp_path / "file", 10),
        lambda: store.get_document(CID, SIZE, 10),
    ):
        with pytest.raises(ContentTooLarge):
            call()
    assert time.monotonic() - began < 5
    assert tracemalloc.get_traced_memory()[1] < MEMORY
    tracemalloc.stop()
    assert not list(tmp_path.iterdir())


@pytest.mark.integration
@pytest.mark.parametrize("fault", [Fault.SLOWLORIS, Fault.BLACK_HOLE])
def test_get__a_byte_a_second_from_all__one_total_deadline(
    proxies: list[FaultProxy], stores: SeveralStores, fault: Fault
) -> None:
    """F-87: slow nodes get one deadline for the whole call, however many they are and however lively."""
    threads = threading.active_count()
    for proxy in proxies:
        proxy.set(fault)
    began = time.monotonic()
    with pytest.raises(StoreTimeout):
        stores.get(CID, SIZE, deadline=1.0)
    assert time.monotonic() - began < 2.5
    for proxy in proxies:
        proxy.set(None)
    assert stores.get(CID, SIZE, deadline=5) == DATA
    stores.close()
    while threading.active_count() > threads + 6:
        time.sleep(0.02)


NAMES = st.one_of(
    st.text(max_size=80),
    st.sampled_from(["..", "/etc/passwd", "b" + "a" * 57 + "/", "../" * 19 + "ab", "baf\0", "bafkrei" + "." * 52]),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567./\\\0", min_size=58, max_size=60).map(lambda text: "b" + text),
)


@pytest.mark.unit
@given(name=NAMES)
def test_cid__any_text_of_a_peer__is_a_plain_name_or_refused(name: str) -> None:
    """F-89: a text is a CID of 59 letters and digits, or nothing."""
    try:
        cid = Cid.parse(name)
    except InvalidCid:
        return
    assert str(cid) == name
    assert name.isascii()
    assert name.isalnum()


@pytest.mark.unit
@settings(max_examples=30)
@given(digest=st.binary(min_size=32, max_size=32), codec=st.sampled_from(Codec), data=st.binary(max_size=40))
def test_blockstore__any_digest_of_a_peer__touches_nothing_outside_its_folder(
    tmp_path_factory: pytest.TempPathFactory, digest: bytes, codec: Codec, data: bytes
) -> None:
    """F-89: whatever digests, CIDs and contents peers choose, no path outside the store comes of it."""
    around = tmp_path_factory.getbasetemp() / "around"
    around.mkdir(exist_ok=True)
    (around / "secret").write_bytes(data)
    store = Blockstore(around / "store")
    cid = Cid(codec, digest)
    for call in (
        lambda: store.get(cid, 40),
        lambda: store.get_document(cid, 40),
        lambda: store.get_to(cid, 40, around / "store" / "out"),
        lambda: store.pin(cid),
    ):
        with pytest.raises(StorageError):
            call()
    assert not store.has(cid)
    store.unpin(cid)
    store.put(data)
    assert {path.name for path in around.iterdir()} == {"secret", "store"}
    assert (around / "secret").read_bytes() == data
    assert not (around / "store" / "out").exists()
