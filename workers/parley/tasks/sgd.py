"""Stochastic gradient descent with momentum, as a state that can be written down between two steps.

Importing this module imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from parley.tasks.journal import Progress
from parley.tasks.protocol import Hyper, Start


@dataclass(slots=True)
class Descent:
    """Where the descent is.

    Attributes:
        vector: the model, float32 of shape (P,).
        velocity: of the momentum, likewise.
        epoch: epochs that are finished.
        step: steps of this epoch that are begun.
        order: state of torch's generator when this epoch's order of samples was drawn, bytes.
        random: the same now.
    """

    vector: Tensor
    velocity: Tensor
    epoch: int
    step: int
    order: Tensor
    random: Tensor

    @classmethod
    def fresh(cls, start: Start) -> Self:
        """At the start, with torch's generator as it is now."""
        vector, random = torch.tensor(start, dtype=torch.float32), torch.get_rng_state()
        return cls(vector, torch.zeros_like(vector), 0, 0, random, random)

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """Where `progress` says."""
        # torch's own memory each time: the same alignment gives the same bits
        tensors = {name: torch.tensor(array) for name, array in progress.tensors.items()}
        return cls(epoch=progress.epoch, step=progress.step, **tensors)

    def progress(self) -> Progress:
        """What a checkpoint holds: arrays that share memory with this state, but for the generator's."""
        kept = {"vector": self.vector, "velocity": self.velocity, "order": self.order, "random": torch.get_rng_state()}
        return Progress(self.epoch, self.step, {name: tensor.numpy() for name, tensor in kept.items()})

    def batches(self, samples: int, hyper: Hyper) -> Iterator[Tensor]:
        """Indices of each remaining step's samples: every epoch in a new random order.

        All random numbers come from torch's default generator, whose state this sets.
        """
        torch.set_rng_state(self.order)
        while self.epoch < hyper.epochs:
            self.order = torch.get_rng_state()
            batches = torch.split(torch.randperm(samples), hyper.batch_size)
            if self.step:
                torch.set_rng_state(self.random)
            for batch in batches[self.step :]:
                self.step += 1
                yield batch
            self.epoch, self.step = self.epoch + 1, 0

    def descend(self, gradient: Tensor, hyper: Hyper) -> None:
        """One step; `gradient` is used up."""
        self.velocity.mul_(hyper.momentum).add_(gradient.add_(self.vector, alpha=hyper.weight_decay))
        self.vector.sub_(self.velocity, alpha=hyper.learning_rate)
