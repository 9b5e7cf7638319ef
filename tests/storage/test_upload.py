"""Large objects go up block by block, and on from where an attempt stopped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.storage import Cid, KuboStore, StoreUnavailable, cid_of, guarded_http
from parley.storage import kubo as kubo_module
from parley.storage.cid import CHUNK_SIZE, Codec
from parley.storage.upload import chunks_of, upload
from tests.faults.kinds import Fault
from tests.faults.proxy import fault_proxy
from tests.faults.schedule import during
from tests.storage.test_unixfs import patterned
from tests.support.kubo import KuboNode

MIB = 1 << 20
DATA = b"large" + patterned(9 * MIB)
"""No block of it is one that another test may have left in the node that all share."""

LEAVES = 10


class Sink:
    """Blocks in memory; breaks after some."""

    def __init__(self, breaks_after: int) -> None:
        self.blocks: dict[Cid, bytes] = {}
        self.asked = 0
        self.sent = 0
        self.breaks_after = breaks_after

    def has_block(self, cid: Cid) -> bool:
        self.asked += 1
        return cid in self.blocks

    def put_block(self, cid: Cid, block: bytes) -> None:
        if self.sent == self.breaks_after:
            raise StoreUnavailable("the connection broke")
        self.sent += 1
        self.blocks[cid] = block


@pytest.mark.unit
def test_upload__all_blocks__are_the_tree_of_the_object() -> None:
    """P-5: leaves and nodes as any other way to store the object has them."""
    sink = Sink(breaks_after=1000)
    cid = upload(iter([DATA]), sink)
    assert cid == cid_of(DATA)
    assert len(sink.blocks) == LEAVES + 1
    assert all(cid_of(block) == cid for cid, block in sink.blocks.items() if cid.codec == Codec.RAW)
    assert b"".join(list(sink.blocks.values())[:LEAVES]) == DATA
    assert sink.asked == 1, "the first block was not there, so nobody asks for the others"


@pytest.mark.unit
@pytest.mark.parametrize("stopped_at", [0, 1, 7, LEAVES, LEAVES + 1])
def test_upload__again_after_it_stopped__sends_the_rest_only(stopped_at: int) -> None:
    sink = Sink(breaks_after=stopped_at)
    if stopped_at <= LEAVES:
        with pytest.raises(StoreUnavailable):
            upload([DATA], sink)
    else:
        upload([DATA], sink)
    sink.sent, sink.asked, sink.breaks_after = 0, 0, 1000
    assert upload([DATA], sink) == cid_of(DATA)
    assert sink.sent == LEAVES + 1 - stopped_at
    assert sink.asked == min(stopped_at + 1, LEAVES + 1)


@pytest.mark.unit
@settings(max_examples=25)
@given(sizes=st.lists(st.integers(0, 5 * MIB // 2), max_size=4))
def test_chunks_of__any_pieces__are_cut_anew(sizes: list[int]) -> None:
    pieces = [bytes([index]) * size for index, size in enumerate(sizes)]
    chunks = list(chunks_of(pieces))
    assert b"".join(chunks) == b"".join(pieces)
    assert all(len(chunk) == CHUNK_SIZE for chunk in chunks[:-1])
    assert all(0 < len(chunk) <= CHUNK_SIZE for chunk in chunks)


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Objects go up in blocks from 4 MiB on."""
    monkeypatch.setattr(kubo_module, "RESUME_ABOVE", 4 * MIB)
    return 4 * MIB


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, low_limit: int) -> list[int]:
    """How many bytes went out over the network, one number a write, of a store with a low limit."""
    assert low_limit < len(DATA)
    sent: list[int] = []
    plain = guarded_http._DeadlineSocket.sendall

    def counting(self: guarded_http._DeadlineSocket, data: bytes, *flags: int) -> None:
        sent.append(len(data))
        plain(self, data, *flags)

    monkeypatch.setattr(guarded_http._DeadlineSocket, "sendall", counting)
    return sent


@pytest.mark.integration
def test_put__connection_breaks_midway__second_attempt_sends_the_rest(kubo: KuboNode, sent: list[int]) -> None:
    """P-20, F-77: what a node has already is not sent again; counted in bytes on the wire."""
    with fault_proxy(_url(kubo)) as proxy:
        store = KuboStore(proxy.url)
        proxy.set(during(6, 10**9, Fault.REFUSE))
        with pytest.raises(StoreUnavailable):
            store.put(DATA)
        first = sum(sent)
        assert 5 * MIB < first < 7 * MIB
        sent.clear()
        proxy.set(None)
        cid = store.put(DATA[at : at + 300_000] for at in range(0, len(DATA), 300_000))
        assert cid == cid_of(DATA)
        assert sum(sent) < len(DATA) - 5 * MIB + MIB / 2
        assert store.has(cid)
        assert store.get(cid, len(DATA)) == DATA
        sent.clear()
        assert store.put(DATA) == cid
        assert sum(sent) < MIB / 4, "nothing but questions"


@pytest.mark.integration
@pytest.mark.parametrize("over", [0, 1])
def test_put__either_side_of_the_limit__same_cid_pinned(kubo: KuboNode, low_limit: int, over: int) -> None:
    """P-5: whether it goes up whole or in blocks makes no difference."""
    size = low_limit + over
    data = patterned(size)
    store = KuboStore(kubo.address)
    cid = store.put(data)
    assert cid == cid_of(data)
    assert store.has(cid)
    assert store.get(cid, size) == data


def _url(node: KuboNode) -> str:
    _, _, host, _, port = node.address.split("/")
    return f"http://{host}:{port}"
