"""Every worker looks at a settlement's rewards before it is final (P-12)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from parley.chain.model import Phase
from parley.chain.view import View
from parley.roles.books import Books
from parley.roles.checks import RewardCheck
from tests.roles.builders import HEADER, OTHER, view_in
from tests.roles.test_books import MEMBERS, TRAINERS, policy, scored_round, settled_honestly, with_records

pytestmark = pytest.mark.unit


def check_of(operator: str) -> RewardCheck:
    """The check of one worker."""
    worker: Any = SimpleNamespace(books=Books(policy), operator=operator, log=structlog.get_logger())
    return RewardCheck(worker)


def challenged(reward_root: bytes | None = None) -> View:
    """A first round whose settlement stands to be challenged; honest unless another reward root is given."""
    record = scored_round(4)
    honest = settled_honestly(with_records(record), record)
    header = replace(HEADER, aggregator=OTHER, reward_root=reward_root or honest.header.reward_root)  # type: ignore[union-attr]
    posted = replace(honest, final=False, header=header)
    return replace(view_in(Phase.CHALLENGE, record=posted), members=MEMBERS)


def test_inspect__honest_settlement__is_silent() -> None:
    """P-12: the posted root is the recomputed one."""
    with capture_logs() as logs:
        assert check_of(TRAINERS[0]).inspect(challenged())
    assert logs == []


def test_inspect__other_rewards__says_so_once_with_what_is_due() -> None:
    """P-12: a wrong leaf is seen before it is final; the log is not flooded."""
    check = check_of(TRAINERS[0])
    view = challenged(b"x" * 32)
    with capture_logs() as logs:
        assert not check.inspect(view)
        assert check.inspect(view)
    assert [(entry["log_level"], entry["aggregator"]) for entry in logs] == [("error", OTHER)]
    assert logs[0]["due_wei"] > 0


def test_inspect__no_settlement__has_nothing_to_check() -> None:
    """Only the challenge window is for that."""
    assert check_of(TRAINERS[0]).inspect(view_in(Phase.SETTLE))
