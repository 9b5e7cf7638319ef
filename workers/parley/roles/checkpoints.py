"""Where a trainer's worker writes down its training of each round, beside its drafts (F-53).

Files are named by round, never by anything a peer sent (P-20). What they hold says itself which training it is of.
"""

from __future__ import annotations

from pathlib import Path

from parley.roles.worker import Log
from parley.tasks.journal import TrainingJournal


class Checkpoints:
    """One worker's checkpoints in a folder.

    Args:
        folder: where they lie; made with the first. `None`: none are written, and a killed training begins anew.
        seconds: between two checkpoints of a training; 0: after every step.
    """

    def __init__(self, folder: Path | None = None, seconds: float = 10.0) -> None:
        self._folder = folder
        self._seconds = seconds

    def journal(self, round_number: int, log: Log) -> TrainingJournal:
        """That of one round's training; `log` is told why a checkpoint was not used or not written."""
        if round_number < 0:
            raise ValueError(f"rounds are not negative, {round_number} is")
        return TrainingJournal(
            None if self._folder is None else self._folder / f"{round_number}.checkpoint",
            seconds=self._seconds,
            warn=lambda reason: log.warning("checkpoint", reason=reason, round=round_number),
        )

    def forget_before(self, round_number: int) -> None:
        """Delete those of all rounds before this one, and what was left of one half-written."""
        if self._folder is None:
            return
        # a scratch file is called .<name>.<random>.part
        for path in [*self._folder.glob("*.checkpoint"), *self._folder.glob(".*.checkpoint.*.part")]:
            number = path.name.removeprefix(".").partition(".")[0]
            if number.isdigit() and int(number) < round_number:
                path.unlink(missing_ok=True)
