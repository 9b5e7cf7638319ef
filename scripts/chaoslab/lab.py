"""A chaos run from start to end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from chaoslab.collect import Rounds, actors_of, acts_of
from chaoslab.events import Event, Kind
from chaoslab.history import History
from chaoslab.leftovers import leftovers, processes_left
from chaoslab.monkey import BETWEEN, Done, Monkey
from chaoslab.rig import Rig, Scale, rigged
from chaoslab.verifiers import verify
from parley.chain.view import View
from parley.cli.demo.run import Demo
from parley.cli.demo.stage import DEPOSIT
from parley.cli.progress import Say

TICK_SECONDS = 0.5
ROUND_SECONDS = 900.0
"""A round that takes longer than that will not end."""

REST_SECONDS = 240.0
"""For the workers to come to rest after the last round."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run showed.

    Attributes:
        seed: of the schedule.
        scale: what was set up.
        counts: events that happened, by kind.
        done: what happened when.
        history: what was judged.
        failures: what is wrong, by check.
        startup: seconds from the command to the first round.
        seconds: of all rounds.
    """

    seed: int
    scale: Scale
    counts: Counter[str]
    done: tuple[Done, ...]
    history: History
    failures: dict[str, list[str]]
    startup: float
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return not any(self.failures.values())


Tell = Callable[[View, int, list[Done]], None]
"""Told at each tick: the federation, how many rounds are over, and what was just broken."""


class Lab:
    """A running federation, a monkey, and what is read of them.

    Args:
        rig: set up, its workers started.
        events: what is to happen.
    """

    def __init__(self, rig: Rig, events: list[Event]) -> None:
        self.rig = rig
        self.demo = Demo(rig.stage, rig.store)
        self.rounds = Rounds(rig.stage.contracts, rig.stage.fid)
        self.monkey = Monkey(events, rig.chain, rig.crew, rig.nodes, rig.proxies)

    def watch(self, rounds: int, tell: Tell) -> None:
        """Let the monkey loose until so many rounds are over, or one does not end: that is for the verifiers to say."""
        over, deadline = 0, time.monotonic() + ROUND_SECONDS
        while over < rounds and time.monotonic() < deadline:
            view = self.demo.reader.view()
            ended = self.rounds.note(view)
            if ended != over:
                over, deadline = ended, time.monotonic() + ROUND_SECONDS
            tell(view, over, self.monkey.tick(view.round.round, view.phase if view.federation.live else BETWEEN))
            self.rig.crew.watch()
            time.sleep(TICK_SECONDS)

    def settle_down(self) -> None:
        """Mend all, let all come back and finish what they do, then end them."""
        self.monkey.rest()
        crew, until = self.rig.crew, time.monotonic() + REST_SECONDS
        while time.monotonic() < until and (self.rig.chain.waiting() or not crew.all_ready()):
            crew.watch()
            time.sleep(TICK_SECONDS)
        crew.exits += [f"{name} did not become ready again" for name in crew.members if not crew.all_ready([name])]
        crew.stop()

    def history(self, rounds: int) -> History:
        """Everybody claims; then all is read from the chain."""
        stage, reader = self.rig.stage, self.demo.reader
        view = reader.view()
        self.rounds.note(view)
        reorgs = [done.time for done in self.monkey.done if done.event.kind is Kind.REORG]
        past = self.rounds.past(view, self.demo.books, reorgs)
        self.demo.claim_all(view)
        books = self.demo.check(view)
        token, vault = stage.token.address, stage.contracts.stake_vault
        members = {p.name: stage.accounts[p.name].address for p in stage.plan.players if p.role is not None}
        return History(
            planned=rounds,
            rounds=past,
            policies={past_.record.version: reader.policy(past_.record.version) for past_ in past.values()},
            actors=actors_of(stage),
            acts=acts_of(stage, view, stage.contracts.start_block, self.rig.chain.head),
            outages=self.rig.crew.all_outages(),
            books=books,
            stakes={name: sum(vault.functions.accountOf(token, who).call()) for name, who in members.items()},
            deposit=DEPOSIT,
            burned=vault.functions.toBurn(token).call(),
            leftovers=leftovers(stage.plan.folder / "players", self.rig.chain.waiting(), self.rig.crew.exits),
        )


def play(scale: Scale, seed: int, rounds: int, events: list[Event], say: Say, tell: Tell) -> Outcome:
    """Play a run and judge it; nothing runs any more afterwards, however it ends.

    Raises:
        ParleyError: it could not be set up.
    """
    began = time.monotonic()
    with rigged(scale, say) as rig:
        rig.start(say)
        lab = Lab(rig, events)
        started = time.monotonic()
        lab.watch(rounds, tell)
        seconds = time.monotonic() - started
        say("ending the workers")
        lab.settle_down()
        say("everybody claims, and the history is read")
        history = lab.history(rounds)
    left = replace(history.leftovers, processes=processes_left(rig.pids))
    history = replace(history, leftovers=left)
    return Outcome(
        seed=seed,
        scale=scale,
        counts=lab.monkey.counts(),
        done=tuple(lab.monkey.done),
        history=history,
        failures=verify(history),
        startup=started - began,
        seconds=seconds,
    )
