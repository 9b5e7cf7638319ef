"""When each phase of a round began and ended, from its events (section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from parley.chain.clock import Clock, clock_of
from parley.chain.events import Event
from parley.chain.model import Phase, Policy


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
    """The phases of a round, as their ends move.

    Args:
        opened: of `RoundOpened`, the event that the round begins with.
        policy: the version that it opened with.
        sealed: its validation shard is sealed, so that there is a Key phase (P-24).

    Attributes:
        clock: where the round stands.
    """

    opened: Event
    policy: Policy
    sealed: bool
    clock: Clock = field(init=False)
    _settled_at: int | None = field(init=False, default=None)
    _ended: int | None = field(init=False, default=None)
    _reveals_end: int | None = field(init=False, default=None)
    """End of the score reveals, once a conviction has let turns count from later on."""

    def __post_init__(self) -> None:
        self.clock = clock_of(self.opened, self.policy, sealed=self.sealed)

    def apply(self, event: Event) -> None:
        """Take in one event of the round; what moves no end is passed over."""
        match event.name:
            case "Settled":
                self._settled_at = event.timestamp
            case "Convicted":
                self._settled_at = None
                self._reveals_end = self._reveals_end or self.clock.state.score_reveal_end
            case "RoundFinalized" | "RoundVoided":
                self._ended = event.timestamp
        self.clock.take(event)

    def all(self) -> tuple[Window, ...]:
        """The windows of all phases that were reached or are to come, in order; a void round's end with it."""
        windows, final_at = list(self._counted()), self.clock.state.final_at
        posted = self._settled_at
        start = self.clock.state.score_reveal_end
        windows.append(Window(Phase.SETTLE, start, None, posted, acted=int(posted is not None)))
        if posted is not None:
            windows.append(Window(Phase.CHALLENGE, posted, final_at, final_at))
        if self._ended is None:
            return tuple(windows)
        return tuple(self._cut(window, self._ended) for window in windows if window.start < self._ended)

    def _counted(self) -> Iterable[Window]:
        """The phases in which it is counted who acted."""
        s, p = self.clock.state, self.policy
        phases = (
            (Phase.TRAIN, s.train_end, p.train, s.committed, s.trainers),
            (Phase.REVEAL, s.reveal_end, p.reveal, s.revealed, s.committed),
            (Phase.KEY, s.key_end, p.key, int(self.clock.keyed), 1),
            (Phase.SCORE_COMMIT, s.score_commit_end, p.score_commit, s.scores_committed, s.seats),
            (
                Phase.SCORE_REVEAL,
                self._reveals_end or s.score_reveal_end,
                p.score_reveal,
                s.scores_revealed,
                s.scores_committed,
            ),
        )
        start = self.opened.timestamp
        for phase, end, length, acted, expected in phases:
            if phase is not Phase.KEY or self.sealed:
                yield Window(phase, start, start + length, end, end < start + length, acted, expected)
            start = end

    @staticmethod
    def _cut(window: Window, ended: int) -> Window:
        """A window of a round that is over: one that was open then ends with the round."""
        if window.end is not None and (window.end <= ended or window.phase is Phase.CHALLENGE):
            return window
        return replace(window, end=ended, early=False)
