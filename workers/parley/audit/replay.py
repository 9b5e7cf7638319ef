"""A federation's state event by event, as the coordinator keeps it: phases with their early ends, members, seeds. Pure.

Checks look at an event and at the state before it; then the event is taken in, whether it was found right or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.audit.challenges import Challenge
from parley.audit.rosters import Opening, Rosters
from parley.chain.clock import Clock, clock_of
from parley.chain.events import Event
from parley.chain.model import Phase, Policy, RoundState
from parley.chain.view import Recorded
from parley.numerics.sortition import panel, turn_position

NO_SEED = bytes(32)


@dataclass(slots=True)
class State:
    """Where a federation stands.

    Attributes:
        told: all that its events come to.
        rosters: its members.
        version: newest policy version.
        clock: of the current or last round; `None` before the first.
        closed: no further round opens.
        opening: whom the round opened with.
        opened_block: height of its opening.
        seed: of the round, `None` before it is captured.
        last_seed: captured last, in whichever round.
        committed: updates' commitments of the round by operator.
        revealed: operators in the order of their reveals.
        scores_committed: by operator.
        scores_revealed: seats that revealed.
        settled: the event of the standing settlement, or `None`.
        challenge: until when that can fall, by what was demanded of it; `None` without one.
        postponed: that was put off by the last event, and what for is yet to come.
        convicted: a settlement of the round fell.
        absences: last round and number of absences running, by operator and role.
        key: last opened key with its round.
    """

    told: Recorded
    rosters: Rosters = field(default_factory=Rosters)
    version: int = 1
    clock: Clock | None = None
    closed: bool = False
    opening: Opening = field(default_factory=lambda: Opening(0, (), ()))
    opened_block: int = 0
    seed: bytes | None = None
    last_seed: bytes = NO_SEED
    committed: dict[str, bytes] = field(default_factory=dict)
    revealed: list[str] = field(default_factory=list)
    scores_committed: dict[str, bytes] = field(default_factory=dict)
    scores_revealed: list[int] = field(default_factory=list)
    settled: Event | None = None
    challenge: Challenge | None = None
    postponed: bool = False
    convicted: bool = False
    absences: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    key: tuple[int, bytes] = (0, NO_SEED)

    @property
    def round(self) -> RoundState | None:
        """The current or last round; `None` before the first. Its turn is the first that may still settle."""
        return None if self.clock is None else self.clock.state

    @property
    def live(self) -> bool:
        """Whether that round is neither final nor void."""
        return self.clock is not None and self.clock.live

    @property
    def contested(self) -> bool:
        """Whether a demand on the standing settlement is open."""
        return self.clock is not None and self.clock.contested

    @property
    def number(self) -> int:
        """The current or last round; 0 before the first."""
        return 0 if self.round is None else self.round.round

    @property
    def policy(self) -> Policy:
        """The round's policy; the newest before the first round, or if its version is unknown."""
        version = self.version if self.round is None else self.round.version
        return self.told.policies.get(version) or self.told.policies[max(self.told.policies)]

    @property
    def newest(self) -> Policy:
        """The policy of the next round."""
        return self.told.policies.get(self.version) or self.policy

    def phase(self, time: int) -> Phase:
        """The phase at a time (P-10)."""
        if self.clock is None or not self.clock.live:
            return Phase.CLOSED if self.closed else Phase.IDLE
        return self.clock.phase(time)

    def turn(self, time: int) -> int:
        """The turn at a time (P-27)."""
        return 0 if self.clock is None else self.clock.turn(time)

    def seat_of(self, operator: str) -> int | None:
        """The operator's seat on the round's panel, or `None` (P-27)."""
        if self.round is None or operator not in self.opening.evaluators:
            return None
        position = self.opening.evaluators.index(operator)
        if not self.round.drawn:
            return position
        if self.seed is None:
            return None
        drawn = panel(self.seed, len(self.opening.evaluators), self.round.seats)
        return drawn.index(position) if position in drawn else None

    def whose(self, turn: int) -> str | None:
        """The aggregator whose turn it is, or `None` while turns are not drawn (P-27)."""
        if self.seed is None or not self.opening.aggregators:
            return None
        return self.opening.aggregators[turn_position(self.seed, len(self.opening.aggregators), turn)]

    # -------------------------------------------------------------------------------------------------- taking in

    def take(self, event: Event) -> None:
        """Take in one event."""
        self.postponed = event.name == "Postponed"
        match event.name:
            case "RoundOpened":
                self._open(event)
            case "ValidationOpened":
                self._open_key(event)
            case "PolicyChanged":
                self.version = event.args["version"]
            case "FederationClosed":
                self.closed = True
            case _ if self.clock is not None:
                self._note(event)
                self.clock.take(event)
        self.rosters.take(event)

    def _open(self, event: Event) -> None:
        self.opening = self.rosters.opening()
        self.clock = clock_of(
            event,
            self.told.policies.get(event.args["version"], self.newest),
            sealed=any(self.told.terms.anchor),
            drawn=len(self.opening.evaluators) > event.args["seats"],
        )
        self.opened_block, self.seed = event.block, None
        self.committed, self.revealed, self.scores_committed, self.scores_revealed = {}, [], {}, []
        self.settled, self.challenge, self.convicted = None, None, False

    def _open_key(self, event: Event) -> None:
        self.key = event.args["round"], event.args["key"]
        if self.clock is not None and event.args["round"] == self.number:
            self.clock.take(event)

    def _note(self, event: Event) -> None:
        """Keep of the round's events what its clock does not."""
        args = event.args
        match event.name:
            case "UpdateCommitted":
                self.committed[args["operator"]] = args["commitment"]
            case "UpdateRevealed":
                self.revealed.append(args["operator"])
            case "ScoresCommitted":
                self.scores_committed[args["operator"]] = args["commitment"]
            case "ScoresRevealed":
                self.scores_revealed.append(args["seat"])
            case "SeedCaptured":
                self.seed = self.last_seed = args["seed"]
            case "Settled":
                self.settled, self.challenge = event, Challenge(args["finalAt"], args["finalAt"])
            case "Demanded" | "Supplied" if self.challenge is not None:
                self.challenge = self.challenge.after(event, self.policy)
            case "Convicted":
                self.settled, self.challenge, self.convicted = None, None, True
            case "Absent":
                self.absences[args["operator"], args["role"]] = args["round"], args["count"]
