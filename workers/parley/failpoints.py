"""Named places at which a test kills the process: `PARLEY_FAILPOINT=after_send`, `after_send:3` at the third passage.

A leaf module. Without the variable `failpoint` does nothing. With it the process dies as by `kill -9`: nothing is
flushed, no handler runs (P-18).
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from enum import StrEnum

VARIABLE = "PARLEY_FAILPOINT"

_passed: Counter[str] = Counter()


class Failpoint(StrEnum):
    """Where a process can be killed."""

    IN_TRAINING = "in_training"
    """After a checkpoint was written."""
    AFTER_TRAIN = "after_train"
    """The update is computed, nothing of it is on disk."""
    AFTER_DRAFT = "after_draft"
    """The update or the scores are on disk, nothing is sent."""
    AFTER_JOURNAL = "after_journal"
    """A transaction is signed and in the journal, not sent."""
    AFTER_SEND = "after_send"
    """A transaction is sent; what came of it is unknown."""
    AFTER_CONFIRMATION = "after_confirmation"
    """A transaction is confirmed; the journal does not know yet."""
    AFTER_UPLOAD = "after_upload"
    """The update is in the store, not revealed."""
    IN_PARSING = "in_parsing"
    """Content of a peer is being read."""
    IN_AUDIT = "in_audit"
    """A round was audited and is in the audit's journal."""


def failpoint(name: Failpoint) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    _passed[name] += 1
    point, _, passage = wanted.partition(":")
    if point == name and _passed[name] == int(passage or 1):
        os.kill(os.getpid(), signal.SIGKILL)
