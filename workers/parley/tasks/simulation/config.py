"""The size and settings of a simulated federation."""

from __future__ import annotations

from dataclasses import dataclass

from parley.numerics.rules import Rule
from parley.tasks import partition
from parley.tasks.dataset import Indices, Labels
from parley.tasks.protocol import Hyper


@dataclass(frozen=True)
class Config:
    """A federation. The defaults are those of the demo.

    Attributes:
        task: name of a built-in task.
        seed: decides the data's split, the genesis model and all else that is random.
        trainers: owners of the training data.
        evaluators: honest evaluators that do not train.
        rounds: how many are played.
        planned_rounds: shards that the validation set is cut into; `None` for as many as are played.
        partitioner: how the training data are spread, by name.
        alpha: of the Dirichlet partitioner; small means skewed, down to trainers with one class or two (F-100).
        sealed: each round is judged on a shard that was sealed until then, and trainers mix opened shards into their
            data (P-24); otherwise the whole validation set is public, and judged on, from the start.
        free_riders: participants that send noise.
        hyper: hyper-parameters; `None` for the task's own.
        rule: how updates are combined.
        trim_bps: of the trimmed mean.
        beta: the server's momentum, in 2^-16.
    """

    task: str = "digits"
    seed: int = 0
    trainers: int = 5
    evaluators: int = 3
    rounds: int = 5
    planned_rounds: int | None = None
    partitioner: str = "dirichlet"
    alpha: float = 0.5
    sealed: bool = True
    free_riders: int = 0
    hyper: Hyper | None = None
    rule: Rule = Rule.TRIMMED_MEAN
    trim_bps: int = 2000
    beta: int = 32_768

    def cut(self, y: Labels) -> list[Indices]:
        """The samples of each trainer, from the labels of all training data, shape (n,)."""
        if self.partitioner == "dirichlet":
            return partition.dirichlet(y, self.trainers, self.seed, alpha=self.alpha)
        return partition.PARTITIONERS[self.partitioner](y, self.trainers, self.seed)
