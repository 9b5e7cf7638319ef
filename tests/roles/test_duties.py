"""What a worker set about and did not get done in its window is counted and told (F-63)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from parley.chain.model import Phase
from parley.chain.view import RevealedVector, RoundRecord
from parley.roles.actions import Advance, CommitScores, CommitUpdate, RevealScores, RevealUpdate, Settle
from parley.roles.duties import Duties, Duty
from tests.roles.builders import HEADER, ME, OTHER, RECORD, SETTLEMENT, view_in

pytestmark = pytest.mark.unit

MY_REVEAL = (replace(RECORD.reveals[0], operator=ME),)
MY_VECTOR = (RevealedVector(0, ME, b"", b""),)


def missed(duty: Duty, during: Phase, after: Phase, record: RoundRecord) -> list[Duty]:
    """What is missed of a duty that a worker set about in one phase, seen in another."""
    duties = Duties(structlog.get_logger())
    duties.owe(duty)
    assert duties.inspect(view_in(during)) == []
    found = duties.inspect(view_in(after, record=record))
    assert duties.inspect(view_in(after, record=record)) == []
    return found


@pytest.mark.parametrize(
    ("duty", "during", "after", "done"),
    [
        (CommitUpdate(4), Phase.TRAIN, Phase.REVEAL, replace(RECORD, commitments={ME: b"c" * 32})),
        (RevealUpdate(4), Phase.REVEAL, Phase.KEY, replace(RECORD, reveals=MY_REVEAL)),
        (CommitScores(4), Phase.SCORE_COMMIT, Phase.SCORE_REVEAL, replace(RECORD, score_commitments={ME: b"c" * 32})),
        (RevealScores(4), Phase.SCORE_REVEAL, Phase.SETTLE, replace(RECORD, vectors=MY_VECTOR)),
        (Settle(4, 0), Phase.SETTLE, Phase.CHALLENGE, replace(RECORD, settlement=SETTLEMENT, header=HEADER)),
    ],
)
def test_inspect__window_closed__is_missed_unless_the_chain_shows_the_deed(
    duty: Duty, during: Phase, after: Phase, done: RoundRecord
) -> None:
    """A deed counts by what lies on the chain, not by what the worker believes to have sent."""
    other = replace(HEADER, aggregator=OTHER, turn=3)
    left = replace(RECORD, settlement=SETTLEMENT, header=other) if after == Phase.CHALLENGE else RECORD
    assert missed(duty, during, after, done) == []
    with capture_logs() as logs:
        assert missed(duty, during, after, left) == [duty]
    assert [(entry["log_level"], entry["missed"]) for entry in logs] == [("error", type(duty).__name__)]


def test_inspect__missed__is_counted_by_its_kind() -> None:
    """The label is a name of an action: a fixed set (F-65)."""
    labels = {"what": "CommitUpdate"}
    before = REGISTRY.get_sample_value("parley_missed_total", labels) or 0.0
    missed(CommitUpdate(4), Phase.TRAIN, Phase.REVEAL, RECORD)
    assert REGISTRY.get_sample_value("parley_missed_total", labels) == before + 1


def test_inspect__worker_was_down_or_had_nothing_to_do__misses_nothing() -> None:
    """Only what was set about is owed; pokes are everybody's."""
    duties = Duties(structlog.get_logger())
    duties.owe(Advance(4))
    assert duties.inspect(view_in(Phase.REVEAL)) == []
