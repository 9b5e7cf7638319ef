"""The loop: one action a cycle, errors of two classes, an orderly end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from parley.chain.model import Phase
from parley.chain.view import View
from parley.errors import ChainError, ConfigError, ContractRevert
from parley.roles.actions import Action, CommitUpdate, Wait
from parley.roles.loop import Loop
from tests.roles.builders import view_in

pytestmark = pytest.mark.unit


class Actor:
    """A role that does as it is told.

    Args:
        actions: what `decide` names, one after another; the last one for ever.
        errors: what `execute` raises, one after another; `None` raises nothing.
    """

    def __init__(self, actions: list[Action], errors: list[Exception | None] | None = None) -> None:
        reader = SimpleNamespace(view=lambda: view_in(self.phase), reorgs=0)
        self.recovered = 0
        self.phase = Phase.TRAIN
        self.worker: Any = SimpleNamespace(
            reader=reader, log=structlog.get_logger(), recover=self.recover, stop=lambda: None, head_time=lambda: 0
        )
        self.actions = actions
        self.errors = errors or [None]
        self.executed: list[Action] = []
        self.warm = False
        self.loop: Loop | None = None

    def recover(self) -> None:
        assert not self.executed
        self.recovered += 1

    def warm_up(self) -> None:
        self.warm = True

    def decide(self, view: View) -> Action:
        return self.actions.pop(0) if len(self.actions) > 1 else self.actions[0]

    def execute(self, action: Action, view: View) -> None:
        assert self.warm
        self.executed.append(action)
        error = self.errors.pop(0) if self.errors else None
        if not self.errors and self.loop is not None:
            self.loop.stop()
        if error is not None:
            raise error


def run(actor: Actor) -> None:
    """Run until the actor has used up its errors."""
    actor.loop = Loop(actor, poll_seconds=0.01)
    rescue = threading.Timer(20, actor.loop.stop)
    rescue.start()
    try:
        actor.loop.run()
    finally:
        rescue.cancel()


def test_cycle__wait__is_said_once() -> None:
    """A worker that idles does not fill the log."""
    loop = Loop(Actor([Wait("nothing")]), poll_seconds=1)
    with capture_logs() as logs:
        assert [loop.cycle() for _ in range(3)] == [Wait("nothing")] * 3
    assert [entry["event"] for entry in logs] == ["wait"]


@pytest.mark.parametrize("error", [ChainError("no connection"), ContractRevert("refused"), ValueError("a bug")])
def test_run__error_that_may_pass__is_logged_and_the_next_cycle_tries_again(error: Exception) -> None:
    """Section 8: only what no cycle can cure ends a worker whose stake is locked."""
    actor = Actor([CommitUpdate(4)], [error, None])
    with capture_logs() as logs:
        run(actor)
    assert actor.executed == [CommitUpdate(4)] * 2
    assert any(str(error) in str(entry.get("reason", "")) or entry.get("exc_info") for entry in logs)


def test_run__error_that_no_cycle_cures__ends_the_worker() -> None:
    """Section 8: a wrong configuration is raised, not retried."""
    with pytest.raises(ConfigError, match="unknown"):
        run(Actor([CommitUpdate(4)], [ConfigError("unknown setting"), None]))


def test_run__poke_a_moment_early__is_no_news() -> None:
    """A refusal that only means `not yet` is logged for developers alone."""
    early = ContractRevert("settle was refused: RoundCoordinator_WrongTime(time=1, start=2, end=3)")
    with capture_logs() as logs:
        run(Actor([CommitUpdate(4)], [early, None]))
    assert [e["log_level"] for e in logs if e["event"].startswith("refused")] == ["debug"]
