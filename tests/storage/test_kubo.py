"""Against a real Kubo: the same CIDs bit for bit, whatever the node's own settings, and its errors made clear (P-5)."""

from __future__ import annotations

import secrets
import time
import tracemalloc
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.storage import (
    Blockstore,
    Cid,
    CidHasher,
    ContentMissing,
    KuboStore,
    StorageError,
    StoreUnavailable,
    cid_of,
)
from parley.storage.kubo_binary import find_kubo
from tests.storage.test_unixfs import KUBO_SAYS, patterned
from tests.support.kubo import KuboNode, run_ipfs, running_kubo

pytestmark = pytest.mark.integration

MIB = 1 << 20


def by_kubo(node: KuboNode, data: bytes, *options: str) -> str:
    """Return the CID that the program itself gives some bytes."""
    return node.ipfs("add", "--quieter", "--only-hash", *options, stdin=data)


@pytest.mark.parametrize(("size", "cid"), KUBO_SAYS)
def test_put__sizes_around_a_chunk_p5__same_cid_in_folder_node_and_program(
    kubo: KuboNode, blockstore: Blockstore, size: int, cid: str
) -> None:
    """P-5: `cid_of`, the blockstore, the RPC and ``ipfs add`` under the profile agree."""
    data = patterned(size)
    assert str(cid_of(data)) == by_kubo(kubo, data) == cid
    assert str(KuboStore(kubo.address).put(data)) == str(blockstore.put(data)) == cid


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), chunk=st.integers(1, 16), links=st.integers(2, 6))
def test_hasher__any_shape_of_tree__as_ipfs_add_builds_it(kubo: KuboNode, data: bytes, chunk: int, links: int) -> None:
    """Trees of many levels, with small chunks: the layout is Kubo's at every size."""
    hasher = CidHasher(chunk_size=chunk, max_links=links)
    hasher.update(data)
    options = (f"--chunker=size-{chunk}", f"--max-file-links={links}")
    assert str(hasher.cid()) == by_kubo(kubo, data, *options)


@pytest.mark.parametrize("leaves", [1023, 1024, 1025, 2049])
def test_hasher__around_a_full_node__as_ipfs_add_builds_it(kubo: KuboNode, leaves: int) -> None:
    data = patterned(leaves * 16 - 3)
    hasher = CidHasher(chunk_size=16)
    hasher.update(data)
    assert str(hasher.cid()) == by_kubo(kubo, data, "--chunker=size-16")


def test_put__a_gibibyte_and_a_byte__streams_in_a_few_mebibytes_of_memory(kubo: KuboNode) -> None:
    """The zeros are one block for Kubo, so this costs a second; the tree is of three levels."""
    zeros = chain(repeat(bytes(MIB), 1024), [b"\0"])
    tracemalloc.start()
    cid = KuboStore(kubo.address).put(zeros)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(cid) == "bafybeigx4uyebjbq65346xh6cjrt6yshbdudzudhnqecwbzvymslxj7gje"
    assert peak < 16 * MIB


def test_get_to__sixty_four_mebibytes__streams_in_a_few_of_memory(kubo: KuboNode, tmp_path: Path) -> None:
    store = KuboStore(kubo.address)
    cid = store.put(repeat(bytes(MIB), 64))
    tracemalloc.start()
    store.get_to(cid, 64 * MIB, tmp_path / "zeros")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "zeros").stat().st_size == 64 * MIB
    assert peak < 16 * MIB


def test_put__node_with_other_import_settings_p5__still_the_profile(tmp_path: Path) -> None:
    """P-5: the options go with each call, so a node set up for CIDv0 with 256 KiB chunks gives the same CIDs."""
    repo = tmp_path / "repo"
    run_ipfs(find_kubo(), "init", "--empty-repo", "--profile=test,unixfs-v0-2015", repo=repo)
    data = patterned(3 * MIB + 1)
    with running_kubo(repo) as node:
        assert by_kubo(node, data).startswith("Qm"), "the node's own settings are the old ones"
        store = KuboStore(node.address)
        assert store.put(data) == cid_of(data)
        assert store.get(cid_of(data), len(data)) == data


def test_get__a_leaf_is_gone__error_within_the_deadline(kubo: KuboNode) -> None:
    data = secrets.token_bytes(3 * MIB)
    store = KuboStore(kubo.address)
    cid = store.put(data)
    store.unpin(cid)
    kubo.ipfs("block", "rm", str(cid_of(data[MIB : 2 * MIB])))
    began = time.monotonic()
    with pytest.raises(StorageError) as error:
        store.get(cid, len(data), deadline=10)
    assert time.monotonic() - began < 10
    assert error.value.hint
    with pytest.raises(ContentMissing):
        store.pin(cid)
    assert not store.has(cid)
    assert store.put(data) == cid
    assert store.get(cid, len(data)) == data


def test_get__a_directory__refused(kubo: KuboNode, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"content")
    name = kubo.ipfs("add", "--quieter", "--recursive", "--raw-leaves", str(tmp_path / "folder"))
    with pytest.raises(StoreUnavailable, match="directory"):
        KuboStore(kubo.address).get(Cid.parse(name), 7)


def test_unpin__then_garbage_collection__object_is_gone(kubo: KuboNode) -> None:
    store = KuboStore(kubo.address)
    kept, dropped = secrets.token_bytes(100), secrets.token_bytes(100)
    store.put(kept)
    store.put(dropped)
    store.unpin(cid_of(dropped))
    kubo.ipfs("repo", "gc", "--quiet")
    assert store.get(cid_of(kept), 100) == kept
    with pytest.raises(ContentMissing):
        store.get(cid_of(dropped), 100)


def test_call__proxy_in_the_environment__is_not_used(kubo: KuboNode, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    store = KuboStore(kubo.address)
    assert store.get(store.put(b"direct"), 6) == b"direct"


def test_call__nobody_listens__says_so_at_once(unused_port: int) -> None:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=f"no Kubo answers at /ip4/127.0.0.1/tcp/{unused_port}$") as error:
        KuboStore(f"http://127.0.0.1:{unused_port}").get(cid_of(b""), 0)
    assert "ipfs daemon" in str(error.value.hint)
    assert time.monotonic() - began < 5
