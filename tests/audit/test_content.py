"""Vectors and the CIDs that go with them: what is found must not depend on what was looked for before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parley.audit.content import BeyondClip, OtherCid, Vectors, digests_of
from parley.chain.view import Block, Recorded, Reveal
from parley.roles.library import Library
from parley.storage import Blockstore, ContentMissing
from tests.roles.builders import HEADER, POLICY, RECORD, TERMS

pytestmark = pytest.mark.unit

Q = np.arange(TERMS.params, dtype=np.int32)
BOGUS = b"\x5a" * 32


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An empty one."""
    return Library(Blockstore(tmp_path), TERMS.params)


def test_vectors__root_of_a_model_beside_another_digest__is_another_cid(library: Library) -> None:
    """P-5: the library knows the model by its root; the trainer that named a CID of its own is found, nobody else."""
    root, digest = library.put(Q)
    vectors = Vectors(library)
    assert isinstance(vectors.get(root, BOGUS).error, OtherCid)
    found = vectors.get(root, digest)
    assert found.error is None
    assert np.array_equal(np.asarray(found.q), Q)


def test_vectors__nothing_in_memory__is_another_cid_all_the_same(library: Library, tmp_path: Path) -> None:
    """P-5: whatever the process looked at before."""
    root, digest = library.put(Q)
    fresh = Library(Blockstore(tmp_path), TERMS.params)
    assert isinstance(Vectors(fresh).get(root, BOGUS).error, ContentMissing)
    vectors = Vectors(fresh, {root: (BOGUS, digest)})
    assert isinstance(vectors.get(root, BOGUS).error, OtherCid)
    assert vectors.get(root, digest).error is None
    assert isinstance(vectors.get(root, BOGUS).error, OtherCid)


def test_vectors__beyond_the_clip__is_no_update_but_may_be_a_model(library: Library) -> None:
    """P-2: the clip is of updates."""
    root, digest = library.put(Q)
    vectors = Vectors(library)
    assert isinstance(vectors.get(root, digest, int(Q.max()) - 1).error, BeyondClip)
    assert vectors.get(root, digest, int(Q.max())).error is None
    assert vectors.get(root, digest).error is None


def test_digests_of__models_and_updates__are_all_that_stand_beside_a_root() -> None:
    reveals = (Reveal(0, "0x" + "11" * 20, b"m" * 32, BOGUS, 5), Reveal(1, "0x" + "22" * 20, b"u" * 32, b"1" * 32, 5))
    settled = replace(RECORD, reveals=reveals, header=replace(HEADER, model_root=b"n" * 32, model_digest=b"2" * 32))
    told = Recorded(1, "0x" + "44" * 20, 1, Block(9, b"h" * 32, 1), TERMS, {1: POLICY}, {1: settled}, {}, {})
    assert digests_of(told) == {
        b"m" * 32: (b"d" * 32, BOGUS),
        b"n" * 32: (b"2" * 32,),
        b"u" * 32: (b"1" * 32,),
    }
