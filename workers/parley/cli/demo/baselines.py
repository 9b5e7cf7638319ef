"""What the federation is compared with: every trainer alone, and all data in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Task, Vector


@dataclass(frozen=True, slots=True)
class Baselines:
    """Accuracy on test data, after as many epochs as a trainer does in all rounds together.

    Attributes:
        alone: by trainer, on its own shard.
        together: on all shards in one place, which privacy forbids.
    """

    alone: Mapping[str, float]
    together: float


def measure(task: Task, shards: Mapping[str, Dataset], test: Dataset, rounds: int, seed: int) -> Baselines:
    """Train the baselines.

    Args:
        task: what is trained.
        shards: private training data by trainer.
        test: data that nobody trains on.
        rounds: of the federation; each is `task.hyper.epochs` epochs.
        seed: of the genesis model and the order of samples.
    """
    genesis = task.init(seed)
    hyper = task.hyper.model_copy(update={"epochs": task.hyper.epochs * rounds})

    def accuracy(data: Dataset) -> float:
        trained: Vector = task.train(genesis, data, seed=seed, hyper=hyper)
        return task.metric(trained, test)

    first, *others = shards.values()
    return Baselines({name: accuracy(shard) for name, shard in shards.items()}, accuracy(first.joined(others)))
