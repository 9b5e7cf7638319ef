"""Roles that fall silent: nothing of what they still owe comes, and nobody says that they are gone (principle 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parley.chain.view import View
from parley.roles.actions import Action, RevealScores, RevealUpdate, Settle, Wait
from parley.roles.loop import RoleWorker
from parley.roles.worker import Worker

DROPOUT_ROUND = 2
"""In the middle of which a dropout stops: what it did in the first one is paid."""


@dataclass(frozen=True)
class Absent:
    """A role that says nothing where it matters.

    Attributes:
        role: what it would do.
        silent: whether an action is not done.
    """

    role: RoleWorker
    silent: Callable[[Action, View], bool]

    @property
    def worker(self) -> Worker:
        """The role's own."""
        return self.role.worker

    def warm_up(self) -> None:
        """As the role does."""
        self.role.warm_up()

    def decide(self, view: View) -> Action:
        """What the role would do, or nothing."""
        action = self.role.decide(view)
        return Wait("silent") if self.silent(action, view) else action

    def execute(self, action: Action, view: View) -> None:
        """As the role does."""
        self.role.execute(action, view)


def never_settles(action: Action, view: View) -> bool:  # noqa: ARG001 - the signature of all of them
    """An aggregator that lets its turns pass (P-27)."""
    return isinstance(action, Settle)


def drops_out(action: Action, view: View) -> bool:
    """Somebody who commits in the second round and is never heard of again (F-13, F-25)."""
    owed = isinstance(action, RevealUpdate | RevealScores | Settle)
    return view.round.round > DROPOUT_ROUND or (view.round.round == DROPOUT_ROUND and owed)
