"""Plays rounds of a federation as its workers would, and keeps what each transaction cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from gasmeter.actors import Operator, Protocol, random_bytes
from gasmeter.chain import Call
from parley.chain.commitments import scores_commitment, update_commitment
from parley.chain.model import Admission, Header, Policy, Role, Settlement, Terms
from parley.numerics.rewards import Account, RewardTree
from parley.numerics.rules import Rule

PARAMS = 4810
DEPTH = 10
ROUNDS = 8
EARNED = 900 * 10**18 + 123_456_789
HASHES_KEPT = 256
"""Blocks after which the chain forgets a hash."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a transaction cost.

    Attributes:
        call: name of the function.
        round_number: in which round; 0 before the first.
        gas: of the whole transaction.
        last: whether it was the last of its phase, which it thereby ended.
    """

    call: str
    round_number: int
    gas: int
    last: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """Who takes part in a federation, one role each; one aggregator, so that every turn is its own."""

    trainers: Sequence[Operator]
    evaluators: Sequence[Operator]
    aggregator: Operator


@dataclass
class Federation:
    """A federation in which everybody acts in every round.

    Attributes:
        protocol: where it lives.
        members: who takes part.
        seats: of its panel; with fewer than evaluators they are drawn, and only those drawn act.
        costs: of every transaction, in order.
    """

    protocol: Protocol
    members: Members
    seats: int
    costs: list[Cost] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._c = self.protocol.contracts
        self._chain = self.protocol.chain
        self._drawn = self.seats < len(self.members.evaluators)
        self._keys = _key_chain(self.seats)
        self._round = 0
        self._ledger: dict[int, Account] = {}
        self._panel: Sequence[Operator] = self.members.evaluators
        federations, sponsor = self._c.federations, self.protocol.sponsor
        self.protocol.send(sponsor, federations, "createFederation", self._terms().to_abi(), self._policy().to_abi())
        self.fid: int = federations.functions.federations().call()
        self.protocol.send(sponsor, self._c.reward_vault, "fund", self.fid, 10**24)
        self._join()

    def open(self) -> None:
        """Open the first round; those after it open as the one before ends."""
        self._each("advance", [self._c_call(self.protocol.sponsor, "advance", self.fid, Header.empty().to_abi())])
        self._round = 1

    def play(self) -> None:
        """Play the round that is open, to its end."""
        self._capture_seed()
        self._train()
        self._score()
        header = self._settle()
        self._chain.wait_until(int(self._c.lens.functions.roundOf(self.fid).call()[9]))
        self._each("advance", [self._c_call(self.protocol.sponsor, "advance", self.fid, header.to_abi())])
        self._round += 1

    def claim(self, call: str, number: int) -> None:
        """Let a trainer claim what it has earned; `number` is its place among the trainers."""
        operator = self.members.trainers[number].address
        index = self._index(operator)
        tree = RewardTree(self._ledger, DEPTH)
        arguments = (self.fid, index, operator, tree.cumulative(index), tree.proof(index))
        vault = self._c.reward_vault
        self._each(call, [self.protocol.call(self.protocol.sponsor, vault, "claim", *arguments)])

    # ------------------------------------------------ membership ------------------------------------------------

    def _terms(self) -> Terms:
        task, model, digest = (random_bytes(what, self.seats) for what in ("task", "model", "digest"))
        token = self.protocol.token.address
        return Terms(token, ROUNDS, PARAMS, 24, DEPTH, Admission.OPEN, task, model, digest, self._keys[0])

    def _policy(self) -> Policy:
        return Policy(
            train=3600,
            reveal=600,
            key=600,
            score_commit=600,
            score_reveal=600,
            settle=600,
            challenge=600,
            supply=600,
            min_trainers=3,
            max_trainers=256,
            seats=self.seats,
            quorum=3,
            reward=1000 * 10**18,
            bond=500 * 10**18,
            rule=Rule.TRIMMED_MEAN,
            trim_bps=2000,
            beta=32_768,
            trainer_stake=100 * 10**18,
            evaluator_stake=100 * 10**18,
            initial_norm=1 << 24,
            aggregator_stake=100 * 10**18,
            clip_slash=50 * 10**18,
            clip=1 << 30,
            trainers_bps=7000,
            evaluators_bps=2000,
        )

    def _join(self) -> None:
        roles = (
            (Role.TRAINER, self.members.trainers),
            (Role.EVALUATOR, self.members.evaluators),
            (Role.AGGREGATOR, [self.members.aggregator]),
        )
        for role, operators in roles:
            calls = [
                self.protocol.call(operator.address, self._c.federations, "join", self.fid, int(role))
                for operator in operators
            ]
            self._each(f"join, {str(role.name).lower()}", calls)

    # -------------------------------------------------- rounds --------------------------------------------------

    def _capture_seed(self) -> None:
        """Mine past the block of the seed.

        Where seats are drawn wait until its hash is gone: the seed that then stands in for it is the same in every run,
        and so is the panel (P-27).
        """
        self._chain.mine(HASHES_KEPT + 3 if self._drawn else 3)
        self._each("captureSeed", [self._c_call(self.protocol.sponsor, "captureSeed", self.fid)])
        if self._drawn:
            seats = {operator: self._seat(operator.address) for operator in self.members.evaluators}
            self._panel = [operator for operator, seat in seats.items() if seat is not None]
            assert len(self._panel) == self.seats

    def _train(self) -> None:
        trainers = self.members.trainers
        self._all("commitUpdate", [self._commit_update(operator) for operator in trainers])
        self._all("revealUpdate", [self._reveal_update(operator) for operator in trainers])
        for operator in trainers if len(trainers) <= HASHES_KEPT // 8 else ():
            before = self._ledger.get(self._index(operator.address), Account(operator.address, 0))
            gain = EARNED // len(trainers)
            self._ledger[self._index(operator.address)] = Account(operator.address, before.cumulative + gain)

    def _score(self) -> None:
        key = self._keys[self._round]
        self._each("openValidation", [self._c_call(self.protocol.sponsor, "openValidation", *self._at, key)])
        self._all("commitScores", [self._commit_scores(operator) for operator in self._panel])
        self._all("revealScores", [self._reveal_scores(operator) for operator in self._panel])

    def _commit_update(self, operator: Operator) -> Call:
        root, digest, salt = self._update(operator)
        commitment = update_commitment(
            chain_id=self.protocol.chain_id,
            coordinator=self._c.coordinator.address,
            fid=self.fid,
            round_number=self._round,
            operator=operator.address,
            root=root,
            cid_digest=digest,
            salt=salt,
        )
        return self._c_call(operator.worker, "commitUpdate", *self._at, commitment)

    def _reveal_update(self, operator: Operator) -> Call:
        return self._c_call(operator.worker, "revealUpdate", *self._at, *self._update(operator))

    def _commit_scores(self, operator: Operator) -> Call:
        vector, salt = self._vector(operator)
        commitment = scores_commitment(
            chain_id=self.protocol.chain_id,
            coordinator=self._c.coordinator.address,
            fid=self.fid,
            round_number=self._round,
            operator=operator.address,
            vector=vector,
            salt=salt,
        )
        return self._c_call(operator.worker, "commitScores", *self._at, commitment)

    def _reveal_scores(self, operator: Operator) -> Call:
        return self._c_call(operator.worker, "revealScores", *self._at, *self._vector(operator))

    def _settlement(self) -> Settlement:
        return Settlement(
            medians=self._random("medians", size=4 * len(self.members.trainers)),
            norm=int.from_bytes(self._random("norm", size=8), "big"),
            earned=EARNED,
            row_root=self._random("rows"),
            model_root=self._random("model"),
            model_digest=self._random("digest"),
            reward_root=RewardTree(self._ledger, DEPTH).root if self._ledger else self._random("rewards"),
        )

    def _settle(self, turn: int = 0) -> Header:
        settlement = self._settlement()
        number, block_hash = self._dear_block()
        worker, posted_at = self.members.aggregator.worker, self._chain.time
        call = self._c_call(worker, "settle", *self._at, turn, settlement.to_abi(), number, block_hash)
        self._each("settle", [call])
        return Header(
            medians_hash=keccak(settlement.medians),
            norm=settlement.norm,
            earned=settlement.earned,
            row_root=settlement.row_root,
            model_root=settlement.model_root,
            model_digest=settlement.model_digest,
            reward_root=settlement.reward_root,
            turn=turn,
            aggregator=self.members.aggregator.address,
            posted_at=posted_at,
        )

    def _dear_block(self) -> tuple[int, bytes]:
        """The youngest block whose hash has no zero byte, which would make calldata cheaper in some runs only."""
        newest = int(self._chain.ask("eth_blockNumber"), 16)
        for number in range(newest, newest - HASHES_KEPT, -1):
            block_hash = bytes.fromhex(self._chain.ask("eth_getBlockByNumber", hex(number), False)["hash"][2:])
            if 0 not in block_hash:
                return number, block_hash
        raise AssertionError("256 hashes with a zero byte each")

    # ------------------------------------------------- plumbing -------------------------------------------------

    @property
    def _at(self) -> tuple[int, int]:
        return self.fid, self._round

    def _random(self, what: str, *, size: int = 32) -> bytes:
        return random_bytes(what, *self._at, size=size)

    def _update(self, operator: Operator) -> tuple[bytes, bytes, bytes]:
        root, digest, salt = (
            random_bytes(what, operator.address, *self._at) for what in ("root", "cid", "update salt")
        )
        return root, digest, salt

    def _vector(self, operator: Operator) -> tuple[bytes, bytes]:
        label = (operator.address, *self._at)
        size = 8 + 4 * len(self.members.trainers)
        return random_bytes("vector", *label, size=size), random_bytes("score salt", *label)

    def _c_call(self, sender: str, name: str, *arguments: object) -> Call:
        return self.protocol.call(sender, self._c.coordinator, name, *arguments)

    def _index(self, operator: str) -> int:
        return int(self._c.lens.functions.memberOf(self.fid, operator).call()[2])

    def _seat(self, operator: str) -> int | None:
        member = self._c.lens.functions.memberOf(self.fid, operator).call()
        return int(member[7]) if member[6] else None

    def _all(self, name: str, calls: Sequence[Call]) -> None:
        """Send what ends a phase once all have acted: all but the last in one block, the last in another."""
        self._each(name, calls[:-1])
        (receipt,) = self._chain.send(calls[-1:])
        self.costs.append(Cost(name, self._round, receipt.gas, last=True))

    def _each(self, name: str, calls: Sequence[Call]) -> None:
        self.costs += [Cost(name, self._round, receipt.gas) for receipt in self._chain.send(calls)]


def _key_chain(label: int) -> list[bytes]:
    """k_0 to k_ROUNDS; each but the last is the hash of the next (P-24)."""
    links = [random_bytes("last key", label)]
    while len(links) <= ROUNDS:
        links.append(keccak(links[-1]))
    return links[::-1]
