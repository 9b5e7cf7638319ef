"""What follows from a deed that failed: tried again, given up for the round, or the end of the worker (F-74)."""

from __future__ import annotations

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from parley.chain.errors import NonceTaken, Reverted, TooLate, Unreachable
from parley.chain.reverts import ContractError
from parley.chain.verdicts import Verdict
from parley.errors import ConfigError, ParleyError
from parley.roles.actions import Action, Advance, CommitUpdate, RevealUpdate
from parley.roles.given_up import LIMIT, MINED_REVERTS, GivenUp
from parley.roles.outcomes import STRANGERS, Outcomes

pytestmark = pytest.mark.unit

COMMIT = CommitUpdate(4)
LATE = TooLate("too late")


def fresh() -> Outcomes:
    outcomes = Outcomes(structlog.get_logger())
    outcomes.enter(4, 0)
    return outcomes


def failed(outcomes: Outcomes, error: ParleyError, action: Action = COMMIT) -> Verdict:
    """Do a deed that fails."""
    with pytest.raises(type(error)), outcomes.of(action):
        raise error
    return outcomes.judge(error)


def mined_revert() -> Reverted:
    return Reverted("commitUpdate", ContractError("", {}), "0x12")


def test_judge__pointless__deed_is_given_up_until_the_next_round() -> None:
    """Others go on meanwhile."""
    outcomes = fresh()
    assert failed(outcomes, LATE) is Verdict.GIVE_UP
    assert outcomes.gave_up(COMMIT)
    assert not outcomes.gave_up(RevealUpdate(4))
    outcomes.enter(4, 0)
    assert outcomes.gave_up(COMMIT)
    outcomes.enter(5, 0)
    assert not outcomes.gave_up(COMMIT)


def test_judge__reorg__gives_another_chance() -> None:
    """P-28: what was too late, or somebody else's, on one chain need not be on another."""
    outcomes = fresh()
    failed(outcomes, LATE)
    outcomes.enter(4, 1)
    assert not outcomes.gave_up(COMMIT)


def test_judge__passing_trouble__is_tried_again_for_ever() -> None:
    outcomes = fresh()
    assert {failed(outcomes, Unreachable("no answer")) for _ in range(20)} == {Verdict.RETRY}
    assert not outcomes.gave_up(COMMIT)


def test_judge__the_same_deed_reverts_again_and_again__is_given_up() -> None:
    """F-74: each mined revert costs gas; what passes its simulation and fails on chain is not tried for ever."""
    outcomes = fresh()
    verdicts = [failed(outcomes, mined_revert()) for _ in range(MINED_REVERTS)]
    assert verdicts == [Verdict.RETRY] * (MINED_REVERTS - 1) + [Verdict.GIVE_UP]
    assert outcomes.gave_up(COMMIT)
    assert failed(outcomes, mined_revert(), RevealUpdate(4)) is Verdict.RETRY


def test_judge__stranger_uses_the_key_again_and_again__ends_the_worker() -> None:
    """Once may be the operator's own hand; a key that others use is to be rotated by a person."""
    outcomes = fresh()
    verdicts = [failed(outcomes, NonceTaken("taken")) for _ in range(STRANGERS)]
    assert verdicts == [Verdict.RETRY] * (STRANGERS - 1) + [Verdict.STOP]


def test_judge__error_while_reading__gives_nothing_up() -> None:
    """An error that no deed caused is not laid to the last one."""
    outcomes = fresh()
    with outcomes.of(COMMIT):
        pass
    assert outcomes.judge(LATE) is Verdict.GIVE_UP
    assert not outcomes.gave_up(COMMIT)


def test_judge__logs__as_loudly_as_it_matters() -> None:
    """What a poke meets that comes a moment too soon is for developers; what is given up is for everybody."""
    outcomes = fresh()
    early = Reverted("advance", ContractError("RoundCoordinator_WrongPhase", {"phase": 1}))
    other = Reverted("advance", ContractError("RoundCoordinator_BudgetTooSmall", {}))
    with capture_logs() as logs:
        for error in (early, other, Unreachable("no answer"), LATE, ConfigError("raised, and told by others")):
            failed(outcomes, error, Advance(4))
    assert [entry["log_level"] for entry in logs] == ["debug", "info", "warning", "warning"]
    assert (logs[-1]["action"], logs[-1]["reason"]) == ("Advance", "too late")


def test_of__every_outcome__is_counted() -> None:
    """Labels are names of actions and verdicts: a fixed set (F-65)."""

    def count(outcome: str) -> float:
        labels = {"action": "CommitUpdate", "outcome": outcome}
        return REGISTRY.get_sample_value("parley_actions_total", labels) or 0.0

    before = [count(outcome) for outcome in ("ok", "give_up", "bug")]
    outcomes = fresh()
    with outcomes.of(COMMIT):
        pass
    failed(outcomes, LATE)
    with pytest.raises(ZeroDivisionError), outcomes.of(COMMIT):
        raise ZeroDivisionError
    assert [count(outcome) for outcome in ("ok", "give_up", "bug")] == [number + 1 for number in before]


def test_given_up__more_than_is_remembered__lets_the_oldest_go() -> None:
    """A worker that runs for years keeps a bounded memory."""
    given_up = GivenUp()
    given_up.enter(4, 0)
    for number in range(LIMIT + 1):
        given_up.add(CommitUpdate(number))
    assert CommitUpdate(0) not in given_up
    assert CommitUpdate(1) in given_up
    assert CommitUpdate(LIMIT) in given_up
