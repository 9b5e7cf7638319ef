"""Gas of whole transactions is what the snapshot says, within targets, and flat in the number of trainers (P-13)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scripts.loading import load_script

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SNAPSHOT = Path(__file__).with_name("snapshot.json")


def test_gas__every_row__is_the_snapshot_and_within_its_target() -> None:
    """P-13: `make gas ARGS=--update` rewrites the snapshot after a change that is meant."""
    gas = load_script("gas.py")
    found = gas.measured()
    assert found == json.loads(SNAPSHOT.read_text())
    assert gas.missed(found) == []


@pytest.mark.parametrize("call", ["commitUpdate", "revealUpdate", "commitScores", "advance"])
def test_gas__ten_to_256_trainers__costs_the_same(call: str) -> None:
    """P-13, F-9: no call but revealScores and settle depends on how many trainers there are; zeros differ by chance."""
    rows = json.loads(SNAPSHOT.read_text())["gas"]
    small = rows.get(call, rows.get(f"{call}, 10 trainers"))
    assert all(abs(rows[f"{call}, {size} trainers"] - small) < 100 for size in (100, 256))
