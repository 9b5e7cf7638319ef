"""Section 9: sponsors, aggregators and watchers import neither torch nor scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

LIGHT = (
    "parley.tasks",
    "parley.tasks.builtin",
    "parley.tasks.codec",
    "parley.tasks.data_file",
    "parley.tasks.dataset",
    "parley.tasks.document",
    "parley.tasks.judging",
    "parley.tasks.loading",
    "parley.tasks.partition",
    "parley.tasks.protocol",
    "parley.tasks.shards",
    "parley.tasks.simulate",
    "parley.tasks.userland",
)


def test_import__of_everything_but_models__imports_neither_torch_nor_sklearn() -> None:
    code = f"import sys, {', '.join(LIGHT)}; print(sorted({{'torch', 'sklearn'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")
