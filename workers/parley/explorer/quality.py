"""Model quality over rounds: each final model on its own round's validation shard, which nobody could train on before.

Measured in the background by `parley.explorer.measuring`, a process of its own, and kept in the index.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from parley.explorer.child import Child, MeasuringFailed
from parley.explorer.index import schema
from parley.explorer.index.database import Database
from parley.explorer.index.rows import events_where
from parley.explorer.measuring import Job, Outcome
from parley.explorer.queries import Chain, shard_of
from parley.history.charter import Charter
from parley.tasks.shards import is_key, walk

log = structlog.get_logger(__name__)

MAX_FAILURES = 3
"""So many times the process may die of one model before it is left alone."""

FIRST_RETRY = 30.0
LONGEST_RETRY = 3600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model that is to be measured, or cannot be yet.

    Attributes:
        fid: federation id.
        round: that the model came out of.
        task: CID of the task document.
        model: word root, as the index has it.
        attempts: how often it was tried.
        job: `None` while something is missing; `missing` says what.
    """

    fid: int
    round: int
    task: str
    model: str
    attempts: int
    job: Job | None
    missing: str | None = None


class Quality:
    """Measures final models, the newest first.

    Args:
        database: the index.
        chain: whose index it is.
        stores: addresses of the content stores.
        task_file: one's own copy of the code of a task that is not built in.
        measured: told of each federation and round that has a value now.
    """

    def __init__(
        self,
        database: Database,
        chain: Chain,
        stores: Sequence[str],
        task_file: Path | None,
        measured: Callable[[int, int], None] = lambda _fid, _round: None,
    ) -> None:
        self._database = database
        self._chain = chain
        self._stores = tuple(stores)
        self._task_file = task_file
        self._measured = measured
        self._child = Child()

    def work(self) -> bool:
        """Measure one model that is due; return whether there was one."""
        now = time.time()
        wanted = self._next(now)
        if wanted is None:
            return False
        if wanted.job is None:
            self._keep(wanted, Outcome(problem=wanted.missing), now + FIRST_RETRY, tried=False)
            return True
        try:
            outcome = self._child.ask(wanted.job)
        except MeasuringFailed as error:
            if self._child.stopped:
                return False
            last = wanted.attempts + 1 >= MAX_FAILURES
            self._keep(wanted, Outcome(problem=error.message), None if last else now + FIRST_RETRY)
            return True
        retry = now + min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(wanted.attempts, 16))
        self._keep(wanted, outcome, None if outcome.value is not None else retry)
        if outcome.value is not None:
            self._measured(wanted.fid, wanted.round)
        return True

    def stop(self) -> None:
        """Let what is being measured come to an end, from another thread."""
        self._child.stop()

    def close(self) -> None:
        """End the process."""
        self._child.kill()

    def _next(self, now: float) -> Wanted | None:
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT r.fid, r.round, r.model_root, r.model_digest, f.task, m.attempts FROM rounds r "
                "JOIN federations f ON f.fid = r.fid JOIN texts t ON t.cid = f.task AND t.problem IS NULL "
                "LEFT JOIN measured m ON m.task = f.task AND m.round = r.round AND m.model = r.model_root "
                "WHERE r.state = 'final' AND r.model_root IS NOT NULL AND (m.task IS NULL OR m.due <= ?) "
                "ORDER BY m.attempts IS NOT NULL, r.round DESC, r.fid DESC LIMIT 1",
                (now,),
            ).fetchone()
            return None if row is None else self._wanted(connection, row)

    def _wanted(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Wanted:
        charter = self._chain.charter(connection, row["fid"])
        number, missing, job = row["round"], None, None
        shard = shard_of(connection, charter, row["task"], number)
        key = opened_key(connection, charter, number) if charter.sealed else None
        if shard is None:
            missing = "the task document names no validation shard for this round"
        elif charter.sealed and key is None:
            missing = "its validation shard is not open"
        else:
            job = self._job(row, charter, shard, key)
        return Wanted(row["fid"], number, row["task"], row["model_root"], row["attempts"] or 0, job, missing)

    def _job(self, row: sqlite3.Row, charter: Charter, shard: sqlite3.Row, key: bytes | None) -> Job:
        return Job(
            stores=self._stores,
            task=row["task"],
            task_file=self._task_file,
            shard=shard["cid"],
            shard_size=shard["size"],
            shard_round=shard["round"],
            key=None if key is None else key.hex(),
            params=charter.terms.params,
            frac_bits=charter.terms.frac_bits,
            model_root=row["model_root"][2:],
            model_digest=row["model_digest"][2:],
        )

    def _keep(self, wanted: Wanted, outcome: Outcome, due: float | None, *, tried: bool = True) -> None:
        if outcome.problem is not None:
            log.info("not measured", federation=wanted.fid, round=wanted.round, reason=outcome.problem)
        values = (wanted.task, wanted.round, wanted.model, outcome.value, outcome.problem)
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO measured VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, wanted.attempts + tried, due),
            )
            if outcome.value is not None:
                connection.execute(schema.REVISE, (wanted.fid,))


def opened_key(connection: sqlite3.Connection, charter: Charter, number: int) -> bytes | None:
    """k_r of a round, hashed down from a later one if need be (P-24); `None` while none is open that leads to it."""
    opened = events_where(connection, "e.name = 'ValidationOpened' AND e.fid = ? AND e.round >= ?", charter.fid, number)
    if not opened:
        return None
    nearest = min(opened, key=lambda event: int(event.args["round"]))
    key = walk(nearest.args["key"], nearest.args["round"] - number)
    return key if is_key(key, number, charter.terms.anchor) else None
