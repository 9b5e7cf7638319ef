"""Disputes of settlements of a model of a million parameters: what proofs, demands and answers cost.

Nothing is trained: rows, words and leaves look random, and their siblings do, too. What the contract checks is true:
each hashes up to the root that was posted, revealed or final, and each is wrong in what it is convicted for. Only
scores are as small as a panel's: shares of 10,000 basis points. Proofs cost little more than their calldata (EIP-7623).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gasmeter.actors import Operator, random_bytes
from gasmeter.chain import Call
from gasmeter.play import DEPTH as REWARD_DEPTH
from gasmeter.play import Federation
from parley.chain.commitments import disproof_commitment, settlement_hash
from parley.chain.model import Policy, Settlement, Terms
from parley.numerics.rewards import reward_leaf
from parley.numerics.rows import row_leaf
from parley.numerics.rules import Rule
from parley.numerics.word_tree import WordTree, root_from

DEPTH = 17
PARAMS = 8 << DEPTH
INDEX = 100_001
"""The row and word that proofs are about."""

SLOT = 1
LANE = 5
STRIDE = 8
"""Levels between a demanded node and what is supplied for it (P-22)."""

BASIS = 10_000
ROW_TREE = 0
ETHER = 10**18
CUMULATIVE = 10**20
"""What the evaluator's leaf says in round 1, in units of 10**-18 tokens; in round r r times as much, which is wrong."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A 32-byte leaf and its siblings upwards."""

    leaf: bytes
    path: Sequence[bytes]

    def root(self, index: int) -> bytes:
        """The root they lead to."""
        return root_from(self.leaf, index, self.path)


