"""A federation's state event by event, as the coordinator keeps it: phases with their early ends, members, seeds. Pure.

Checks look at an event and at the state before it; then the event is taken in, whether it was found right or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate

from parley.audit.challenges import Challenge
from parley.audit.rosters import Opening, Rosters
from parley.chain.events import Event
from parley.chain.model import Phase, Policy, RoundState
from parley.chain.view import Recorded, phase_at, turn_at
from parley.numerics.sortition import panel, turn_position

NO_SEED = bytes(32)

_LONGEST = 2**24 - 1
"""What the word of a round holds of the time between score commitments and the turn after a conviction."""

_ENDS = ("train_end", "reveal_end", "key_end", "score_commit_end", "score_reveal_end")


@dataclass(slots=True)
class State:
    """Where a federation stands.

    Attributes:
        told: all that its events come to.
        rosters: its members.
        version: newest policy version.
        round: the current or last round; `None` before the first. Its turn is the first that may still settle.
        live: that round is neither final nor void.
        closed: no further round opens.
        contested: a demand on the standing settlement is open.
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
    round: RoundState | None = None
    live: bool = False
    closed: bool = False
    contested: bool = False
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
        if self.round is None:
            return Phase.CLOSED if self.closed else Phase.IDLE
        return phase_at(self, self.round, self.policy, time, time, contested=self.contested)

    def turn(self, time: int) -> int:
        """The turn at a time (P-27)."""
        return 0 if self.round is None else turn_at(self.round, self.policy, time, time)

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
        if event.name == "RoundOpened":
            self._open(event)
        elif event.name in _TAKES and self.round is not None:
            _TAKES[event.name](self, event, self.round)
        elif event.name == "PolicyChanged":
            self.version = event.args["version"]
        elif event.name == "FederationClosed":
            self.closed = True
        elif event.name == "ValidationOpened":
            self._open_key(event)
        self.rosters.take(event)

    def _open(self, event: Event) -> None:
        args = event.args
        policy = self.told.policies.get(args["version"], self.newest)
        key = policy.key if any(self.told.terms.anchor) else 0
        ends = list(accumulate((args["trainEnd"], policy.reveal, key, policy.score_commit, policy.score_reveal)))
        self.opening = self.rosters.opening()
        self.round = RoundState(
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
            drawn=len(self.opening.evaluators) > args["seats"],
            seeded=False,
        )
        self.live, self.contested, self.opened_block, self.seed = True, False, event.block, None
        self.committed, self.revealed, self.scores_committed, self.scores_revealed = {}, [], {}, []
        self.settled, self.challenge, self.convicted = None, None, False

    def _commit(self, event: Event, round_: RoundState) -> None:
        self.committed[event.args["operator"]] = event.args["commitment"]
        self.round = replace(round_, committed=len(self.committed))
        self._end_early("train_end", event.timestamp + 1, len(self.committed) >= round_.trainers)

    def _reveal(self, event: Event, round_: RoundState) -> None:
        self.revealed.append(event.args["operator"])
        self.round = replace(round_, revealed=len(self.revealed))
        self._end_early("reveal_end", event.timestamp + 1, len(self.revealed) >= round_.committed)

    def _open_key(self, event: Event) -> None:
        self.key = event.args["round"], event.args["key"]
        if self.live and event.args["round"] == self.number:
            self._end_early("key_end", event.timestamp + 1, True)

    def _commit_scores(self, event: Event, round_: RoundState) -> None:
        self.scores_committed[event.args["operator"]] = event.args["commitment"]
        self.round = replace(round_, scores_committed=len(self.scores_committed))
        self._end_early("score_commit_end", event.timestamp + 1, len(self.scores_committed) >= round_.seats)

    def _reveal_scores(self, event: Event, round_: RoundState) -> None:
        self.scores_revealed.append(event.args["seat"])
        self.round = replace(round_, scores_revealed=len(self.scores_revealed))
        everybody = len(self.scores_revealed) >= round_.scores_committed
        self._end_early("score_reveal_end", event.timestamp + 1, everybody)

    def _settle(self, event: Event, round_: RoundState) -> None:
        self.settled = event
        self.challenge = Challenge(event.args["finalAt"], event.args["finalAt"])
        self.round = replace(round_, turn=event.args["turn"], final_at=event.args["finalAt"])

    def _postpone(self, event: Event, round_: RoundState) -> None:
        self.contested = event.args["contested"]
        self.round = replace(round_, final_at=event.args["finalAt"])

    def _dispute(self, event: Event, round_: RoundState) -> None:  # noqa: ARG002 - the signature of all
        if self.challenge is not None:
            self.challenge = self.challenge.after(event, self.policy)

    def _convict(self, event: Event, round_: RoundState) -> None:
        """The turn after the one that was convicted starts now."""
        self.settled, self.challenge, self.contested, self.convicted = None, None, False, True
        length = min(event.timestamp - round_.score_commit_end, _LONGEST)
        self.round = replace(
            round_, final_at=0, turn=round_.turn + 1, score_reveal_end=round_.score_commit_end + length
        )

    def _end(self, event: Event, round_: RoundState) -> None:  # noqa: ARG002 - the signature of all
        self.live = False

    def _capture(self, event: Event, round_: RoundState) -> None:
        self.seed = self.last_seed = event.args["seed"]
        self.round = replace(round_, seeded=True)

    def _count_absence(self, event: Event, round_: RoundState) -> None:  # noqa: ARG002 - the signature of all
        self.absences[event.args["operator"], event.args["role"]] = event.args["round"], event.args["count"]

    def _end_early(self, name: str, end: int, everybody: bool) -> None:
        """End a phase at `end` where everybody has acted, and move all later ends forward."""
        if not everybody or self.round is None:
            return
        early = getattr(self.round, name) - end
        later = _ENDS[_ENDS.index(name) :]
        self.round = replace(self.round, **{field: getattr(self.round, field) - early for field in later})


_TAKES = {
    "UpdateCommitted": State._commit,
    "UpdateRevealed": State._reveal,
    "ScoresCommitted": State._commit_scores,
    "ScoresRevealed": State._reveal_scores,
    "Settled": State._settle,
    "Postponed": State._postpone,
    "Demanded": State._dispute,
    "Supplied": State._dispute,
    "Convicted": State._convict,
    "RoundFinalized": State._end,
    "RoundVoided": State._end,
    "SeedCaptured": State._capture,
    "Absent": State._count_absence,
}
