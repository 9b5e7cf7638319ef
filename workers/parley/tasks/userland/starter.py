"""What `parley task new` writes: a task that works as it is, on data that ship with scikit-learn."""

from __future__ import annotations

import re

from parley.tasks.errors import DocumentError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")

_CODE = '''"""The task "@NAME@": change build() and the data, and it is yours.

Try it as it is:

    python @STEM@.py                                       # writes @STEM@.npz, 150 iris flowers
    parley task check @STEM@.toml --data @STEM@.npz        # runs one local round

All members of a federation run this very file: Parley compares its SHA-256 with the task document on IPFS.
"""

from pathlib import Path

import torch
from torch import nn

from parley.tasks.dataset import DataSchema
from parley.tasks.protocol import Hyper
from parley.tasks.torch_task import TorchTask


class MyTask(TorchTask):
    """Classifies samples. TorchTask brings training, losses and accuracy; override what should differ.

    Its training is written to disk as it goes, so that a worker that was killed goes on where it was. A train() of your
    own may do so too: see parley.tasks.journal.ResumableTask.
    """

    def build(self) -> nn.Module:
        """A fresh module: float32 samples (n, *features) to logits (n, classes)."""
        (inputs,) = self.schema.features
        width = int(self.hyper.options.get("width", 16))
        return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, self.schema.classes))

    def sample_losses(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The loss of each sample, shape (n,); never their mean, for evaluators compare sample by sample."""
        return nn.functional.cross_entropy(outputs, y, reduction="none")


def make_task(schema: DataSchema, hyper: Hyper) -> MyTask:
    """What Parley calls, with the numbers of the task document."""
    return MyTask(schema, hyper)


def write_example_data(path: Path) -> None:
    """A private data set is an .npz of X, (n, *features) real numbers, and y, (n,) labels from 0; nothing else."""
    import numpy as np
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    np.savez(path, X=((X - 4.0) / 2.0).astype("float32"), y=y)


if __name__ == "__main__":
    write_example_data(Path(__file__).with_suffix(".npz"))
'''

_SETTINGS = """# The numbers of the task "@NAME@". They become part of the task document.
name = "@NAME@"
file = "@STEM@.py"

[data_schema]
features = [4]           # shape of one sample
classes = 3              # labels are 0 to 2
bound = 100.0            # the largest absolute value of a feature; larger ones are refused

[hyper]                  # local training, once a round
epochs = 10
batch_size = 8
learning_rate = 0.1
momentum = 0.0
weight_decay = 0.0

[hyper.options]          # whatever your code reads from self.hyper.options
width = 16

[fixed_point]            # `parley task check` measures what fits
frac_bits = 24           # steps of 2^-24, values to +-128
clip = 8.0               # the largest change of one parameter in a round
initial_norm = 2.0       # the usual length of a trainer's first update
"""


def template(name: str = "my-task") -> dict[str, str]:
    """The files of a new task, by name.

    Args:
        name: of the task: a lower-case letter, then letters, digits and hyphens; in file names hyphens become
        underscores.

    Raises:
        DocumentError: the name is none.
    """
    if not _NAME.fullmatch(name):
        raise DocumentError(f"{name!r:.80} is no name of a task", hint="use lower-case letters, digits and hyphens")
    stem = name.replace("-", "_")
    files = {f"{stem}.py": _CODE, f"{stem}.toml": _SETTINGS}
    return {file: text.replace("@NAME@", name).replace("@STEM@", stem) for file, text in files.items()}
