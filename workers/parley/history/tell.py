"""From the events of one round to what happened in it: pure."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parley.chain.commitments import settlement_hash
from parley.chain.disputed import Docket
from parley.chain.events import Event, header_of, settlement_of
from parley.chain.model import Header, Policy, Settlement
from parley.history.charter import Charter
from parley.history.model import Fall, Panelist, Posted, Round, State, Step, Update, Verdict, Void, step_of
from parley.history.outcomes import LAST_PHASE, why_void
from parley.history.votes import Ballot, Entry, Tally, tally
from parley.history.windows import Windows
from parley.numerics.faults import NOBODY
from parley.numerics.scoring import ScoreVector

__all__ = ["by_round", "rounds_of", "step_of", "tell"]


def rounds_of(charter: Charter, events: Iterable[Event], now: int | None = None) -> dict[int, Round]:
    """All rounds of a federation by number.

    Args:
        charter: of the federation.
        events: of coordinator and disputes, in the order of the chain.
        now: as of `tell`.
    """
    return {number: tell(charter, own, now) for number, own in by_round(events).items()}


def by_round(events: Iterable[Event]) -> dict[int, list[Event]]:
    """The events of each round, in the order of the chain."""
    rounds: dict[int, list[Event]] = {}
    asked: dict[bytes, int] = {}
    last = 0
    for event in events:
        if event.name == "RoundOpened":
            last = event.args["round"]
            rounds[last] = []
        number = round_of(event, last, asked)
        if number in rounds:
            rounds[number].append(event)
    return rounds


def round_of(event: Event, last: int, asked: MutableMapping[bytes, int]) -> int | None:
    """The round that an event belongs to; what names only a settlement, to that in which a node of it was demanded.

    Args:
        event: of coordinator or disputes.
        last: the newest round then.
        asked: rounds by settlement of which a node was demanded; a new demand is added.

    Returns:
        its number, or `None` if it belongs to none.
    """
    if event.name == "Demanded":
        return asked.setdefault(event.args["settlement"], last)
    if "settlement" in event.args and "round" not in event.args:
        return asked.get(event.args["settlement"])
    number: int | None = event.args.get("round")
    return number


def tell(charter: Charter, events: Sequence[Event], now: int | None = None) -> Round:
    """What happened in a round.

    Args:
        charter: of the federation.
        events: the round's, in the order of the chain, `RoundOpened` first.
        now: chain time, seconds, by which an open round may be void; `None`: only what has ended is called void.

    Raises:
        KeyError: the policy that the round opened with is not in the charter.
    """
    story = _Story(charter, charter.policies[events[0].args["version"]], events[0])
    for event in events:
        story.apply(event)
    return story.told(now)


@dataclass(slots=True)
class _Story:
    """A round in the making."""

    charter: Charter
    policy: Policy
    opened: Event
    windows: Windows = field(init=False)
    commits: dict[str, list[Event]] = field(default_factory=dict)
    reveals: list[Event] = field(default_factory=list)
    score_commits: dict[str, list[Event]] = field(default_factory=dict)
    vectors: list[Event] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    docket: Docket = field(default_factory=Docket)
    clipped: dict[str, Event] = field(default_factory=dict)
    marks: dict[str, Event] = field(default_factory=dict)
    contested: bool = False

    def __post_init__(self) -> None:
        self.windows = Windows(self.opened, self.policy, self.charter.sealed)

    @property
    def number(self) -> int:
        return int(self.opened.args["round"])

    def apply(self, event: Event) -> None:
        """Take in one event."""
        self.windows.apply(event)
        match event.name:
            case "UpdateCommitted":
                self.commits.setdefault(event.args["operator"], []).append(event)
            case "UpdateRevealed":
                self.reveals.append(event)
            case "ScoresCommitted":
                self.score_commits.setdefault(event.args["operator"], []).append(event)
            case "ScoresRevealed":
                self.vectors.append(event)
            case "SeedCaptured" | "ValidationOpened" | "RoundFinalized" | "RoundVoided":
                self.marks[event.name] = event
            case _:
                self._dispute(event)

    def _dispute(self, event: Event) -> None:
        match event.name:
            case "Settled":
                self.posted.append(self._posted(event))
            case "Postponed":
                self.contested = event.args["contested"]
                self._change_last(final_at=event.args["finalAt"])
            case "Convicted":
                self._convict(event)
            case "ClipDisproved":
                self.clipped[event.args["operator"]] = event
            case "Demanded":
                self.docket.demanded(event.args)
                self._note(event)
            case "Supplied":
                self.docket.supplied(event.args)
                self._note(event)
            case "Released":
                self.docket.released(event.args)

    def _posted(self, event: Event) -> Posted:
        settlement: Settlement = settlement_of(event.args["settlement"])
        header: Header = header_of(settlement, event)
        hashed = settlement_hash(
            chain_id=self.charter.chain_id,
            coordinator=self.charter.coordinator,
            fid=self.charter.fid,
            round_number=self.number,
            header=header,
        )
        return Posted(
            aggregator=header.aggregator,
            turn=header.turn,
            step=step_of(event),
            final_at=event.args["finalAt"],
            norm=settlement.norm,
            earned=settlement.earned,
            row_root=settlement.row_root,
            model_root=settlement.model_root,
            model_digest=settlement.model_digest,
            reward_root=settlement.reward_root,
            model_cid=self.charter.cid(settlement.model_digest),
            hash=hashed,
            medians=settlement.medians,
            demands=(),
            fell=None,
        )

    def _convict(self, event: Event) -> None:
        prover = event.args["prover"]
        late = self.docket.is_late(event.timestamp) and self.contested
        self._change_last(fell=Fall(step_of(event), None if prover == NOBODY else prover, late))
        self.contested = False

    def _note(self, event: Event) -> None:
        """Keep the transaction of a demand or an answer with its settlement."""
        for place, posted in enumerate(self.posted):
            if posted.hash == event.args["settlement"]:
                self.posted[place] = replace(posted, disputed=(*posted.disputed, step_of(event)))

    def _change_last(self, **changes: Any) -> None:  # noqa: ANN401 - a settlement's fields
        if self.posted:
            self.posted[-1] = replace(self.posted[-1], **changes)

    # --------------------------------------------------------------------------------------------------- telling

    def told(self, now: int | None) -> Round:
        """The round as it stands."""
        final = self.marks.get("RoundFinalized")
        ended = final or self.marks.get("RoundVoided")
        standing = next((posted for posted in reversed(self.posted) if posted.fell is None), None)
        trainers = [event.args["operator"] for event in self.reveals]
        ballots = [self._ballot(event) for event in sorted(self.vectors, key=_seat)]
        aggregator = None if standing is None else standing.aggregator
        tallied = tally(self.policy, trainers, ballots, aggregator, final=final is not None)
        seed = self.marks.get("SeedCaptured")
        void = None if final else self._why_void(ended.timestamp if ended else now)
        return Round(
            number=self.number,
            version=self.opened.args["version"],
            state=State.FINAL if final else State.VOID if ended else State.OPEN,
            void=void,
            opened=step_of(self.opened),
            seed=None if seed is None else (step_of(seed), seed.args["seed"]),
            key=_step(self.marks.get("ValidationOpened")),
            ended=_step(ended),
            windows=tuple(w for w in self.windows.all() if void is None or w.phase <= LAST_PHASE[void]),
            updates=self._updates(tallied, Verdict.UNSETTLED if void is Void.COMMITS else Verdict.NOT_REVEALED),
            panel=self._panel(ballots, tallied),
            settlements=tuple(self._with_demands()),
            norm=tallied.norm,
            earned=tallied.earned,
            contradicted=() if standing is None else tuple(_contradicted(standing, tallied)),
        )

    def _why_void(self, time: int | None) -> Void | None:
        return None if time is None else why_void(self.windows.clock.state, self.policy, time, time)

    def _ballot(self, event: Event) -> Ballot:
        operator = event.args["operator"]
        own = next((e.args["index"] for e in self.reveals if e.args["operator"] == operator), None)
        vector = ScoreVector.decode(event.args["vector"], len(self.reveals))
        return Ballot(event.args["seat"], operator, vector, own)

    def _with_demands(self) -> Iterable[Posted]:
        for posted in self.posted:
            yield replace(posted, demands=tuple(d for d in self.docket.demands if d.settlement == posted.hash))

    def _updates(self, tallied: Tally, silent: Verdict) -> tuple[Update, ...]:
        """All updates; `silent` became of those that were committed and not revealed."""
        order = {event.args["operator"]: event for event in self.reveals}
        revealed = [
            self._update(operator, event, entry)
            for (operator, event), entry in zip(order.items(), tallied.entries, strict=True)
        ]
        return (*revealed, *(self._withheld(operator, silent) for operator in self.commits if operator not in order))

    def _update(self, operator: str, event: Event, entry: Entry) -> Update:
        commits = self.commits.get(operator, [])
        return Update(
            operator=operator,
            commitments=tuple(map(step_of, commits)),
            commitment=commits[-1].args["commitment"] if commits else bytes(32),
            revealed=step_of(event),
            index=event.args["index"],
            root=event.args["root"],
            digest=event.args["cidDigest"],
            cid=self.charter.cid(event.args["cidDigest"]),
            votes=entry.votes,
            score=entry.score,
            scale=entry.scale,
            verdict=entry.verdict,
            earned=entry.earned,
            slashed=_step(self.clipped.get(operator)),
        )

    def _withheld(self, operator: str, verdict: Verdict) -> Update:
        commits = self.commits[operator]
        return Update(operator, tuple(map(step_of, commits)), commits[-1].args["commitment"], verdict=verdict)

    def _panel(self, ballots: Sequence[Ballot], tallied: Tally) -> tuple[Panelist, ...]:
        reveals = {event.args["operator"]: event for event in self.vectors}
        seated = [self._panelist(ballot, reveals[ballot.operator], tallied) for ballot in ballots]
        silent = [operator for operator in self.score_commits if operator not in reveals]
        return (*seated, *(Panelist(operator, self._commitments(operator)) for operator in silent))

    def _panelist(self, ballot: Ballot, event: Event, tallied: Tally) -> Panelist:
        return Panelist(
            operator=ballot.operator,
            commitments=self._commitments(ballot.operator),
            seat=ballot.seat,
            revealed=step_of(event),
            norm=ballot.vector.norm,
            scores=ballot.vector.scores,
            scales=ballot.vector.scales,
            salt=event.args["salt"],
            quality=tallied.quality.get(ballot.operator),
            earned=tallied.evaluators.get(ballot.operator, 0),
        )

    def _commitments(self, evaluator: str) -> tuple[Step, ...]:
        return tuple(map(step_of, self.score_commits.get(evaluator, [])))


def _contradicted(posted: Posted, honest: Tally) -> Iterable[str]:
    """What of a settlement is not what the votes come to (P-11, P-12, P-25)."""
    if posted.medians != honest.medians:
        yield "scores"
    if posted.norm != honest.norm:
        yield "norm"
    if posted.earned != honest.pays:
        yield "pay"


def _seat(event: Event) -> int:
    return int(event.args["seat"])


def _step(event: Event | None) -> Step | None:
    return None if event is None else step_of(event)
