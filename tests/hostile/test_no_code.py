"""F-82: nothing that a peer sends is ever executed, and nothing that could do so gets past the linter."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from parley.errors import ParleyError
from tests.hostile.crafted.code import PICKLE, archive, described, object_array, torch_file
from tests.hostile.parsers import PARSERS

ROOT = Path(__file__).parents[2]


def carriers(payload: bytes) -> dict[str, bytes]:
    """A pickle in everything that is known to carry one."""
    arrays = {"X.npy": object_array(payload), "y.npy": described("'<i8'", "(1,)", bytes(8))}
    padded = payload.ljust(4032, b"\0")  # as long as an update
    return {
        "bare": payload,
        "as long as an update": padded,
        "array": object_array(payload),
        "data file": archive(arrays),
        "torch": torch_file(payload),
    }


@pytest.mark.integration
def test_parsers__files_that_carry_code__never_run_it(tmp_path: Path) -> None:
    """F-82: offered as an update, a shard, a document, a data file, a checkpoint and all else."""
    canary = tmp_path / "ran"
    payload = PICKLE % str(canary).encode()
    for parser, read in PARSERS.items():
        for name, content in carriers(payload).items():
            # to a model and to medians, bytes of the right length are integers like any others
            with suppress(ParleyError) if parser in ("model", "medians") else pytest.raises(ParleyError):
                read(content)
            assert not canary.exists(), f"{parser} ran what was in {name}"
    # the bait works: who unpickles it runs it
    reader = "import pickle, sys; pickle.loads(sys.stdin.buffer.read())"
    subprocess.run([sys.executable, "-c", reader], input=payload, check=True, timeout=60)
    assert canary.exists()


BANNED = {
    "import pickle\n": "TID251",
    "import pickle\n\npickle.loads(b'')\n": "S301",
    "from pickle import loads\n": "TID251",
    "import marshal\n": "TID251",
    "import shelve\n": "TID251",
    "import joblib\n": "TID251",
    "import dill\n": "TID251",
    "import cloudpickle\n": "TID251",
    "import torch\n\ntorch.load('x')\n": "TID251",
    "from torch import load\n": "TID251",
    "import torch\n\ntorch.save({}, 'x')\n": "TID251",
    "import torch\n\ntorch.jit.load('x')\n": "TID251",
    "import torch\n\ntorch.hub.load('x', 'y')\n": "TID251",
    "import numpy as np\n\nnp.load('x', allow_pickle=True)\n": "TID251",
    "from numpy import load\n": "TID251",
    "import numpy as np\n\nnp.lib.format.read_array(None, allow_pickle=True)\n": "TID251",
    "import pandas as pd\n\npd.read_pickle('x')\n": "S301",
    "import yaml\n\nyaml.load('x', yaml.Loader)\n": "S506",
    "eval('1')\n": "S307",
    "exec('1')\n": "S102",
}
"""Each of them executes what it reads, and the rule that refuses it."""


def findings(source: str, path: str) -> list[str]:
    """The rules that refuse a file of the project with this content."""
    command = [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--stdin-filename", path, "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith(path)]


@pytest.mark.integration
@pytest.mark.parametrize("path", ["workers/parley/roles/new.py", "scripts/new.py", "tests/roles/new.py"])
def test_linter__code_that_executes_what_it_reads__is_refused(path: str) -> None:
    """F-82: with the project's own rules, which CI runs; no folder is exempt."""
    joined = '"""Doc."""\n\n' + "\n".join(BANNED)
    assert findings('"""Doc."""\n', path) == []
    found = findings(joined, path)
    for rule in set(BANNED.values()):
        assert found.count(rule) >= list(BANNED.values()).count(rule), rule


@pytest.mark.integration
@pytest.mark.parametrize(("source", "rule"), BANNED.items())
def test_linter__each_of_them_alone__is_refused(source: str, rule: str) -> None:
    """F-82: by a rule of its own, not by the company it is in."""
    assert rule in findings('"""Doc."""\n\n' + source, "workers/parley/roles/new.py")
