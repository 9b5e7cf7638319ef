"""What honest workers owed the rounds, by when they were up: a window that a worker was up for, it must have used.

Events of the chain and of the stores (reorgs, fees, mining, nodes) excuse nobody: windows are long enough to do it
again, and every worker has more than one store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chaoslab.history import Actor, History, Past
from parley.chain.model import Policy
from parley.chain.view import LAST_TURN


@dataclass(frozen=True, slots=True)
class Duty:
    """An act that was owed.

    Attributes:
        who: the worker, or several of whom one was enough.
        what: the act.
        round: in which.
        done: whether the chain has it.
    """

    who: str
    what: str
    round: int
    done: bool


def duties(history: History) -> Iterator[Duty]:
    """All that was owed in all rounds, done or not."""
    for past in history.rounds.values():
        policy = history.policies[past.record.version]
        yield from _trainers(history, past, policy)
        if len(past.record.reveals) < policy.min_trainers:
            continue
        yield from _sponsor(history, past)
        yield from _evaluators(history, past, policy)
        if len(past.record.vectors) >= policy.quorum:
            yield from _aggregators(history, past, policy)


def _trainers(history: History, past: Past, policy: Policy) -> Iterator[Duty]:
    record, state = past.record, past.state
    revealed = {reveal.operator for reveal in record.reveals}
    for actor in history.of_kind("trainer"):
        committed = actor.operator in record.commitments
        if history.was_up(actor.name, past.opened, state.train_end):
            yield _duty(actor, "commit its update", past, committed)
        if len(record.commitments) >= policy.min_trainers and committed:
            yield from _reveal(history, past, actor, "reveal its update", (state.train_end, state.reveal_end), revealed)


def _evaluators(history: History, past: Past, policy: Policy) -> Iterator[Duty]:
    """All are seated: the panel has a seat for each."""
    record, state = past.record, past.state
    revealed = {vector.operator for vector in record.vectors}
    for actor in history.of_kind("evaluator"):
        committed = actor.operator in record.score_commitments
        if history.was_up(actor.name, state.key_end, state.score_commit_end):
            yield _duty(actor, "commit its scores", past, committed)
        if len(record.score_commitments) >= policy.quorum and committed:
            window = (state.score_commit_end, state.score_reveal_end)
            yield from _reveal(history, past, actor, "reveal its scores", window, revealed)


def _reveal(
    history: History, past: Past, actor: Actor, what: str, window: tuple[int, int], revealed: set[str]
) -> Iterator[Duty]:
    """Owed by whoever committed; not by whoever lost since then what it had committed to."""
    if history.was_up(actor.name, *window) and not history.was_wiped(actor.name, past.opened, window[1]):
        yield _duty(actor, what, past, actor.operator in revealed)


def _sponsor(history: History, past: Past) -> Iterator[Duty]:
    window = (past.state.reveal_end, past.state.key_end)
    for actor in history.of_kind("sponsor"):
        if window[0] < window[1] and history.was_up(actor.name, *window):
            yield _duty(actor, "open the validation shard", past, past.key_opened)


def _aggregators(history: History, past: Past, policy: Policy) -> Iterator[Duty]:
    """Turns go round: whoever is up through all of them has at least the last."""
    begin = past.state.score_reveal_end
    up = [
        actor.name
        for actor in history.of_kind("aggregator")
        if history.was_up(actor.name, begin, begin + (LAST_TURN + 1) * policy.settle)
    ]
    if up:
        yield Duty(" or ".join(up), "settle", past.record.number, past.record.final)


def _duty(actor: Actor, what: str, past: Past, done: bool) -> Duty:
    return Duty(actor.name, what, past.record.number, done)
