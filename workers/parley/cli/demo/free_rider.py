"""A trainer that owns no data and trains nothing: it sends noise as small as an update, and hopes to be paid.

Runs as `python -m parley.cli.demo.free_rider CONFIG`, with the configuration of an honest trainer.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from parley.chain.view import View
from parley.numerics.fixed_point import Quantised, quantise
from parley.numerics.keccak import keccak256
from parley.roles.trainer import Trainer
from parley.tasks.dataset import Dataset

SIZE = 1e-3
"""Standard deviation of each parameter of its update, in units of the model's parameters."""


class FreeRider(Trainer):
    """A trainer in all but the training."""

    def update(self, view: View) -> Quantised:
        """Gaussian noise, another one in every round, the same after a restart."""
        seed = int.from_bytes(keccak256(self._salt(view) + b"noise")[:7], "big")
        noise = np.random.default_rng(seed).normal(0.0, SIZE, view.terms.params)
        return quantise(noise, view.terms.frac_bits, view.policy.clip)


def main(config: Path) -> None:
    """Run until SIGTERM, as `parley trainer run` does."""
    from parley.cli.actions.workers import make_worker, task_document
    from parley.cli.commands.run import equipment_of, run_role
    from parley.cli.session import Session
    from parley.roles.shards import OpenedShards
    from parley.tasks.loading import load_task

    session = Session(config=config)
    equipment = equipment_of(session)
    worker = make_worker(equipment, "trainer")
    document = task_document(equipment.store, worker.reader.terms.task_digest)
    schema = document.data_schema
    nothing = Dataset(np.zeros((1, *schema.features), np.float32), np.zeros(1, np.int64), schema)
    rider = FreeRider(worker, load_task(document), nothing, OpenedShards(equipment.store, document, worker.log))
    run_role(session, rider)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
