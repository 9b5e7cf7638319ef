"""The chaos run: a federation of real processes, a seeded monkey that breaks things, and what must hold afterwards.

`events` and `schedule` say what is broken when, as data; `crew`, `chain`, `nodes` and `monkey` do it; `history` is what
is known in the end, `verifiers` judge it, `report` tells.
"""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)  # the fault kit is the tests': `tests.faults`
