"""Federations that never ran: events as the contracts would have emitted them, by lot, for the index to take in.

What follows from events (rewards, medians, balances) is computed with the same rules as on chain, so that histories are
consistent. Two with the same seed are the same up to the height at which one of them is told to fork.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

from parley.chain.commitments import settlement_hash
from parley.chain.events import Event, header_of, settlement_of
from parley.chain.model import Admission, Policy, Role, Terms
from parley.chain.view import Block
from parley.explorer.index.rows import Told
from parley.history.votes import Ballot, tally
from parley.numerics import scoring
from parley.numerics.scoring import ScoreVector
from parley.storage import Cid, cid_of
from tests.roles.builders import POLICY, TERMS

CHAIN_ID = 31337
COORDINATOR = "0x" + "c0" * 20
TOKEN = "0x" + "33" * 20
SPONSOR = "0x" + "5a" * 20
NOBODY = "0x" + "00" * 20
START = 10
"""Height of the deployment."""

ACCIDENTS = ("void", "silent", "twice", "convicted", "demanded", "clipped", "absent", "left", "policy", "claimed")
"""What may go wrong in a round, or come after it."""


class Said(NamedTuple):
    """A contract, an event and its arguments."""

    contract: str
    name: str
    args: dict[str, Any]


def address(kind: str, number: int) -> str:
    """Somebody's address, with a checksum."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(hashlib.sha256(f"{kind}-{number}".encode()).digest()[:20]))


def digest(*parts: object) -> bytes:
    """32 bytes that nothing else gives."""
    return hashlib.sha256(repr(parts).encode()).digest()


@dataclass
class Scale:
    """How large a history is.

    Attributes:
        trainers, evaluators, aggregators: of the federation.
        rounds: that are played.
        accidents: share of rounds in which something goes wrong.
        script: what goes wrong in the first rounds, instead of what would be drawn.
    """

    trainers: int = 5
    evaluators: int = 4
    aggregators: int = 2
    rounds: int = 4
    accidents: float = 0.5
    script: tuple[str | None, ...] = ()


@dataclass
class Chronicle:
    """A chain in the making.

    Attributes:
        seed: of everything that is drawn.
        fork_at: height from which on things go another way than with this seed alone; `None`: never.
        blocks: by height, from `START` on, with what happened in each.
    """

    seed: int = 0
    fork_at: int | None = None
    blocks: list[tuple[Block, list[Told]]] = field(default_factory=list)
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    @property
    def height(self) -> int:
        """The height of the next block."""
        return START + len(self.blocks)

    @property
    def head(self) -> Block:
        """The newest block."""
        return self.blocks[-1][0]

    def mine(self, *said: Said | Sequence[Said]) -> Block:
        """A block: each argument is an event, or the events of one transaction."""
        number = self.height
        if number == self.fork_at:
            self.rng = Random(f"{self.seed}-fork")
        branch = self.fork_at is not None and number >= self.fork_at
        block = Block(number, digest("block", self.seed, number, branch), 1_700_000_000 + 2 * number)
        told: list[Told] = []
        for place, item in enumerate(said):
            tx = digest("tx", number, branch, place, self.seed)
            for contract, name, args in [item] if isinstance(item, Said) else item:
                event = Event(name, args, number, block.hash, block.timestamp, tx, len(told))
                told.append(Told(contract, event))
        self.blocks.append((block, told))
        return block

    def between(self, low: int, high: int) -> list[Told]:
        """The events of some blocks, both included."""
        return [told for block, events in self.blocks if low <= block.number <= high for told in events]


