"""A round's state event by event, as the coordinator keeps it: `RoundState.sol` in Python (section 6). Pure.

A phase is [start, end) and ends early, at the next second, once everybody who can act in it has acted; all later ends
move forward with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate

from parley.chain.events import Event
from parley.chain.model import Phase, Policy, RoundState
from parley.chain.view import phase_in, stages, turn_at, turn_end_at

MAX_LENGTH = 2**24 - 1
"""What the coordinator can hold of a phase's length, seconds: turns restart no later than so long after the score
commitments."""

_ENDS = ("train_end", "reveal_end", "key_end", "score_commit_end", "score_reveal_end")


@dataclass(slots=True)
class Clock:
    """A round, from its opening on.

    Args:
        policy: the version that it opened with.
        state: its turn is the first that may still settle, or that did; its phase says nothing.

    Attributes:
        live: it is neither final nor void.
        contested: a demand on the standing settlement is open (P-22).
        keyed: the validation shard was opened in its phase (P-24).
    """

    policy: Policy
    state: RoundState
    live: bool = field(init=False, default=True)
    contested: bool = field(init=False, default=False)
    keyed: bool = field(init=False, default=False)
    _committed: set[str] = field(init=False, default_factory=set)
    _scores_committed: set[str] = field(init=False, default_factory=set)

    def take(self, event: Event) -> None:
        """Take in one event of the round; what changes no number is passed over."""
        match event.name:
            case "UpdateCommitted":
                self._committed.add(event.args["operator"])
                self._count(event, "committed", len(self._committed), "train_end", self.state.trainers)
            case "UpdateRevealed":
                self._count(event, "revealed", self.state.revealed + 1, "reveal_end", self.state.committed)
            case "ValidationOpened":
                if self.live and self.state.reveal_end <= event.timestamp < self.state.key_end:
                    self.keyed = True
                    self._end_early("key_end", event.timestamp + 1)
            case "ScoresCommitted":
                self._scores_committed.add(event.args["operator"])
                committed = len(self._scores_committed)
                self._count(event, "scores_committed", committed, "score_commit_end", self.state.seats)
            case "ScoresRevealed":
                revealed, expected = self.state.scores_revealed + 1, self.state.scores_committed
                self._count(event, "scores_revealed", revealed, "score_reveal_end", expected)
            case _:
                self._take_end(event)

    def _take_end(self, event: Event) -> None:
        match event.name:
            case "SeedCaptured":
                self.state = replace(self.state, seeded=True)
            case "Settled":
                self.contested = False
                self.state = replace(self.state, turn=event.args["turn"], final_at=event.args["finalAt"])
            case "Postponed":
                self.contested = event.args["contested"]
                self.state = replace(self.state, final_at=event.args["finalAt"])
            case "Convicted":
                self._convict(event)
            case "RoundFinalized" | "RoundVoided":
                self.live = False

    def _convict(self, event: Event) -> None:
        """The turn after the one that was convicted starts now."""
        start = min(event.timestamp, self.state.score_commit_end + MAX_LENGTH)
        self.contested = False
        self.state = replace(self.state, final_at=0, turn=self.state.turn + 1, score_reveal_end=start)

    def _count(self, event: Event, name: str, count: int, end: str, expected: int) -> None:
        """So many have acted by now; the last one ends the phase at the next second."""
        self.state = replace(self.state, **{name: count})  # type: ignore[arg-type] # a count
        if count >= expected:
            self._end_early(end, event.timestamp + 1)

    def _end_early(self, name: str, end: int) -> None:
        """End a phase, and move all later ends forward."""
        early = getattr(self.state, name) - end
        later = _ENDS[_ENDS.index(name) :]
        moved = {field_: getattr(self.state, field_) - early for field_ in later}
        self.state = replace(self.state, **moved)

    def phase(self, time: int) -> Phase:
        """The phase at a time before the round has ended, chain seconds (P-10)."""
        return phase_in(self.state, self.policy, time, time, contested=self.contested)

    def turn(self, time: int) -> int:
        """The turn at a time, where nothing is settled (P-27)."""
        return turn_at(self.state, self.policy, time, time)

    def phase_end(self, time: int) -> int | None:
        """When the phase at a time ends at the latest, or its turn, chain seconds; `None` where only an act ends it."""
        phase = self.phase(time)
        if phase > Phase.CHALLENGE:
            return None
        if phase is Phase.SETTLE:
            return turn_end_at(self.state, self.policy, time)
        if phase is Phase.CHALLENGE:
            return self.state.final_at if self.state.final_at > time else None
        return next(end for end, stage, _, _ in stages(self.state, self.policy) if stage is phase)


def clock_of(opened: Event, policy: Policy, *, sealed: bool, drawn: bool = False) -> Clock:
    """The clock of a round that has just opened.

    Args:
        opened: `RoundOpened`.
        policy: the version that it names.
        sealed: the validation shard is sealed, so that there is a Key phase (P-24).
        drawn: evaluators are more than seats.
    """
    args, key = opened.args, policy.key if sealed else 0
    ends = accumulate((args["trainEnd"], policy.reveal, key, policy.score_commit, policy.score_reveal))
    state = RoundState(
        round=args["round"],
        version=args["version"],
        phase=Phase.TRAIN,
        turn=0,
        **dict(zip(_ENDS, ends, strict=True)),
        final_at=0,
        committed=0,
        revealed=0,
        scores_committed=0,
        scores_revealed=0,
        trainers=args["trainers"],
        seats=args["seats"],
        drawn=drawn,
        seeded=False,
    )
    return Clock(policy, state)
