"""The models of the built-in tasks. Importing this module imports torch."""

from __future__ import annotations

from torch import nn

from parley.tasks.torch_task import TorchTask


class Digits(TorchTask):
    """An MLP 64-64-10 on 8x8 pixels: `hidden.weight`, `hidden.bias`, `output.weight`, `output.bias`."""

    def build(self) -> nn.Module:
        """The untrained module."""
        return _perceptron(64, 64, 10)


class BreastCancer(TorchTask):
    """An MLP 30-16-2 on standardised measurements: `hidden.weight`, `hidden.bias`, `output.weight`, `output.bias`."""

    def build(self) -> nn.Module:
        """The untrained module."""
        return _perceptron(30, 16, 2)


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Module:
    """One hidden layer of rectified units."""
    module = nn.Sequential()
    module.add_module("hidden", nn.Linear(inputs, hidden))
    module.add_module("relu", nn.ReLU())
    module.add_module("output", nn.Linear(hidden, outputs))
    return module
