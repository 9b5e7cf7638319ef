"""A trainer that owns no data and trains nothing: it sends noise as small as an update, and hopes to be paid."""

from __future__ import annotations

import numpy as np

from parley.chain.view import View
from parley.numerics.fixed_point import Quantised, quantise
from parley.numerics.keccak import keccak256
from parley.roles.trainer import Trainer

SIZE = 1e-3
"""Standard deviation of each parameter of its update, in units of the model's parameters."""


class FreeRider(Trainer):
    """A trainer in all but the training."""

    def update(self, view: View) -> Quantised:
        """Gaussian noise, another one in every round, the same after a restart."""
        seed = int.from_bytes(keccak256(self._salt(view) + b"noise")[:7], "big")
        noise = np.random.default_rng(seed).normal(0.0, SIZE, view.terms.params)
        return quantise(noise, view.terms.frac_bits, view.policy.clip)
