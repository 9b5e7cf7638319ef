"""Which address opens which store."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.errors import ConfigError
from parley.storage import Blockstore, KuboStore, cid_of, open_store
from parley.storage.addresses import rpc_multiaddr

pytestmark = pytest.mark.unit


def test_open_store__path__is_a_blockstore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path / "a store"))
    assert isinstance(store, Blockstore)
    assert store.location == str(tmp_path / "a store")
    monkeypatch.chdir(tmp_path)
    assert open_store("relative").location == str(tmp_path / "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert open_store("~/store").location == str(tmp_path / "home" / "store")


@pytest.mark.parametrize("host", ["", "localhost"])
def test_open_store__file_url__is_a_blockstore(tmp_path: Path, host: str) -> None:
    store = open_store(f"file://{host}{tmp_path}/with%20space")
    assert isinstance(store, Blockstore)
    assert store.location == str(tmp_path / "with space")


def test_open_store__owner__pins_in_its_name(tmp_path: Path) -> None:
    open_store(str(tmp_path), owner="trainer-1").put(b"content")
    assert (tmp_path / "pins" / str(cid_of(b"content")) / "trainer-1").exists()


@pytest.mark.parametrize(
    ("address", "multiaddr"),
    [
        ("http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001"),
        ("http://127.0.0.1:5001/", "/ip4/127.0.0.1/tcp/5001"),
        ("http://[::1]:5001", "/ip6/::1/tcp/5001"),
        ("http://kubo:5001", "/dns/kubo/tcp/5001"),
        ("/ip4/127.0.0.1/tcp/5001", "/ip4/127.0.0.1/tcp/5001"),
        ("/ip4/127.0.0.1/tcp/5001/http", "/ip4/127.0.0.1/tcp/5001"),
        ("/ip6/::1/tcp/5001", "/ip6/::1/tcp/5001"),
        ("/dns4/kubo/tcp/65535", "/dns4/kubo/tcp/65535"),
    ],
)
def test_open_store__rpc_address__is_a_kubo_store(address: str, multiaddr: str) -> None:
    store = open_store(address)
    assert isinstance(store, KuboStore)
    assert store.location == multiaddr


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://user:secret@127.0.0.1:5001",
        "http://127.0.0.1:5001/api/v0",
        "http://127.0.0.1:5001?x",
        "http://127.0.0.1:5001\n",
        "http://999.0.0.1:5001",
        "http://:5001",
        "http://[::1",
        "/ip4/127.0.0.1",
        "/ip4/127.0.0.1/tcp/0",
        "/ip4/127.0.0.1/tcp/70000",
        "/ip4/kubo/tcp/5001",
        "/ip6/127.0.0.1/tcp/5001",
        "/ip4/127.0.0.1/udp/5001",
        "/ip4/127.0.0.1/tcp/5001/https",
        "/dns/ku bo/tcp/5001",
    ],
)
def test_open_store__half_an_rpc_address__clear_error(address: str) -> None:
    with pytest.raises(ConfigError, match="is not the address of a Kubo RPC") as error:
        open_store(address)
    assert "http://127.0.0.1:5001" in str(error.value.hint)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["s3://bucket/folder", "https://127.0.0.1:5001", "ipfs://bafy", "HTTPS://x"])
def test_open_store__unknown_scheme__clear_error(url: str) -> None:
    with pytest.raises(ConfigError, match=r"a content store of kind .* is not known") as error:
        open_store(url)
    assert error.value.hint


@pytest.mark.parametrize(
    "url", ["", "\0", "file:", "file://", "file:relative", "file://elsewhere/srv", "file:///srv?x=1", "file:///a\0b"]
)
def test_open_store__no_folder_of_this_machine__clear_error(url: str) -> None:
    with pytest.raises(ConfigError, match=r"is not the address|does not name a folder"):
        open_store(url)


def test_rpc_multiaddr__own_result__is_accepted() -> None:
    assert rpc_multiaddr(rpc_multiaddr("http://[::1]:5001")) == "/ip6/::1/tcp/5001"
