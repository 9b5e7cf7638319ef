"""Who takes part in the demo, and where everything lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from parley.chain.model import Role
from parley.cli.actions.plan import PolicyPlan
from parley.cli.demo.attacks.registry import ATTACKS, Attack, Data, Kind, Part, Scale
from parley.errors import ConfigError

StoreKind = Literal["file", "kubo"]

FREE_RIDER = "free-rider"
SPONSOR = "sponsor"

MAX_NODES = 16

USUAL = Scale(rounds=5, trainers=5, evaluators=3, aggregators=2)
"""Of a demo without an attack."""


@dataclass(frozen=True, slots=True)
class Player:
    """One operator of the demo.

    Attributes:
        name: of its key, its folder and its log.
        kind: what it does.
        shard: which part of the training data it owns, `None` if it has none.
        part: what it does otherwise than its kind should; `None` for the honest.
        place: among those who play the same part, from 0.
    """

    name: str
    kind: Kind
    shard: int | None = None
    part: Part | None = None
    place: int = 0

    @property
    def role(self) -> Role | None:
        """What it joins as; `None` for sponsor and watchers, who do not join."""
        return None if self.kind in ("sponsor", "watcher") else Role[self.kind.upper()]


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The demo's cast and scale.

    Attributes:
        folder: where keys, data, logs and results go; emptied at the start.
        rounds: how many rounds are played.
        trainers: honest trainers, each with a private shard.
        evaluators: honest judges, at least 3.
        aggregators: honest ones, at least 1.
        task: a built-in task.
        alpha: of the Dirichlet distribution that skews the shards; smaller is more skewed.
        seed: of data split, genesis model and shards.
        store: a shared folder, or Kubo nodes of the demo's own.
        nodes: how many Kubo nodes; the players are spread over them.
        keep: leave chain and store running at the end.
        page: show it on Parley's own page.
        attack: played by further players; `None` for one free rider and no verdict.
        variant: of the attack; empty where there is only one.
        policy: what it says otherwise than the default.
    """

    folder: Path
    rounds: int = USUAL.rounds
    trainers: int = USUAL.trainers
    evaluators: int = USUAL.evaluators
    aggregators: int = USUAL.aggregators
    task: str = "digits"
    alpha: float = 0.5
    seed: int = 0
    store: StoreKind = "file"
    nodes: int = 1
    keep: bool = False
    page: bool = False
    attack: Attack | None = None
    variant: str = ""
    policy: PolicyPlan = field(default_factory=PolicyPlan)

    def __post_init__(self) -> None:
        """Refuse a cast that cannot play."""
        if not 3 <= self.trainers <= 64:
            raise ConfigError(f"a demo has 3 to 64 trainers, not {self.trainers}", hint="choose --trainers 5")
        if not 3 <= self.evaluators <= 16 or not 1 <= self.aggregators <= 8:
            raise ConfigError("a demo has 3 to 16 evaluators and 1 to 8 aggregators")
        if not 1 <= self.nodes <= MAX_NODES or (self.nodes > 1 and self.store != "kubo"):
            raise ConfigError(
                f"a demo has 1 to {MAX_NODES} nodes, and more than one only of Kubo", hint="add --store kubo"
            )
        if not 1 <= self.rounds <= 100:
            raise ConfigError(f"a demo has 1 to 100 rounds, not {self.rounds}", hint="choose --rounds 5")
        if self.attack is not None and self.attack.tasks and self.task not in self.attack.tasks:
            raise ConfigError(
                f"{self.attack.name} cannot be played on {self.task}", hint=f"choose --task {self.attack.tasks[0]}"
            )

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the attackers play; without an attack a free rider joins."""
        return ATTACKS[FREE_RIDER].parts if self.attack is None else self.attack.parts

    @property
    def players(self) -> tuple[Player, ...]:
        """Everybody, the sponsor first."""
        silent = next((part for part in self.parts if part.kind == "sponsor"), None)
        watchers = 0 if self.attack is None else self.attack.watchers
        return (
            Player(SPONSOR, "sponsor", part=silent),
            *(Player(f"trainer-{i + 1}", "trainer", i) for i in range(self.trainers)),
            *(Player(f"evaluator-{i + 1}", "evaluator") for i in range(self.evaluators)),
            *(Player(f"aggregator-{i + 1}", "aggregator") for i in range(self.aggregators)),
            *self._attackers(),
            *(Player(f"watcher-{i + 1}", "watcher") for i in range(watchers)),
        )

    @property
    def honest(self) -> tuple[Player, ...]:
        """The trainers whose data the baselines are trained on."""
        return tuple(player for player in self.players if player.kind == "trainer" and player.part is None)

    @property
    def shards(self) -> int:
        """Parts that the training data are cut into."""
        return 1 + max(player.shard for player in self.players if player.shard is not None)

    def home(self, name: str) -> Path:
        """A player's own folder: configuration, key, data, drafts, log."""
        return self.folder / "players" / name

    def _attackers(self) -> Iterator[Player]:
        """Those who join; each is named after what it does."""
        next_shard = self.trainers
        for part in self.parts:
            if part.kind == "sponsor":
                continue
            for place in range(part.count):
                shard = None if part.data is Data.NONE else next_shard
                yield Player(self._name(part, place), part.kind, shard, part, place)
                next_shard += part.data is Data.OWN
            next_shard += part.data is Data.SHARED

    def _name(self, part: Part, place: int) -> str:
        twice = sum(other.behaviour == part.behaviour for other in self.parts) > 1
        name = f"{part.behaviour}-{part.kind}" if twice else part.behaviour
        return name if part.count == 1 else f"{name}-{place + 1}"
