"""Who takes part in the demo, and where everything lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from parley.chain.model import Role
from parley.errors import ConfigError

StoreKind = Literal["file", "kubo"]

FREE_RIDER = "free-rider"
SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class Player:
    """One operator of the demo.

    Attributes:
        name: of its key, its folder and its log.
        role: what it joins as; `None` for the sponsor, which does not join.
        shard: which part of the training data it owns, `None` if it has none.
    """

    name: str
    role: Role | None
    shard: int | None = None


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The demo's cast and scale.

    Attributes:
        folder: where keys, data, logs and results go; emptied at the start.
        rounds: how many rounds are played.
        trainers: honest trainers, each with a private shard.
        evaluators: panel of judges, at least 3.
        aggregators: at least 1.
        task: a built-in task.
        alpha: of the Dirichlet distribution that skews the shards; smaller is more skewed.
        seed: of data split, genesis model and shards.
        store: a shared folder, or a Kubo daemon of one's own.
        keep: leave chain and store running at the end.
    """

    folder: Path
    rounds: int = 5
    trainers: int = 5
    evaluators: int = 3
    aggregators: int = 2
    task: str = "digits"
    alpha: float = 0.5
    seed: int = 0
    store: StoreKind = "file"
    keep: bool = False

    def __post_init__(self) -> None:
        """Refuse a cast that cannot play."""
        if not 3 <= self.trainers <= 64:
            raise ConfigError(f"a demo has 3 to 64 trainers, not {self.trainers}", hint="choose --trainers 5")
        if not 3 <= self.evaluators <= 16 or not 1 <= self.aggregators <= 8:
            raise ConfigError("a demo has 3 to 16 evaluators and 1 to 8 aggregators")
        if not 1 <= self.rounds <= 100:
            raise ConfigError(f"a demo has 1 to 100 rounds, not {self.rounds}", hint="choose --rounds 5")

    @property
    def players(self) -> tuple[Player, ...]:
        """Everybody, the sponsor first."""
        return (
            Player(SPONSOR, None),
            *(Player(f"trainer-{i + 1}", Role.TRAINER, i) for i in range(self.trainers)),
            Player(FREE_RIDER, Role.TRAINER),
            *(Player(f"evaluator-{i + 1}", Role.EVALUATOR) for i in range(self.evaluators)),
            *(Player(f"aggregator-{i + 1}", Role.AGGREGATOR) for i in range(self.aggregators)),
        )

    def home(self, player: Player) -> Path:
        """A player's own folder: configuration, key, data, drafts, log."""
        return self.folder / "players" / player.name
