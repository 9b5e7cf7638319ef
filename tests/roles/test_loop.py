"""The loop: one action a cycle, errors of two classes, an orderly end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from parley.chain.errors import TooLate
from parley.chain.model import Phase
from parley.chain.view import View
from parley.errors import ChainError, ConfigError, ContractRevert
from parley.heartbeat import BEAT
from parley.roles.actions import Action, Advance, CommitUpdate, Wait
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
        self.phase = Phase.TRAIN
        reader = SimpleNamespace(view=lambda: view_in(self.phase), reorgs=0)
        self.recovered = 0
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


def test_cycle__first__recovers_what_was_in_flight_before_anything_is_sent() -> None:
    """P-18: the journal comes before new deeds, once; where the chain cannot be asked, the next cycle tries again."""
    actor = Actor([Wait("nothing")])
    trouble = [ChainError("no connection")]

    def recover() -> None:
        if trouble:
            raise trouble.pop()
        actor.recover()

    actor.worker.recover = recover
    loop = Loop(actor, poll_seconds=1)
    with pytest.raises(ChainError):
        loop.cycle()
    for _ in range(3):
        loop.cycle()
    assert actor.recovered == 1


def test_cycle__deed_was_given_up__only_keeps_the_federation_going() -> None:
    """F-74: what is pointless is not tried again in its round; finishing the round may be somebody's last hope."""
    actor = Actor([CommitUpdate(4)], [TooLate("over"), None, None])
    actor.warm = True
    loop = Loop(actor, poll_seconds=1)
    assert loop.guarded_cycle() == "give_up"
    assert loop.cycle() == Wait("given up for this round")
    actor.phase = Phase.FINALIZABLE
    assert loop.cycle() == Advance(4)
    assert actor.executed == [CommitUpdate(4), Advance(4)]


def test_run__federation_closed_for_good__ends_in_order() -> None:
    """A worker that can never do anything again does not stay for ever."""
    actor = Actor([Wait("nothing to do in closed")])
    actor.phase = Phase.CLOSED
    rescue = threading.Timer(20, lambda: pytest.fail("still running"))
    rescue.start()
    with capture_logs() as logs:
        Loop(actor, poll_seconds=0.01).run()
    rescue.cancel()
    assert any("closed for good" in entry["event"] for entry in logs)


@pytest.mark.parametrize("error", [None, ChainError("no connection")])
def test_cycle__however_it_ends__listeners_hear_first_and_pins_are_tended_last(error: Exception | None) -> None:
    """P-23: content is kept even while nothing else works."""
    heard: list[str] = []
    actor = Actor([CommitUpdate(4)], [error])
    actor.warm = True
    loop = Loop(actor, 1, lambda view: heard.append(view.phase.name), tend=lambda _: heard.append("tend"))
    outcome = loop.guarded_cycle()
    assert (outcome, heard) == ("ok" if error is None else "retry", ["TRAIN", "tend"])
    assert len(actor.executed) == 1


def test_guarded_cycle__each__is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-63: a worker that idles, or fails, does not hang."""
    beats: list[int] = []
    monkeypatch.setattr(BEAT, "beat", lambda: beats.append(1))
    actor = Actor([Wait("nothing")])
    actor.worker.recover = lambda: (_ for _ in ()).throw(ChainError("no connection"))
    assert Loop(actor, poll_seconds=1).guarded_cycle() == "retry"
    assert len(beats) >= 2


def test_stop__while_a_transaction_waits__ends_the_waiting() -> None:
    """F-59: what is on its way is in the journal; nobody waits for its confirmation."""
    actor = Actor([Wait("nothing")])
    stopped: list[int] = []
    actor.worker.stop = lambda: stopped.append(1)
    Loop(actor, poll_seconds=1).stop()
    assert stopped == [1]
