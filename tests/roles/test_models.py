"""Models are fetched by their CIDs, or rebuilt from what they were made of (P-23)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parley.chain.model import Phase, Settlement
from parley.chain.view import Reveal, RoundRecord, View
from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, encode
from parley.numerics.scoring import SettledScores, encode_medians
from parley.numerics.settlement import next_model
from parley.roles.books import config_of
from parley.roles.library import Library
from parley.roles.models import CannotRebuild, Models
from parley.storage import Blockstore
from tests.roles.builders import HEADER, POLICY, RECORD, view_in

pytestmark = pytest.mark.unit

PARAMS = 16
NOWHERE = b"\x07" * 32


def vector(seed: int) -> Quantised:
    """Some parameters."""
    return np.random.default_rng(seed).integers(-(2**20), 2**20, PARAMS).astype(np.int32)


class History:
    """Final rounds whose models nobody published, each of three updates of which the last is left out."""

    def __init__(self, store: Blockstore, rounds: int) -> None:
        self.library = Library(store, PARAMS)
        genesis = vector(0)
        root, digest = self.library.put(genesis)
        self.models = [genesis]
        view = view_in(Phase.TRAIN)
        self.view: View = replace(view, terms=replace(view.terms, model_root=root, model_digest=digest))
        records = {number: self._round(number) for number in range(1, rounds + 1)}
        self.view = replace(self.view, records=records)

    def _round(self, number: int) -> RoundRecord:
        updates = [vector(100 * number + place) for place in range(3)]
        named = [self.library.put(update) for update in updates]
        settled = SettledScores((2, 5, 0), (65536, 30000, 0), 1 << 20)
        old, previous = self.models[-1], self.models[max(0, len(self.models) - 2)]
        model = next_model(config_of(self.view, POLICY), settled, updates[:2], old, previous)
        self.models.append(model)
        root = word_tree.root(encode(model))
        header = replace(HEADER, model_root=root, model_digest=NOWHERE)
        settlement = Settlement(encode_medians(settled), settled.norm, 1, b"r" * 32, root, NOWHERE, b"w" * 32)
        reveals = tuple(Reveal(place, f"0x{place:040x}", *pair, 95) for place, pair in enumerate(named))
        return replace(RECORD, number=number, reveals=reveals, settlement=settlement, header=header, final=True)


@pytest.fixture
def store(tmp_path: Path) -> Blockstore:
    """An empty blockstore."""
    return Blockstore(tmp_path / "store")


def test_models__no_cid_leads_to_one__all_are_rebuilt_from_the_first_on(store: Blockstore) -> None:
    """P-23, P-6, F-102: a worker that fetches no model rebuilds each from the two before it and the updates."""
    history = History(store, 3)
    last, before = Models(Library(store, PARAMS), lambda _: POLICY).last(history.view)
    assert np.array_equal(last, history.models[3])
    assert np.array_equal(before, history.models[2])


def test_models__rebuilt__is_served_on(store: Blockstore, tmp_path: Path) -> None:
    """P-23: what was rebuilt is published under its own CID."""
    history = History(store, 1)
    Models(Library(store, PARAMS), lambda _: POLICY).last(history.view)
    root = word_tree.root(encode(history.models[1]))
    digest = Library(Blockstore(tmp_path / "other"), PARAMS).put(history.models[1])[1]
    assert np.array_equal(Library(store, PARAMS).get(root, digest), history.models[1])


def test_models__an_update_is_gone__says_which_model_and_why(store: Blockstore) -> None:
    """P-23: what can be neither fetched nor rebuilt is an error of content that says so."""
    history = History(store, 1)
    record = history.view.records[1]
    lost = replace(record.reveals[1], root=b"\x01" * 32, digest=b"\x02" * 32)
    reveals = (record.reveals[0], lost, record.reveals[2])
    view = replace(history.view, records={1: replace(record, reveals=reveals)})
    with pytest.raises(CannotRebuild, match=r"the model of round 1 is not to be had .*nor an update it was made of"):
        Models(Library(store, PARAMS), lambda _: POLICY).last(view)


def test_models__posted_root_is_another__is_never_used(store: Blockstore) -> None:
    """P-23: the root is the authority: what was rebuilt counts only if it hashes to it."""
    history = History(store, 1)
    record = history.view.records[1]
    assert record.settlement is not None
    assert record.header is not None
    wrong = replace(
        record,
        settlement=replace(record.settlement, model_root=b"\x05" * 32),
        header=replace(record.header, model_root=b"\x05" * 32),
    )
    with pytest.raises(CannotRebuild, match="is not the one on chain"):
        Models(Library(store, PARAMS), lambda _: POLICY).last(replace(history.view, records={1: wrong}))


def test_models__no_genesis__is_an_error_of_content(tmp_path: Path) -> None:
    """P-23: the first model is made of nothing else."""
    with pytest.raises(ContentError):
        Models(Library(Blockstore(tmp_path / "empty"), PARAMS), lambda _: POLICY).last(view_in(Phase.TRAIN))
