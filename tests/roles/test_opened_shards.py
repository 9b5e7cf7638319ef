"""Validation shards as workers see them: sealed until the key is on chain, checked when opened (P-24)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import structlog

from parley.chain.model import Phase
from parley.chain.view import View
from parley.errors import ContentError
from parley.roles.shards import OpenedShards, key_of
from parley.storage import Blockstore, Cid
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.document import BuiltinModel, ShardRef, TaskDocument, Validation
from parley.tasks.shards import KeyChain, cut, seal_all
from tests.roles.builders import TERMS, view_in

pytestmark = pytest.mark.unit

ROUNDS = 3
KNOWN = builtin("breast-cancer")


@pytest.fixture
def chain() -> KeyChain:
    """A sponsor's secret."""
    return KeyChain.fresh(ROUNDS)


@pytest.fixture
def store(tmp_path: Path) -> Blockstore:
    """An empty store."""
    return Blockstore(tmp_path)


def shards_in(store: Blockstore, chain: KeyChain) -> tuple[list[Dataset], OpenedShards]:
    """Three sealed shards in a store."""
    rng = np.random.default_rng(1)
    data = Dataset(rng.random((60, 30)), rng.integers(0, 2, 60), KNOWN.schema)
    parts = cut(data, ROUNDS, seed=0)
    blobs = seal_all(parts, chain)
    document = TaskDocument(
        name="breast-cancer",
        model=BuiltinModel(name="breast-cancer"),
        params=KNOWN.params,
        hyper=KNOWN.hyper,
        data_schema=KNOWN.schema,
        validation=Validation(
            sealed=True, shards=tuple(ShardRef(cid=str(store.put(blob)), size=len(blob)) for blob in blobs)
        ),
    )
    return parts, OpenedShards(store, document, structlog.get_logger())


def view_with(chain: KeyChain, *opened: int) -> View:
    """A federation in which the keys of these rounds are on chain."""
    view = view_in(Phase.SCORE_COMMIT)
    return replace(view, terms=replace(TERMS, anchor=chain.anchor), keys={r: chain.key(r) for r in opened})


def test_of__key_on_chain__opens_the_shard(store: Blockstore, chain: KeyChain) -> None:
    """P-24: an opened shard holds the sponsor's samples."""
    parts, shards = shards_in(store, chain)
    assert shards.of(view_with(chain, 2), 2) == parts[1]


def test_of__round_after_round__keeps_the_last_alone(store: Blockstore, chain: KeyChain) -> None:
    """A worker that runs for months, or an audit of a thousand rounds, must not keep them all in memory."""
    parts, shards = shards_in(store, chain)
    view = view_with(chain, 3)
    assert [shards.of(view, number) for number in (1, 2, 3)] == parts
    for number in (1, 3):
        store.unpin(Cid.parse(shards._document.validation.shards[number - 1].cid))
    assert shards.of(view, 3) == parts[2]
    with pytest.raises(ContentError):
        shards.of(view, 1)


def test_before__asked_again__opens_none_twice(store: Blockstore, chain: KeyChain) -> None:
    """A trainer mixes all of them into its data in every round."""
    parts, shards = shards_in(store, chain)
    view = view_with(chain, 3)
    assert shards.before(view, 3) == parts[:2]
    store.unpin(Cid.parse(shards._document.validation.shards[0].cid))
    assert shards.before(view, 4) == parts


def test_of__no_key__is_sealed(store: Blockstore, chain: KeyChain) -> None:
    """P-24: before its key nobody can read it."""
    _, shards = shards_in(store, chain)
    assert shards.of(view_with(chain, 1), 2) is None


def test_of__later_key__opens_earlier_shards(store: Blockstore, chain: KeyChain) -> None:
    """P-24: a key tells those of all rounds before it."""
    parts, shards = shards_in(store, chain)
    assert shards.of(view_with(chain, 3), 1) == parts[0]
    assert key_of(view_with(chain, 3), 1) == chain.key(1)


def test_key_of__key_of_another_chain__is_none(chain: KeyChain) -> None:
    """P-24: a key that does not lead to the anchor opens nothing."""
    other = KeyChain.fresh(ROUNDS)
    view = replace(view_with(chain), keys={2: other.key(2)})
    assert key_of(view, 2) is None


def test_before__shard_that_is_gone__is_left_out(store: Blockstore, chain: KeyChain) -> None:
    """A trainer goes on with what it has."""
    parts, shards = shards_in(store, chain)
    view = view_with(chain, 1, 2)
    gone = shards._document.shard(1)
    assert gone is not None
    store.unpin(Cid.parse(gone.cid))
    assert shards.before(view, 3) == [parts[1]]
    with pytest.raises(ContentError):
        shards.of(view, 1)
