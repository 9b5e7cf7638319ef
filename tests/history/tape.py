"""Events of a round made by hand: a block for each, at the time that the test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from parley.chain.events import Event
from parley.chain.model import Policy
from parley.history.charter import Charter
from parley.history.model import Round
from parley.history.tell import tell
from parley.history.votes import Ballot, Tally, tally
from parley.numerics.scoring import ScoreVector
from tests.roles.builders import POLICY, TERMS

OPENED = 1_000
"""When each round of these tests begins, seconds."""

TRAINERS = tuple("0x" + f"{0xA0 + i:02x}" * 20 for i in range(5))
EVALUATORS = tuple("0x" + f"{0xE0 + i:02x}" * 20 for i in range(5))
AGGREGATOR = "0x" + "99" * 20
PROVER = "0x" + "77" * 20
NOBODY = "0x" + "00" * 20

CHARTER = Charter(31337, "0x" + "44" * 20, 1, "0x" + "55" * 20, TERMS, {1: POLICY, 2: replace(POLICY, seats=5)})
"""Windows: train 30, reveal 10, key 8, score commit 25, score reveal 10, settle 12, challenge 6, supply 6."""


def vector(*scores: int, norm: int = 9, scale: int = 65536) -> ScoreVector:
    """Scores with one scale for all that are above 0; the others are unfit."""
    return ScoreVector(norm, scores, tuple(scale if score else 0 for score in scores))


@dataclass
class Tape:
    """Events in the order of the chain.

    Attributes:
        trainers: how many were in at the opening.
        seats: of the panel.
        number: of the round.
        policy: that it opened with.
        time: of the newest event, seconds.
        events: so far.
    """

    trainers: int = 3
    seats: int = 3
    number: int = 1
    policy: Policy = POLICY
    time: int = OPENED
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.events:
            end = self.time + self.policy.train
            self.add("RoundOpened", 0, version=1, trainEnd=end, trainers=self.trainers, seats=self.seats)

    def add(self, name: str, wait: int = 1, **args: Any) -> Self:  # noqa: ANN401 - as the ABI has it
        """One more event, so many seconds after the last one."""
        self.time += wait
        block = 10 + len(self.events)
        named = {"fid": 1, "round": self.number, **args}
        self.events.append(Event(name, named, block, block.to_bytes(32, "big"), self.time, _hash(name, block), 0))
        return self

    def at(self, time: int, name: str, **args: Any) -> Self:  # noqa: ANN401 - as the ABI has it
        """One more event at a time."""
        return self.add(name, time - self.time, **args)

    def commits(self, *trainers: str) -> Self:
        """Each commits to an update, a second after the other."""
        for trainer in trainers or TRAINERS[: self.trainers]:
            self.add("UpdateCommitted", operator=trainer, commitment=b"c" * 32)
        return self

    def reveals(self, *trainers: str) -> Self:
        """Each reveals its update."""
        first = sum(event.name == "UpdateRevealed" for event in self.events)
        for index, trainer in enumerate(trainers or TRAINERS[: self.trainers], first):
            root, digest = bytes([index + 1]) * 32, bytes([index + 9]) * 32
            self.add("UpdateRevealed", operator=trainer, index=index, root=root, cidDigest=digest)
        return self

    def opens(self) -> Self:
        """The validation shard is opened."""
        return self.add("ValidationOpened", key=b"k" * 32)

    def judges(self, *evaluators: str) -> Self:
        """Each commits to its scores."""
        for evaluator in evaluators or EVALUATORS[: self.seats]:
            self.add("ScoresCommitted", operator=evaluator, commitment=b"s" * 32)
        return self

    def tells(self, *vectors: ScoreVector, operators: Sequence[str] = EVALUATORS) -> Self:
        """Each reveals its scores."""
        for seat, (operator, scores) in enumerate(zip(operators, vectors, strict=False)):
            salt = bytes([seat + 1]) * 32
            self.add("ScoresRevealed", operator=operator, seat=seat, vector=scores.encode(), salt=salt)
        return self

    def settles(
        self,
        *,
        turn: int = 0,
        by: str = AGGREGATOR,
        medians: bytes | None = None,
        earned: int | None = None,
        norm: int | None = None,
        wait: int = 1,
    ) -> Self:
        """A settlement is posted, by default with the medians, sum and norm that are right."""
        right = self.tallied(by)
        medians = right.medians if medians is None else medians
        earned = sum(right.earned.values()) if earned is None else earned
        norm = (right.norm or 0) if norm is None else norm
        settlement = (medians, norm, earned, b"r" * 32, b"n" * 32, b"d" * 32, b"w" * 32)
        final_at = self.time + wait + self.policy.challenge
        return self.add("Settled", wait, aggregator=by, turn=turn, finalAt=final_at, settlement=settlement)

    def tallied(self, aggregator: str) -> Tally:
        """What the revealed vectors come to."""
        order = [event.args["operator"] for event in self.events if event.name == "UpdateRevealed"]
        told = [event.args for event in self.events if event.name == "ScoresRevealed"]
        ballots = [
            Ballot(
                said["seat"],
                said["operator"],
                ScoreVector.decode(said["vector"], len(order)),
                order.index(said["operator"]) if said["operator"] in order else None,
            )
            for said in told
        ]
        return tally(self.policy, order, ballots, aggregator, final=True)

    def convicts(self, prover: str = PROVER, wait: int = 1) -> Self:
        """The settlement falls."""
        return self.add("Convicted", wait, aggregator=AGGREGATOR, prover=prover)

    def finishes(self, wait: int | None = None) -> Self:
        """The round is final."""
        seconds = self.policy.challenge if wait is None else wait
        return self.add("RoundFinalized", seconds, modelRoot=b"n" * 32)

    def voids(self, time: int) -> Self:
        """The round is void."""
        return self.at(time, "RoundVoided")

    def up_to_scores(self) -> Self:
        """Everybody does everything up to the commitment of scores."""
        return self.commits().reveals().opens().judges()

    def told(self, now: int | None = None, charter: Charter = CHARTER) -> Round:
        """The round's story."""
        return tell(charter, self.events, now)


def played(*vectors: ScoreVector, trainers: int = 3) -> Tape:
    """A round up to its settlement, with these scores."""
    return Tape(trainers=trainers, seats=len(vectors)).up_to_scores().tells(*vectors).settles()


def _hash(name: str, block: int) -> bytes:
    """A transaction of its own."""
    return f"{name:>24.24}{block:08}".encode()