@dataclass
class Disputed(Federation):
    """A federation whose settlements can be disproved in every way.

    Attributes:
        rule: its aggregation rule.
        prover: who proves; holds a balance in the stake vault.
    """

    rule: Rule = Rule.MEAN
    prover: Operator = field(kw_only=True)

    def __post_init__(self) -> None:
        self._model, self._update_word = (_proven(what) for what in ("model", "update"))
        self._nodes = [random_bytes("node", i) for i in range(1 << STRIDE)]
        super().__post_init__()

    def dispute(self) -> None:
        """Play the open round to a settlement that is not the first of it: one was convicted before."""
        self._capture_seed()
        self._train()
        self._score()
        self._posted = self._settle()
        self._prove(self._median_call())
        self._posted = self._settle(turn=1)

    # ------------------------------------------------- content -------------------------------------------------

    def _terms(self) -> Terms:
        return replace(super()._terms(), params=PARAMS, model_root=self._model.root(INDEX))

    def _policy(self) -> Policy:
        return replace(super()._policy(), rule=self.rule)

    def _update(self, operator: Operator) -> tuple[bytes, bytes, bytes]:
        root, digest, salt = super()._update(operator)
        known = operator is self.members.trainers[SLOT]
        return self._update_word.root(INDEX) if known else root, digest, salt

    def _row(self) -> bytes:
        words = [self._random(f"word {i}") for i in range(len(self.members.trainers) + 3)]
        return b"".join(words)

    def _row_proof(self) -> tuple[Proven, WordTree]:
        """The row's leaf, and the tree of the 256 nodes of which one is above it, eight levels down from a node."""
        sibling, above = random_bytes("sibling"), [random_bytes("above", i) for i in range(DEPTH - 1 - STRIDE)]
        leaf = row_leaf(self._row())
        nodes = list(self._nodes)
        place = (INDEX >> 1) % len(nodes)
        nodes[place] = root_from(leaf, INDEX & 1, [sibling])
        tree = WordTree(b"".join(nodes))
        return Proven(leaf, [sibling, *tree.proof(place), *above]), tree

    def _medians(self) -> bytes:
        n = len(self.members.trainers)
        random = self._random("medians", size=4 * n)
        scores = [1 + int.from_bytes(random[4 * i :][:2], "big") % (2 * BASIS // n) for i in range(n)]
        return b"".join(score.to_bytes(2, "big") + random[4 * i + 2 :][:2] for i, score in enumerate(scores))

    def _settlement(self) -> Settlement:
        evaluator = self.members.evaluators[0].address
        return replace(
            super()._settlement(),
            medians=self._medians(),
            row_root=self._row_proof()[0].root(INDEX),
            model_root=self._model.root(INDEX),
            reward_root=self._reward(self._round).root(self._index(evaluator)),
        )

    def _reward(self, round_number: int) -> Proven:
        """The first evaluator's leaf in a round."""
        leaf = reward_leaf(self.members.evaluators[0].address, round_number * CUMULATIVE)
        return Proven(leaf, [random_bytes("reward", i) for i in range(REWARD_DEPTH)])

    def _vectors(self) -> list[bytes]:
        return [self._vector(operator)[0] for operator in self._panel]

    def _witnesses(self) -> tuple[int, int]:
        """Of the row, by the rule (P-15)."""
        row, medians = self._row(), self._medians()
        n = len(self.members.trainers)
        scaled = sorted(
            (int.from_bytes(row[32 * i + 4 * LANE :][:4], "big") * c >> 16) + (1 << 31) - (c << 15)
            for i, c in ((i, int.from_bytes(medians[4 * i + 2 :][:2], "big") + 1) for i in range(n))
        )
        if self.rule is Rule.MEDIAN:
            return scaled[(n - 1) // 2], 0
        k = n * self._policy().trim_bps // BASIS
        return (scaled[k], scaled[n - 1 - k]) if self.rule is Rule.TRIMMED_MEAN else (0, 0)

    # -------------------------------------------------- calls --------------------------------------------------

    def arithmetic(self) -> int:
        """Gas of `disproveArithmetic` by this rule."""
        lo, hi = self._witnesses()
        path = self._row_proof()[0].path
        return self._measured("disproveArithmetic", self._medians(), self._row(), INDEX, path, LANE, lo, hi)

    def proofs(self) -> dict[str, int]:
        """Gas of every other disproof that depends on the number of trainers."""
        row, path = self._row(), self._row_proof()[0].path
        evaluator, past = self.members.evaluators[0].address, self._reward(self._round - 1)
        index, now = self._index(evaluator), self._reward(self._round)
        cumulative = (self._round - 1) * CUMULATIVE
        reward = (index, evaluator, now.leaf, now.path, cumulative, past.path)
        update, model = self._update_word, self._model
        of_update = (row, INDEX, path, SLOT, update.leaf, update.path)
        return {
            "disproveUpdate": self._measured("disproveUpdate", self._medians(), *of_update),
            "disproveOldModel": self._measured("disproveOldModel", row, INDEX, path, False, model.leaf, model.path),
            "disproveNewModel": self._measured("disproveNewModel", row, INDEX, path, model.leaf, model.path),
            "disproveMedian": self._measured("disproveMedian", self._medians(), self._vectors(), 0),
            "disproveEarned": self._measured("disproveEarned", self._medians(), self._vectors()),
            "disproveReward": self._measured("disproveReward", self._medians(), self._vectors(), reward),
        }

    def fixed(self) -> dict[str, int]:
        """Gas of what costs the same for any number of trainers."""
        return {"commitDisproof": self._commitment_cost(), "disproveClip": self._clip(), **self._demands()}

    def _demands(self) -> dict[str, int]:
        """Gas of a demand and of each thing that may come of it."""
        proven, tree = self._row_proof()
        node = (ROW_TREE, 0, DEPTH - 1 - STRIDE, INDEX >> (1 + STRIDE))
        path = proven.path[1 + STRIDE :]
        content = b"".join(tree.node(STRIDE, i) for i in range(1 << STRIDE))
        header, settlement = self._posted.to_abi(), self._settlement_hash()
        with self._chain.rolled_back():
            demand = self._prover_call("demand", self.fid, header, b"", node, tree.root, path)
            costs = {"demand": self._send(replace(demand, value=ETHER))}
            with self._chain.rolled_back():
                costs["supply, 256 nodes"] = self._send(self._supply(node, content))
            self._chain.wait_until(self._chain.time + self._policy().supply)
            costs["expire"] = self._send(self._prover_call("expire", self.fid, header, node))
            costs["release"] = self._send(self._prover_call("release", self.fid, settlement, node))
            costs["pay"] = self._send(self._prover_call("pay", self.prover.address))
        return costs

    def _supply(self, node: tuple[int, ...], content: bytes) -> Call:
        worker = self.members.aggregator.worker
        return self.protocol.call(worker, self._c.disputes, "supply", self.fid, node, content)

    def _clip(self) -> int:
        word, operator = self._update_word, self.members.trainers[SLOT].address
        call = self._prover_call("disproveClip", self.fid, operator, 8 * INDEX, word.leaf, word.path)
        with self._chain.rolled_back():
            return self._prove(call, subject=word.root(INDEX))

    def _commitment_cost(self) -> int:
        with self._chain.rolled_back():
            return self._send(self._commitment(self._median_call(), self._settlement_hash()))

    # -------------------------------------------------- proving ------------------------------------------------

    def _measured(self, name: str, *arguments: object) -> int:
        """Gas of a disproof; what it changed is undone."""
        call = self._prover_call(name, self.fid, self._posted.to_abi(), *arguments)
        with self._chain.rolled_back():
            return self._prove(call)

    def _median_call(self) -> Call:
        """The norm, shown to be wrong."""
        arguments = (self._medians(), self._vectors(), len(self.members.trainers))
        return self._prover_call("disproveMedian", self.fid, self._posted.to_abi(), *arguments)

    def _prove(self, call: Call, *, subject: bytes | None = None) -> int:
        """Commit to a call and send it a block later; its gas."""
        self._send(self._commitment(call, subject or self._settlement_hash()))
        before = self._free()
        gas = self._send(call)
        assert self._free() > before > 0, "the prover is paid"
        return gas

    def _commitment(self, call: Call, subject: bytes) -> Call:
        data = bytes.fromhex(call.data[2:])
        sender = self.prover.address
        commitment = disproof_commitment(subject=subject, selector=data[:4], arguments=data[4:], sender=sender)
        return self._prover_call("commitDisproof", commitment)

    def _settlement_hash(self) -> bytes:
        return settlement_hash(
            chain_id=self.protocol.chain_id,
            coordinator=self._c.coordinator.address,
            fid=self.fid,
            round_number=self._round,
            header=self._posted,
        )

    def _free(self) -> int:
        token = self.protocol.token.address
        return int(self._c.stake_vault.functions.accountOf(token, self.prover.address).call()[0])

    def _prover_call(self, name: str, *arguments: object) -> Call:
        return self.protocol.call(self.prover.address, self._c.disputes, name, *arguments)

    def _send(self, call: Call) -> int:
        return self._chain.send([call])[0].gas


def _proven(what: str) -> Proven:
    """A word beyond every clip, and siblings."""
    word = b"\xff\xff\xff\xff" + random_bytes(what, "word", size=28)
    return Proven(word, [random_bytes(what, i) for i in range(DEPTH)])
