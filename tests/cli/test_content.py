"""`parley cid`: what a file is called, and whether a store agrees (P-5)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.cli.actions.content import cid_of_file
from parley.errors import ContentError, ExitCode
from parley.storage import Blockstore, Cid, Codec, cid_of
from tests.cli.conftest import Run

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("size", "codec"), [(0, "raw"), (1 << 20, "raw"), ((1 << 20) + 1, "dag-pb")])
def test_cid__file__codec_by_size(run: Run, workplace: Path, size: int, codec: str) -> None:
    """P-5: raw up to 1 MiB, dag-pb above."""
    (workplace / "f").write_bytes(bytes(size))
    facts = json.loads(run("cid", "f", "--json").stdout)
    assert facts["cid"] == str(cid_of(bytes(size)))
    assert (facts["codec"], facts["size"], facts["store"]) == (codec, size, None)


def test_cid__compare__stored_and_equal(run: Run, workplace: Path) -> None:
    """P-5."""
    (workplace / "f").write_bytes(b"abc")
    facts = json.loads(run("cid", "f", "--store", "objects", "--json").stdout)
    assert facts["store_cid"] == facts["cid"]
    assert Blockstore(workplace / "objects").get(Cid.parse(facts["cid"]), 3) == b"abc"


def test_cid__no_file__not_found(run: Run) -> None:
    result = run("cid", "nothing")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert result.stderr == "error: there is no file nothing\nhint: check the path\n"


def test_cid_of_file__store_says_something_else__error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P-5: a node of another profile must not go unnoticed."""
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    store = Blockstore(tmp_path / "objects")
    monkeypatch.setattr(store, "put", lambda _: Cid(Codec.RAW, bytes(32)))
    with pytest.raises(ContentError, match=r"calls .* not"):
        cid_of_file(path, store)


def test_cid__address_of_no_kind__config_error(run: Run, workplace: Path) -> None:
    (workplace / "f").write_bytes(b"abc")
    result = run("cid", "f", "--store", "ftp://host")
    assert result.exit_code == ExitCode.CONFIG
    assert result.stdout == ""
