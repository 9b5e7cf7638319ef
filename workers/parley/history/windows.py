"""When each phase of a round began and ended, from its events: `RoundState.sol` in Python (section 6).

A phase is [start, end) and ends early, at the next second, once everybody who can act in it has acted; all later ends
move forward with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from parley.chain.events import Event
from parley.chain.model import Phase, Policy

MAX_LENGTH = 2**24 - 1
"""What the coordinator can hold of a phase's length, seconds: turns restart no later than so long after the score
commitments."""


@dataclass(frozen=True, slots=True)
class Window:
    """A phase in time, seconds since the epoch.

    Attributes:
        phase: which.
        start: its first second.
        deadline: when it ends at the latest, as it stood when the phase began; `None` where nothing but an act ends it.
        end: when it ended, or will at the latest: the first second after it; `None` while nobody can say.
        early: it ended before its deadline.
        acted: how many did in it what it is for.
        expected: how many could, `None` where that is not counted.
    """

    phase: Phase
    start: int
    deadline: int | None
    end: int | None
    early: bool = False
    acted: int = 0
    expected: int | None = None


def running(windows: Sequence[Window], time: int) -> Window | None:
    """The phase at `time`, chain seconds; `None` where none of them runs."""
    return next((w for w in windows if w.start <= time and (w.end is None or time < w.end)), None)


@dataclass(slots=True)
class Windows:
    """The ends of a round's phases, as they move.

    Args:
        opened: of `RoundOpened`, the event that the round begins with.
        policy: the version that it opened with.
        sealed: its validation shard is sealed, so that there is a Key phase (P-24).
    """

    opened: Event
    policy: Policy
    sealed: bool
    _train_end: int = field(init=False)
    _lengths: dict[Phase, int] = field(init=False)
    _counts: dict[Phase, int] = field(init=False, default_factory=dict)
    _committed: dict[Phase, set[str]] = field(init=False, default_factory=dict)
    _settled_at: int | None = field(init=False, default=None)
    _final_at: int | None = field(init=False, default=None)
    _ended: int | None = field(init=False, default=None)
    _turns_from: int | None = field(init=False, default=None)
    _attempt: int = field(init=False, default=0)
    _contested: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        p = self.policy
        self._train_end = self.opened.args["trainEnd"]
        self._lengths = {
            Phase.REVEAL: p.reveal,
            Phase.KEY: p.key if self.sealed else 0,
            Phase.SCORE_COMMIT: p.score_commit,
            Phase.SCORE_REVEAL: p.score_reveal,
        }

    @property
    def trainers(self) -> int:
        """How many trainers were in at the opening."""
        return int(self.opened.args["trainers"])

    @property
    def seats(self) -> int:
        """How many evaluators sit on the panel."""
        return int(self.opened.args["seats"])

    def apply(self, event: Event) -> None:
        """Take in one event of the round; what moves no end is passed over."""
        time = event.timestamp
        match event.name:
            case "UpdateCommitted":
                self._commit(Phase.TRAIN, event, self.trainers)
            case "UpdateRevealed":
                self._count(Phase.REVEAL, time, self.count(Phase.TRAIN))
            case "ValidationOpened":
                if self._ended is None and self.end(Phase.REVEAL) <= time < self.end(Phase.KEY):
                    self._count(Phase.KEY, time, 1)
            case "ScoresCommitted":
                self._commit(Phase.SCORE_COMMIT, event, self.seats)
            case "ScoresRevealed":
                self._count(Phase.SCORE_REVEAL, time, self.count(Phase.SCORE_COMMIT))
            case _:
                self._apply_settlement(event)

    def _apply_settlement(self, event: Event) -> None:
        time = event.timestamp
        match event.name:
            case "Settled":
                self._settled_at, self._final_at = time, event.args["finalAt"]
                self._attempt, self._contested = event.args["turn"], False
            case "Postponed":
                self._final_at, self._contested = event.args["finalAt"], event.args["contested"]
            case "Convicted":
                self._settled_at, self._final_at = None, None
                self._turns_from = min(time, self.end(Phase.SCORE_COMMIT) + MAX_LENGTH)
                self._attempt, self._contested = self._attempt + 1, False
            case "RoundFinalized" | "RoundVoided":
                self._ended = time

    def count(self, phase: Phase) -> int:
        """How many acted in a phase."""
        return self._counts.get(phase, 0)

    def end(self, phase: Phase) -> int:
        """End of a phase up to Score reveal, seconds."""
        end = self._train_end
        for later, length in self._lengths.items():
            if phase is Phase.TRAIN or later > phase:
                break
            end += length
        return end

    @property
    def is_settled(self) -> bool:
        """Whether a settlement stands."""
        return self._settled_at is not None

    @property
    def settle_start(self) -> int:
        """When the running turns began: after the score reveals, or at the last conviction, seconds."""
        return self.end(Phase.SCORE_REVEAL) if self._turns_from is None else self._turns_from

    def turn(self, time: int) -> int:
        """The turn at `time` where nothing is settled."""
        return self._attempt + (time - self.settle_start) // self.policy.settle

    def turn_end(self, time: int) -> int:
        """When the turn at `time` ends, seconds."""
        return self.settle_start + (self.turn(time) - self._attempt + 1) * self.policy.settle

    @property
    def final_at(self) -> int | None:
        """When the standing settlement may be final, seconds; `None` while there is none."""
        return self._final_at

    @property
    def contested(self) -> bool:
        """Whether a demand on the standing settlement is open, so that it is not final before that is answered."""
        return self._contested

    @property
    def is_over(self) -> bool:
        """Whether the round has ended."""
        return self._ended is not None

    def all(self) -> tuple[Window, ...]:
        """The windows of all phases that were reached or are to come, in order; a void round's end with it."""
        windows = list(self._counted())
        windows.append(
            Window(Phase.SETTLE, self.settle_start, None, self._settled_at, acted=int(self._settled_at is not None))
        )
        if self._settled_at is not None:
            windows.append(Window(Phase.CHALLENGE, self._settled_at, self._final_at, self._final_at))
        if self._ended is None:
            return tuple(windows)
        return tuple(self._cut(window, self._ended) for window in windows if window.start < self._ended)

    def _counted(self) -> Iterable[Window]:
        """The phases in which it is counted who acted."""
        expected = {
            Phase.TRAIN: self.trainers,
            Phase.REVEAL: self.count(Phase.TRAIN),
            Phase.KEY: 1 if self.sealed else 0,
            Phase.SCORE_COMMIT: self.seats,
            Phase.SCORE_REVEAL: self.count(Phase.SCORE_COMMIT),
        }
        start = self.opened.timestamp
        for phase, wanted in expected.items():
            end = self.end(phase)
            if phase is not Phase.KEY or self.sealed:
                length = self._length(phase)
                yield Window(phase, start, start + length, end, end < start + length, self.count(phase), wanted)
            start = end

    def _length(self, phase: Phase) -> int:
        p = self.policy
        return {
            Phase.TRAIN: p.train,
            Phase.REVEAL: p.reveal,
            Phase.KEY: p.key,
            Phase.SCORE_COMMIT: p.score_commit,
            Phase.SCORE_REVEAL: p.score_reveal,
        }[phase]

    @staticmethod
    def _cut(window: Window, ended: int) -> Window:
        """A window of a round that is over: one that was open then ends with the round."""
        if window.end is not None and (window.end <= ended or window.phase is Phase.CHALLENGE):
            return window
        return Window(
            window.phase,
            window.start,
            window.deadline,
            ended,
            early=False,
            acted=window.acted,
            expected=window.expected,
        )

    def _commit(self, phase: Phase, event: Event, expected: int) -> None:
        """Count who committed for the first time."""
        known = self._committed.setdefault(phase, set())
        if event.args["operator"] not in known:
            known.add(event.args["operator"])
            self._count(phase, event.timestamp, expected)

    def _count(self, phase: Phase, time: int, expected: int) -> None:
        """Count one more; the last one ends the phase at the next second."""
        self._counts[phase] = self.count(phase) + 1
        if self._counts[phase] >= expected:
            self._end_early(phase, time + 1)

    def _end_early(self, phase: Phase, end: int) -> None:
        if phase is Phase.TRAIN:
            self._train_end = end
        else:
            self._lengths[phase] -= self.end(phase) - end