@dataclass
class Federation:
    """A federation in a chronicle.

    Attributes:
        chronicle: the chain.
        scale: how large it is.
        fid: its id.
        sealed: its validation shards are sealed.
        task: bytes of its task document.
    """

    chronicle: Chronicle
    scale: Scale = field(default_factory=Scale)
    fid: int = 1
    sealed: bool = True
    task: bytes = b"no document"
    terms: Terms = field(init=False)
    policies: list[Policy] = field(init=False)
    cumulative: dict[str, int] = field(init=False, default_factory=dict)
    claimed: dict[str, int] = field(init=False, default_factory=dict)
    indexed: list[str] = field(init=False, default_factory=list)
    gone: set[str] = field(init=False, default_factory=set)
    stakes: dict[str, int] = field(init=False, default_factory=dict)
    reserved: int = field(init=False, default=0)
    round: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.terms = replace(
            TERMS,
            token=TOKEN,
            rounds=100_000,
            admission=Admission.OPEN,
            task_digest=cid_of(self.task).digest,
            anchor=bytes(32) if not self.sealed else b"a" * 32,
        )
        self.policies = [replace(POLICY, seats=self.scale.evaluators, quorum=3, min_trainers=2)]

    # ------------------------------------------------------------------------------------------------- the cast

    def people(self, kind: str) -> list[str]:
        """Those of a role who have not left."""
        count = getattr(self.scale, f"{kind}s")
        return [who for who in (address(kind, n) for n in range(count)) if who not in self.gone]

    @property
    def policy(self) -> Policy:
        """The newest."""
        return self.policies[-1]

    def found(self) -> None:
        """Create, fund, and let everybody join."""
        terms, policy = abi(self.terms), abi(self.policy)
        made = {"fid": self.fid, "sponsor": SPONSOR, "terms": terms, "policy": policy}
        self.chronicle.mine(Said("FederationRegistry", "FederationCreated", made))
        budget = self.policy.reward * (self.scale.rounds + 10)
        self.chronicle.mine(Said("RewardVault", "Funded", {"fid": self.fid, "from": SPONSOR, "amount": budget}))
        for kind in ("trainer", "evaluator", "aggregator"):
            self.chronicle.mine(*(self._entry(who, Role[kind.upper()]) for who in self.people(kind)))

    def _entry(self, who: str, role: Role) -> list[Said]:
        stake = self.stakes[who] = self.policy.stake_of(role)
        return [
            Said("ParticipantRegistry", "OperatorRegistered", {"operator": who, "metadataDigest": bytes(32)}),
            Said("StakeVault", "Deposited", {"token": TOKEN, "operator": who, "amount": 10**24}),
            self._say("Joined", operator=who, roles=int(role), stake=stake, **{"from": self.round + 1}),
            Said("StakeVault", "Locked", {"token": TOKEN, "operator": who, "amount": stake}),
        ]

    # -------------------------------------------------------------------------------------------------- a round

    def play(self, rounds: int | None = None) -> None:
        """Play rounds to their ends; the last one stays open."""
        for _ in range(self.scale.rounds if rounds is None else rounds):
            if self.round == 0:
                self.chronicle.mine(self._open(0, 0))
            self._play_one()

    def linger(self) -> None:
        """Bring the round that runs to where its scores are known and nobody has settled."""
        trainers = self.people("trainer")
        self._commit(trainers, twice=False)
        self._reveal(trainers)
        self._score(self.people("evaluator"), len(trainers))

    def _play_one(self) -> None:
        accident = self._accident()
        trainers, evaluators = self.people("trainer"), self.people("evaluator")
        if accident == "void":
            self._void(trainers[0])
            return
        self._commit(trainers, twice=accident == "twice")
        revealed = trainers[:-1] if accident == "silent" and len(trainers) > 1 else trainers
        self._reveal(revealed)
        if self.sealed:
            self.chronicle.mine(self._say("ValidationOpened", round=self.round, key=digest("key", self.round)))
        vectors = self._score(evaluators, len(revealed))
        ballots = [
            Ballot(seat, who, vector, None) for seat, (who, vector) in enumerate(zip(evaluators, vectors, strict=True))
        ]
        aggregator = self._settle(ballots, len(revealed), accident)
        told = tally(self.policies[self._version - 1], revealed, ballots, aggregator, final=True)
        self._end("RoundFinalized", sum(told.earned.values()), dict(told.earned))
        self._aftermath(accident)

    def _void(self, only: str) -> None:
        """Only one trainer commits; after the phase anybody may end the round."""
        self._commit([only], twice=False)
        for _ in range(self.policy.train // 2):
            self.chronicle.mine()
        self._end("RoundVoided", 0, {})

    def _accident(self) -> str | None:
        if self.round <= len(self.scale.script):
            return self.scale.script[self.round - 1]
        return self.chronicle.rng.choice(ACCIDENTS) if self.chronicle.rng.random() < self.scale.accidents else None

    def _open(self, reserved: int, earned: int) -> list[Said]:
        """The events that end a reservation and open the next round."""
        self.round += 1
        self._version = len(self.policies)
        self.reserved = self.policy.reward
        rolled = {"fid": self.fid, "reserved": reserved, "earned": earned, "next": self.reserved}
        end = 1_700_000_000 + 2 * self.chronicle.height + self.policy.train
        opened = self._say(
            "RoundOpened",
            round=self.round,
            version=self._version,
            trainEnd=end,
            trainers=len(self.people("trainer")),
            seats=len(self.people("evaluator")),
        )
        return [Said("RewardVault", "RolledOver", rolled), opened]

    def _commit(self, trainers: Sequence[str], *, twice: bool) -> None:
        seed = self._say("SeedCaptured", round=self.round, seed=digest("seed", self.round, self.chronicle.height))
        for attempt in range(1 + twice):
            said = [
                self._say(
                    "UpdateCommitted", round=self.round, operator=who, commitment=digest(who, self.round, attempt)
                )
                for who in trainers
            ]
            self.chronicle.mine(*([seed, said[0]], *said[1:]) if attempt == 0 else said)

    def _reveal(self, trainers: Sequence[str]) -> None:
        self.chronicle.mine(*(self._revealed(place, who) for place, who in enumerate(trainers)))

    def _revealed(self, place: int, who: str) -> list[Said]:
        update = (self.fid, self.round, who)
        said = self._say(
            "UpdateRevealed",
            round=self.round,
            operator=who,
            index=place,
            root=digest("root", update),
            cidDigest=digest("cid", update),
        )
        return [*self._indexed(who), said]

    def _indexed(self, who: str) -> list[Said]:
        if who in self.indexed:
            return []
        self.indexed.append(who)
        return [self._say("MemberIndexed", operator=who, index=len(self.indexed) - 1)]

    def _score(self, evaluators: Sequence[str], count: int) -> list[ScoreVector]:
        rng = self.chronicle.rng
        merit = [rng.choice((0, 1, 1, 2, 500, 2000)) for _ in range(count)]
        vectors = [self._vector(merit) for _ in evaluators]
        self.chronicle.mine(
            *(
                self._say("ScoresCommitted", round=self.round, operator=who, commitment=digest("scores", who))
                for who in evaluators
            )
        )
        self.chronicle.mine(
            *(
                [*self._indexed(who), self._vector_revealed(seat, who, vector)]
                for seat, (who, vector) in enumerate(zip(evaluators, vectors, strict=True))
            )
        )
        return vectors

    def _vector(self, merit: Sequence[int]) -> ScoreVector:
        rng = self.chronicle.rng
        scores = tuple(score if score < 2 else score + rng.randrange(100) for score in merit)
        return ScoreVector(1 << 24, scores, tuple(rng.randrange(1000, 65537) for _ in scores))

    def _vector_revealed(self, seat: int, who: str, vector: ScoreVector) -> Said:
        salt = digest("salt", who, self.round)
        return self._say("ScoresRevealed", round=self.round, operator=who, seat=seat, vector=vector.encode(), salt=salt)

    # -------------------------------------------------------------------------------------------------- the end

    def _settle(self, ballots: Sequence[Ballot], count: int, accident: str | None) -> str:
        """Post settlements until one stands; return whose."""
        aggregators = self.people("aggregator")
        turn = 0
        if accident == "convicted":
            self._post(aggregators[0], ballots, count, turn)
            self._convict(aggregators[0], address("watcher", 0))
            turn = 1
        standing = aggregators[turn % len(aggregators)]
        settlement = self._post(standing, ballots, count, turn)
        if accident == "demanded":
            self._demand(settlement)
        if accident == "clipped":
            self._clip(next(who for who in self.people("trainer") if self.stakes[who]))
        return standing

    def _post(self, aggregator: str, ballots: Sequence[Ballot], count: int, turn: int) -> bytes:
        settled = scoring.medians([b.vector for b in ballots], [b.own for b in ballots], count)
        place = (self.fid, self.round, turn)
        settlement = {
            "medians": ScoreVector(settled.norm, settled.scores, settled.scales).encode()[8:],
            "norm": settled.norm,
            "earned": 0,
            "rowRoot": digest("rows", place),
            "modelRoot": digest("model", place),
            "modelDigest": digest("modelcid", place),
            "rewardRoot": digest("rewards", place),
        }
        final_at = 1_700_000_000 + 2 * self.chronicle.height + self.policy.challenge
        posted = self._say(
            "Settled", round=self.round, aggregator=aggregator, turn=turn, finalAt=final_at, settlement=settlement
        )
        bond = {"token": TOKEN, "operator": aggregator, "amount": self.policies[self._version - 1].bond}
        self.chronicle.mine([*self._indexed(aggregator), Said("StakeVault", "Locked", bond), posted])
        self.posted = settlement
        return settlement_hash(
            chain_id=CHAIN_ID,
            coordinator=COORDINATOR,
            fid=self.fid,
            round_number=self.round,
            header=header_of(settlement_of(settlement), self.chronicle.blocks[-1][1][-1].event),
        )

    def _convict(self, aggregator: str, prover: str) -> None:
        amount = self.policies[self._version - 1].bond
        slashed = {"token": TOKEN, "operator": aggregator, "prover": prover, "amount": amount}
        convicted = self._say("Convicted", round=self.round, aggregator=aggregator, prover=prover)
        self.chronicle.mine([convicted, Said("StakeVault", "Slashed", slashed)])

    def _demand(self, settlement: bytes) -> None:
        node = {"tree": 0, "update": 0, "level": 3, "index": 1}
        who = {"fid": self.fid, "settlement": settlement, "node": node}
        end = 1_700_000_000 + 2 * self.chronicle.height + 20
        asked = {**who, "demander": address("watcher", 1), "hash": digest("node"), "deadline": end, "fee": 7}
        supplied = {**who, "supplier": SPONSOR, "content": b"c" * 64}
        self.chronicle.mine(
            [
                Said("Disputes", "Demanded", asked),
                self._say("Postponed", round=self.round, finalAt=end + 20, contested=True),
            ]
        )
        self.chronicle.mine(
            [
                Said("Disputes", "Supplied", supplied),
                self._say("Postponed", round=self.round, finalAt=end + 30, contested=False),
            ]
        )
        self.late = {**who, "to": SPONSOR, "paid": 7}

    def _clip(self, trainer: str) -> None:
        prover, self.stakes[trainer] = address("watcher", 0), 0
        clipped = {"fid": self.fid, "round": self.round, "operator": trainer, "prover": prover}
        lost = self._say("MemberSlashed", operator=trainer, round=self.round, prover=prover, amount=1)
        slashed = {"token": TOKEN, "operator": trainer, "prover": prover, "amount": 1}
        self.chronicle.mine([Said("Disputes", "ClipDisproved", clipped), lost, Said("StakeVault", "Slashed", slashed)])

    def _end(self, name: str, earned: int, shares: dict[str, int]) -> None:
        """End the round and open the next one, in one transaction."""
        final = name == "RoundFinalized"
        for who, amount in shares.items():
            self.cumulative[who] = self.cumulative.get(who, 0) + amount
        roots = {key: self.posted[key] for key in ("modelRoot", "modelDigest", "rewardRoot")} if final else {}
        ended = self._say(name, round=self.round, **roots, **({"earned": earned} if final else {}))
        reserved = self.reserved
        self.chronicle.mine([ended, *self._open(reserved, earned)])

    def _aftermath(self, accident: str | None) -> None:
        """What comes between rounds, or late."""
        trainers = self.people("trainer")
        match accident:
            case "demanded":
                self.chronicle.mine(Said("Disputes", "Released", self.late))
            case "absent":
                who = self.people("evaluator")[0]
                self.chronicle.mine(self._say("Absent", operator=who, round=self.round - 1, role=2, count=1))
            case "left" if len(trainers) > 2:
                self.gone.add(trainers[-1])
                self.chronicle.mine(self._say("Left", operator=trainers[-1], until=self.round))
                stake = self.stakes[trainers[-1]]
                unlocked = {"token": TOKEN, "operator": trainers[-1], "amount": stake}
                unbonded = self._say("Unbonded", operator=trainers[-1], stake=stake)
                self.chronicle.mine([unbonded, Said("StakeVault", "Unlocked", unlocked)])
            case "policy":
                self.policies.append(replace(self.policy, reward=self.policy.reward + 1000))
                changed = {"fid": self.fid, "version": len(self.policies), "policy": abi(self.policy)}
                self.chronicle.mine(Said("FederationRegistry", "PolicyChanged", changed))
            case "claimed":
                self._claim(trainers[0])

    def _claim(self, who: str) -> None:
        due = self.cumulative.get(who, 0) - self.claimed.get(who, 0)
        if due:
            self.claimed[who] = self.cumulative[who]
            paid = {"fid": self.fid, "operator": who, "to": who, "amount": due, "cumulative": self.claimed[who]}
            self.chronicle.mine(Said("RewardVault", "Claimed", paid))

    def _say(self, name: str, **args: Any) -> Said:  # noqa: ANN401 - as the ABI has it
        return Said("RoundCoordinator", name, {"fid": self.fid, **args})


def abi(struct: Any) -> list[Any]:  # noqa: ANN401 - terms or policy
    """A struct as an event carries it."""
    return [
        int(value) if isinstance(value, int) and not isinstance(value, bool) else value for value in astuple(struct)
    ]


def update_cid(federation: Federation, number: int, who: str) -> str:
    """The CID of somebody's update."""
    from parley.numerics.fixed_point import size_for

    found = digest("cid", (federation.fid, number, who))
    return str(Cid.from_digest(found, size_for(federation.terms.params)))


def played(seed: int = 0, scale: Scale | None = None, **chosen: Any) -> Federation:  # noqa: ANN401 - of `Federation`
    """A federation on a chain of its own; its last round has just opened."""
    federation = Federation(Chronicle(seed, chosen.pop("fork_at", None)), scale or Scale(), **chosen)
    federation.found()
    federation.play()
    return federation
