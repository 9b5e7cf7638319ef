"""What past rounds were judged by, as far as it follows from the chain alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parley.chain.model import Phase
from parley.chain.view import Reveal, View
from parley.roles.hindsight import final_before, last_norm, past_updates
from parley.roles.library import Library
from parley.storage import Blockstore
from tests.roles.builders import FEDERATION, HEADER, POLICY, RECORD, TERMS, view_in

pytestmark = pytest.mark.unit


def view_with(*norms: int | None) -> View:
    """Rounds 1, 2, ... that settled these norms, `None` for void ones, and a round that runs."""
    rounds = [
        replace(RECORD, number=number, final=norm is not None, header=replace(HEADER, norm=norm or 0))
        for number, norm in enumerate(norms, 1)
    ]
    records = {record.number: record for record in (*rounds, replace(RECORD, number=len(norms) + 1))}
    settled = [norm for norm in norms if norm is not None]
    federation = replace(FEDERATION, norm=settled[-1] if settled else 0)
    return replace(view_in(Phase.TRAIN, federation=federation), records=records)


@pytest.mark.parametrize(
    ("norms", "expected"),
    [
        ((), POLICY.initial_norm),
        ((7,), 7),
        ((7, None), 7),
        ((7, 9), 9),
        ((7, 0), POLICY.initial_norm),
        ((None,), 1 << 24),
    ],
)
def test_last_norm__in_the_round_that_runs__is_what_its_evaluators_see(
    norms: tuple[int | None, ...], expected: int
) -> None:
    """P-25: hindsight and the view of a worker agree, where the settled norm is 0, too."""
    view = view_with(*norms)
    assert last_norm(view, len(norms) + 1, POLICY) == view.last_norm == expected


def test_last_norm__of_an_earlier_round__knows_of_nothing_later() -> None:
    view = view_with(7, 9, 11)
    assert [last_norm(view, number, POLICY) for number in (1, 2, 3, 4)] == [POLICY.initial_norm, 7, 9, 11]
    assert [record.number for record in final_before(view, 3)] == [1, 2]


def test_past_updates__one_gone__is_told_of_with_its_round(tmp_path: Path) -> None:
    """Section 6: of the last three rounds alone."""
    library = Library(Blockstore(tmp_path), TERMS.params)
    q = np.arange(TERMS.params, dtype=np.int32)
    root, digest = library.put(q)
    there, lost = Reveal(0, "0x" + "11" * 20, root, digest, 5), Reveal(1, "0x" + "22" * 20, b"x" * 32, b"y" * 32, 5)
    view = view_with(1, 1, 1, 1)
    records = {number: replace(record, reveals=(there, lost)) for number, record in view.records.items()}
    gone: list[tuple[int, int]] = []
    past = past_updates(
        library, replace(view, records=records), 5, lambda record, reveal, _: gone.append((record.number, reveal.index))
    )
    assert gone == [(2, 1), (3, 1), (4, 1)]
    assert [np.array_equal(found, q) for found in past] == [True] * 3
