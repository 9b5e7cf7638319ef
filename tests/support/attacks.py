"""Attacks in one process: real Anvil, real contracts, real torch, the attackers' own code, the test's clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from parley.chain.model import Phase
from parley.chain.view import View
from parley.cli.demo.attacks.behaviours import Script, disguised
from parley.cli.demo.attacks.registry import Attack, Data, Kind, Part
from parley.cli.demo.attacks.verdict import Standing, Verdict, pools_of, value_of, wealth
from parley.cli.demo.audit import Check, check_books
from parley.numerics.fixed_point import dequantise
from parley.numerics.rewards import RewardTree
from parley.roles.trainer import Trainer
from parley.tasks.builtin import builtin
from parley.tasks.partition import dirichlet, take
from parley.tasks.simulate import Config, Played, federate
from parley.tasks.simulation.attackers.poison import success
from tests.roles.watching import watching
from tests.support.anvil import AnvilNode
from tests.support.federation import DEPOSIT, FUNDED, ROUNDS, Town, build, default_policy

SEED = 11
"""Of data, shards and genesis model: not the one whose runs were seen when tolerances were chosen."""

TICK = 30
"""Seconds to jump where nobody has anything to do: half a window of the shortest phases."""


@dataclass(frozen=True)
class Assigned:
    """Who plays what.

    Attributes:
        worker: its name in the town.
        part: what it plays.
        place: among those who play the same part.
        shard: which part of the training data it owns, or `None`.
    """

    worker: str
    part: Part
    place: int
    shard: int | None


@dataclass
class Arena:
    """A town with attackers in it.

    Attributes:
        node: the chain.
        attack: what they play.
        variant: of it.
        rounds: how many.
        town: everybody.
        assigned: the attackers but a sponsor.
    """

    node: AnvilNode
    attack: Attack
    variant: str
    rounds: int
    town: Town
    assigned: tuple[Assigned, ...]

    @staticmethod
    def kind_of(worker: str) -> Kind:
        """What somebody does."""
        kind: Kind = worker.partition("-")[0]  # type: ignore[assignment]
        return kind

    def play(self) -> View:
        """Disguise the attackers and play all rounds."""
        for part in self.attack.parts:
            if part.kind == "sponsor":
                self._disguise("sponsor", part, 0)
        if self.attack.watchers:
            watching(self.town, self.node)
        if all(one.part.kind == "aggregator" for one in self.assigned) and self.assigned:
            self._give_first_turns()
        for one in self.assigned:
            self._disguise(one.worker, one.part, one.place)
        return [self._until_final(count) for count in range(1, self.rounds + 1)][-1]

    def _until_final(self, count: int) -> View:
        return self.town.play_until(lambda view: len(view.final_records()) >= count, tick=TICK)

    def _give_first_turns(self) -> None:
        """Let those whose turns come first in round 1 be the attackers: who settles is drawn (P-27)."""
        others = [name for name in self.town.workers if self.kind_of(name) != "aggregator"]
        view = self.town.play_until(lambda v: v.phase == Phase.SETTLE and bool(v.turns), *others)
        position = {
            self.town.view(name).me.aggregator_position: name
            for name in self.town.workers
            if self.kind_of(name) == "aggregator"
        }
        order = list(dict.fromkeys(position[turn] for turn in view.turns))
        self.assigned = tuple(replace(one, worker=name) for one, name in zip(self.assigned, order, strict=False))

    def _disguise(self, worker: str, part: Part, place: int) -> None:
        allies = {self.town.senders[one.worker].address: one.part.kind for one in self.assigned}
        script = Script(part.behaviour, part.kind, place, self.variant, allies)
        self.town.workers[worker] = disguised(self.town.workers[worker], script)

    def claim_all(self, view: View) -> dict[str, int]:
        """Everybody is paid; what each operator earned, wei."""
        town = self.town
        ledger = town.workers["sponsor"].worker.books.ledger(view)
        tree = RewardTree(ledger, view.terms.reward_depth)
        for index, account in ledger.items():
            if account.cumulative:
                call = town.contracts.reward_vault.functions.claim(
                    town.fid, index, account.operator, account.cumulative, tree.proof(index)
                )
                town.senders["sponsor"].send(call)
        return {account.operator: account.cumulative for account in ledger.values()}

    def check(self, earned: dict[str, int]) -> tuple[Check, ...]:
        """The books, after all claims."""
        town = self.town
        assert town.contracts.token is not None
        operators = [role.worker.address for role in town.workers.values()]
        return check_books(town.contracts, town.contracts.token, town.fid, operators, funded=FUNDED, earned=earned)

    def weigh(self, view: View, earned: dict[str, int]) -> Verdict:
        """What the attack came to, after all claims."""
        town, task = self.town, builtin(self.town.document.name).task()
        standings = tuple(self._standing(name, earned) for name in town.workers if name != "sponsor")
        final = view.final_records()
        clean = self._without(len(final))[-1]
        q = town.workers["sponsor"].worker.library.get(view.federation.model_root, view.model_digest())
        model = dequantise(q, view.terms.frac_bits)
        pools = pools_of(view.policies[record.version] for record in final)
        backdoor = self.attack.bound.success is not None
        return Verdict(
            attack=self.attack,
            variant=self.variant,
            standings=standings,
            value=value_of(self.attack, standings, pools, sum(earned.values())),
            accuracy=task.metric(model, town.splits.test),
            honest_accuracy=clean.accuracy,
            success=success(task, model, town.splits.test) if backdoor else None,
        )

    def _standing(self, name: str, earned: dict[str, int]) -> Standing:
        town = self.town
        assert town.contracts.token is not None
        operator = town.workers[name].worker.address
        brought = 0 if self.kind_of(name) == "watcher" else DEPOSIT
        net = wealth(town.contracts, town.contracts.token, operator) - brought
        attacks = any(one.worker == name for one in self.assigned)
        return Standing(name, self.kind_of(name), attacks, earned.get(operator, 0), net)

    def _without(self, rounds: int) -> list[Played]:
        """The same federation without attackers, simulated."""
        return federate(
            Config(
                task=self.town.document.name,
                seed=SEED,
                trainers=_shards(self.attack, self.assigned),
                evaluators=self.attack.scale.evaluators,
                rounds=rounds,
                planned_rounds=ROUNDS,
            )
        )


def assigned(attack: Attack) -> tuple[Assigned, ...]:
    """The attackers, behind the honest ones of their kind."""
    honest = {
        "trainer": attack.scale.trainers,
        "evaluator": attack.scale.evaluators,
        "aggregator": attack.scale.aggregators,
    }
    shard, found = attack.scale.trainers, []
    for part in attack.parts:
        if part.kind == "sponsor":
            continue
        for place in range(part.count):
            own = None if part.data is Data.NONE else shard
            found.append(Assigned(f"{part.kind}-{honest[part.kind]}", part, place, own))
            honest[part.kind] += 1
            shard += part.data is Data.OWN
        shard += part.data is Data.SHARED
    return tuple(found)


def _shards(attack: Attack, who: tuple[Assigned, ...]) -> int:
    return 1 + max([attack.scale.trainers - 1, *(one.shard for one in who if one.shard is not None)])


def arena(
    node: AnvilNode, folder: Path, attack: Attack, variant: str, *, task_name: str = "digits", rounds: int | None = None
) -> Arena:
    """A federation up to its first round, with all parts assigned and nobody disguised yet."""
    who = assigned(attack)
    norm = round(builtin(task_name).fixed_point.initial_norm * 2**24)
    counts = {kind: sum(one.part.kind == kind for one in who) for kind in ("trainer", "evaluator", "aggregator")}
    town = build(
        node,
        folder,
        trainers=attack.scale.trainers + counts["trainer"],
        evaluators=attack.scale.evaluators + counts["evaluator"],
        aggregators=attack.scale.aggregators + counts["aggregator"],
        policy=default_policy(seats=attack.seats or 5, initial_norm=norm),
        task_name=task_name,
        seed=SEED,
    )
    _deal(town, attack, who)
    return Arena(node, attack, variant, rounds or attack.scale.rounds, town, who)


def _deal(town: Town, attack: Attack, who: tuple[Assigned, ...]) -> None:
    """Give the training data to whoever is to own some; the others keep one sample, which they do not use."""
    parts = _shards(attack, who)
    shards = take(town.splits.train, dirichlet(town.splits.train.y, parts, SEED))
    owned = {f"trainer-{i}": i for i in range(attack.scale.trainers)} | {one.worker: one.shard for one in who}
    for name, role in town.workers.items():
        if isinstance(role, Trainer):
            shard = owned[name]
            data = role.data.take(role.data.y[:1] * 0) if shard is None else shards[shard]
            town.workers[name] = replace(role, data=data)
