"""Which events come when: a pure function of the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from chaoslab.events import AT_NODES, AT_WORKERS, Event, Kind
from parley.chain.model import Phase
from tests.faults.kinds import Fault

T = TypeVar("T")

PHASES = (Phase.TRAIN, Phase.REVEAL, Phase.KEY, Phase.SCORE_COMMIT, Phase.SCORE_REVEAL, Phase.SETTLE, Phase.CHALLENGE)
"""In which something can happen."""

MAX_REORG = 8
FEES_GWEI = (20, 60)
"""Range of a jump of the base fee: beyond a usual day, below what the workers' ceilings allow."""

LONG = 0.1
"""Share of the outages that outlast a window, so that silence is played, too."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the monkey may break.

    Attributes:
        workers: names of the workers' processes.
        nodes: names of the content stores.
        endpoints: ways to the chain's node that each worker has.
        each_round: events a round.
        outage: shortest and longest usual outage, seconds.
        long_outage: seconds of one that outlasts a window; 0 for none.
    """

    workers: tuple[str, ...]
    nodes: tuple[str, ...]
    endpoints: int = 2
    each_round: int = 4
    outage: tuple[float, float] = (2.0, 12.0)
    long_outage: float = 100.0


def schedule(seed: int, rounds: int, stage: Stage) -> list[Event]:
    """All events of a run, in the order in which they fall due.

    Kinds are dealt like cards: none comes twice before all have come once, and the faults of the RPC path likewise. The
    last round is left in peace from its settlement on, so that all can come to rest.

    Args:
        seed: the same seed gives the same events.
        rounds: of the run.
        stage: what may be broken.
    """
    dice = Random(f"parley chaos {seed}")  # noqa: S311 - a seed must reproduce it
    kinds = _dealt(dice, [kind for kind in Kind if _possible(kind, stage)])
    faults = _dealt(dice, list(Fault))
    events = [
        _event(dice, kind, round_, stage, faults)
        for round_ in range(1, rounds + 1)
        for kind in (next(kinds) for _ in range(stage.each_round))
    ]
    quiet = [event for event in events if event.round < rounds or event.phase < Phase.SETTLE]
    return sorted(quiet, key=lambda event: (event.round, event.phase, event.delay))


def _possible(kind: Kind, stage: Stage) -> bool:
    """Whether there is something to break; a bit that flips in the only copy could not be made good by anybody."""
    return kind not in AT_NODES or len(stage.nodes) > (kind is Kind.CORRUPT)


def _event(dice: Random, kind: Kind, round_: int, stage: Stage, faults: Iterator[Fault]) -> Event:
    """One event of a kind, all else drawn."""
    phase = dice.choice(PHASES)
    delay = round(dice.uniform(0, 4), 1)
    seconds = _outage(dice, stage)
    target = dice.choice(stage.workers) if kind in AT_WORKERS else ""
    if kind in AT_NODES:
        target = dice.choice(stage.nodes)
    amounts: dict[Kind, Callable[[], int]] = {
        Kind.REORG: lambda: dice.randint(1, MAX_REORG),
        Kind.FEES: lambda: dice.randint(*FEES_GWEI),
        Kind.CORRUPT: lambda: dice.getrandbits(31),
        Kind.RPC: lambda: dice.randint(1, stage.endpoints),
    }
    if kind is Kind.MINING:
        seconds = min(seconds, 6.0)
    lasting = kind in AT_WORKERS or kind in (Kind.KUBO, Kind.MINING)
    return Event(
        kind,
        round_,
        phase,
        delay,
        target,
        seconds if lasting else 0.0,
        amounts[kind]() if kind in amounts else 0,
        next(faults) if kind is Kind.RPC else None,
    )


def _outage(dice: Random, stage: Stage) -> float:
    """Seconds; now and then longer than a window."""
    if dice.random() < LONG and stage.long_outage:
        return stage.long_outage
    return round(dice.uniform(*stage.outage), 1)


def _dealt(dice: Random, cards: Sequence[T]) -> Iterator[T]:
    """The cards for ever, shuffled anew each time they are used up."""
    while True:
        yield from dice.sample(cards, len(cards))
