"""The parts of `scripts/bench.py`: what each measures, beside what, and how."""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)  # synthetic histories are the tests': `tests.explorer.histories`
