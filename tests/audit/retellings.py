"""Histories that did not happen so: a copy of a federation's events with one of them changed.

No node could tell them, for blocks prove their logs. Each shows that one check finds what it is for, and names
who would be responsible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from parley.audit.checks import Check
from parley.audit.findings import Party
from parley.audit.story import Story, recorded
from parley.chain.events import Event
from parley.numerics.scoring import ScoreVector

Change = Callable[[Event], Event | None]
"""From an event to what is told in its place; `None` leaves it out."""


@dataclass(frozen=True)
class Retelling:
    """A history with something else in it.

    Attributes:
        name: of it.
        tell: from the true story to the other one.
        check: that finds it.
        party: who is named.
        content: it takes the rounds' content to find it.
    """

    name: str
    tell: Callable[[Story], Story]
    check: Check
    party: Party
    content: bool = False


def retold(story: Story, change: Change) -> Story:
    """The story with all events changed; what they come to follows."""
    events = tuple(found for event in story.events if (found := change(event)) is not None)
    told = story.told
    again, sponsor = recorded(told.chain_id, told.coordinator, told.fid, told.block, events)
    return replace(story, told=again, sponsor=sponsor, events=events)


def one(name: str, place: int, change: Change) -> Callable[[Story], Story]:
    """Change one event, by its name and its place among those of that name; -1 is the last."""

    def tell(story: Story) -> Story:
        chosen = [event for event in story.events if event.name == name][place]
        return retold(story, lambda event: change(event) if event is chosen else event)

    return tell


def stake(name: str, place: int, change: Change) -> Callable[[Story], Story]:
    """Likewise for an event of the stake vault."""

    def tell(story: Story) -> Story:
        chosen = [event for event in story.stakes if event.name == name][place]
        changed = (change(event) if event is chosen else event for event in story.stakes)
        return replace(story, stakes=tuple(event for event in changed if event is not None))

    return tell


def saying(**args: Any) -> Change:  # noqa: ANN401 - an event's arguments
    """The event with other arguments."""
    return lambda event: replace(event, args={**event.args, **args})


def more(name: str, by: int = 1) -> Change:
    """The event with a larger number."""
    return lambda event: replace(event, args={**event.args, name: event.args[name] + by})


def settled(**fields: Any) -> Change:  # noqa: ANN401 - a settlement's fields
    """A settlement with other fields."""
    return lambda event: replace(event, args={**event.args, "settlement": {**_settlement(event), **fields}})


def _settlement(event: Event) -> Mapping[str, Any]:
    names = ("medians", "norm", "earned", "rowRoot", "modelRoot", "modelDigest", "rewardRoot")
    value = event.args["settlement"]
    return value if isinstance(value, Mapping) else dict(zip(names, value, strict=True))


def later(seconds: int) -> Change:
    """The event in a block of another time."""
    return lambda event: replace(event, timestamp=event.timestamp + seconds)


def gone(_: Event) -> None:
    """No event."""


def vector(**changes: Any) -> Change:  # noqa: ANN401 - a vector's fields
    """A score vector with something else in it; its commitment is then another, too."""

    def change(event: Event) -> Event:
        count = (len(event.args["vector"]) - 8) // 4
        return saying(vector=replace(ScoreVector.decode(event.args["vector"], count), **changes).encode())(event)

    return change


def convict_a_right_one(story: Story) -> Story:
    """The settlement that fell was the one that stood in the end."""
    fell = next(event for event in story.events if event.name == "Convicted")
    posted = [e for e in story.events if e.name == "Settled" and e.args["round"] == fell.args["round"]]
    right = dict(_settlement(posted[-1]))
    aggregator = posted[-1].args["aggregator"]
    return retold(
        story,
        lambda event: saying(settlement=right, aggregator=aggregator)(event) if event in posted[:-1] else event,
    )


OTHER = b"\x5a" * 32
STRANGER = "0x" + "ab" * 20

T, E, A = Party.TRAINER, Party.EVALUATOR, Party.AGGREGATOR
C, M, N, S = Party.CONTRACTS, Party.MEMBER, Party.NODE, Party.SPONSOR

RETELLINGS = (
    Retelling("another root of an update", one("UpdateRevealed", 0, saying(root=OTHER)), Check.UPDATE_COMMITMENT, N),
    Retelling("another CID", one("UpdateRevealed", 1, saying(cidDigest=OTHER)), Check.UPDATE_COMMITMENT, N),
    Retelling("another commitment", one("UpdateCommitted", 2, saying(commitment=OTHER)), Check.UPDATE_COMMITMENT, N),
    Retelling("another salt of scores", one("ScoresRevealed", 0, saying(salt=OTHER)), Check.SCORE_COMMITMENT, E),
    Retelling("another score vector", one("ScoresRevealed", 1, vector(norm=5)), Check.SCORE_COMMITMENT, E),
    Retelling("a vector cut short", one("ScoresRevealed", 1, saying(vector=b"\0" * 8)), Check.VECTORS, E),
    Retelling("another R", one("ScoresRevealed", 0, vector(norm=12345)), Check.NORM, E, content=True),
    Retelling("another reveal index", one("UpdateRevealed", 1, saying(index=7)), Check.ORDER, T),
    Retelling("a reveal too late", one("UpdateRevealed", 0, later(500)), Check.WINDOWS, T),
    Retelling("a commitment after the end", one("UpdateCommitted", 0, later(5000)), Check.WINDOWS, T),
    Retelling("scores before their time", one("ScoresRevealed", 0, later(-300)), Check.WINDOWS, E),
    Retelling("a stranger's update", one("UpdateRevealed", 0, saying(operator=STRANGER)), Check.MEMBERS, T),
    Retelling(
        "a seat not drawn", one("ScoresRevealed", 0, lambda e: saying(seat=(e.args["seat"] + 1) % 3)(e)), Check.SEATS, E
    ),
    Retelling("scores without a seat", one("ScoresCommitted", 0, saying(operator=STRANGER)), Check.SEATS, E),
    Retelling("another seed", one("SeedCaptured", 0, saying(seed=OTHER)), Check.SEED, C),
    Retelling("another's turn", one("Settled", 0, saying(aggregator=STRANGER)), Check.TURNS, A),
    Retelling("a turn too late", one("Settled", 0, later(61)), Check.TURNS, A),
    Retelling("a settlement before its time", one("Settled", 0, later(-500)), Check.WINDOWS, A),
    Retelling("other medians", one("Settled", 0, settled(medians=b"\0" * 16)), Check.MEDIANS, A),
    Retelling("another settled norm", one("Settled", 0, settled(norm=9)), Check.SETTLED_NORM, A),
    Retelling("another sum", one("Settled", 0, settled(earned=9)), Check.EARNED, A),
    Retelling("another reward root", one("Settled", 0, settled(rewardRoot=OTHER)), Check.REWARDS, A),
    Retelling("another row root", one("Settled", 0, settled(rowRoot=OTHER)), Check.ROWS, A, content=True),
    Retelling("another model", one("Settled", -1, settled(modelRoot=OTHER)), Check.MODEL, A, content=True),
    Retelling("another model CID", one("Settled", -1, settled(modelDigest=OTHER)), Check.MODEL_CID, A, content=True),
    Retelling("a conviction of a right one", convict_a_right_one, Check.CONVICTIONS, C, content=True),
    Retelling("a final root of its own", one("RoundFinalized", 0, saying(rewardRoot=OTHER)), Check.ENDING, C),
    Retelling("a round final too soon", one("RoundFinalized", 0, later(-60)), Check.ENDING, C),
    Retelling(
        "a void round that was none",
        one("RoundFinalized", 0, lambda e: replace(e, name="RoundVoided")),
        Check.ENDING,
        C,
    ),
    Retelling("a challenge put off for too long", one("Postponed", 0, more("finalAt", 50)), Check.WINDOWS, C),
    Retelling("a challenge put off for nothing", one("Demanded", 0, gone), Check.WINDOWS, C),
    Retelling("a demand that puts nothing off", one("Postponed", 0, gone), Check.WINDOWS, C),
    Retelling("a demand of another settlement", one("Demanded", 0, saying(settlement=OTHER)), Check.DEMANDS, C),
    Retelling("another key", one("ValidationOpened", 0, saying(key=OTHER)), Check.KEYS, S),
    Retelling("a shorter training", one("RoundOpened", 0, more("trainEnd", -10)), Check.OPENING, C),
    Retelling("a round left out", one("RoundOpened", 1, more("round")), Check.OPENING, C),
    Retelling("less stake than asked", one("Joined", 0, more("stake", -1)), Check.MEMBERS, M),
    Retelling("a membership from this round", one("Joined", 1, more("from", -1)), Check.MEMBERS, M),
    Retelling("an index given twice", one("MemberIndexed", 1, saying(index=0)), Check.MEMBERS, C),
    Retelling("a stake freed too early", one("Unbonded", 0, more("stake")), Check.MEMBERS, M),
    Retelling("a claim too large", one("Claimed", 0, more("amount")), Check.CLAIMS, M),
    Retelling("a claim of another's leaf", one("Claimed", 0, more("cumulative")), Check.CLAIMS, M),
    Retelling("a reservation too small", one("RolledOver", 0, more("next", -1)), Check.BUDGET, C),
    Retelling("a fund forgotten", one("Funded", 0, gone), Check.BUDGET, C),
    Retelling("a bond not locked", stake("Locked", -1, gone), Check.STAKES, C),
    Retelling("a slash too small", stake("Slashed", 0, more("amount", -2)), Check.SLASHES, C),
    Retelling("a deposit forgotten", stake("Deposited", 0, gone), Check.STAKES, N),
    Retelling("turns of no length", lambda story: _all_policies(story, settle=0), Check.STATE, N),
    Retelling("a policy out of bounds", one("PolicyChanged", 0, lambda e: _policy(e, quorum=99)), Check.TERMS, S),
)


def _all_policies(story: Story, **fields: Any) -> Story:  # noqa: ANN401 - a policy's fields
    names = ("FederationCreated", "PolicyChanged")
    return retold(story, lambda event: _policy(event, **fields) if event.name in names else event)


def _policy(event: Event, **fields: Any) -> Event:  # noqa: ANN401 - a policy's fields
    value = event.args["policy"]
    assert isinstance(value, Mapping)
    return saying(policy={**value, **fields})(event)
