"""What the index says: one question each, to a connection of a view that does not change meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from parley.chain.clock import Clock, clock_of
from parley.chain.errors import IncompleteLogs
from parley.chain.events import Event
from parley.chain.model import Phase, Role
from parley.errors import NotFound
from parley.explorer.index.ledger import charter_at
from parley.explorer.index.rows import events_where
from parley.explorer.index.stories import round_events, told_of
from parley.history.charter import Charter
from parley.history.model import Round, State


@dataclass(frozen=True, slots=True)
class Chain:
    """Whose index it is.

    Attributes:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
    """

    chain_id: int
    coordinator: str

    def charter(self, connection: sqlite3.Connection, fid: int) -> Charter:
        """The charter of a federation.

        Raises:
            NotFound: there is none.
        """
        charter = charter_at(connection, self.chain_id, self.coordinator, fid)
        if charter is None:
            raise NotFound(f"there is no federation {fid}", hint="/api/federations lists those that exist")
        return charter


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the newest round stands.

    Attributes:
        state: of the round.
        phase: `None` once it has ended.
        ends: when that phase ends at the latest, or its turn; `None` where only an act ends it.
    """

    state: State
    phase: Phase | None
    ends: int | None


def federation_row(connection: sqlite3.Connection, fid: int) -> sqlite3.Row:
    """A federation's row.

    Raises:
        NotFound: there is none.
    """
    row: sqlite3.Row | None = connection.execute("SELECT * FROM federations WHERE fid = ?", (fid,)).fetchone()
    if row is None:
        raise NotFound(f"there is no federation {fid}", hint="/api/federations lists those that exist")
    return row


def roster_counts(connection: sqlite3.Connection, fid: int) -> dict[Role, int]:
    """How many members there are now, by role."""
    rows = connection.execute(
        "SELECT roles, COUNT(*) AS count FROM members WHERE fid = ? AND until IS NULL AND roles > 0 GROUP BY roles",
        (fid,),
    ).fetchall()
    return {role: sum(row["count"] for row in rows if row["roles"] & role) for role in Role}


def standing_of(connection: sqlite3.Connection, chain: Chain, fid: int, number: int, now: int) -> Standing:
    """Where a round stands at `now`, chain seconds.

    Raises:
        NotFound: there is no such round.
    """
    ended = connection.execute("SELECT state FROM rounds WHERE fid = ? AND round = ?", (fid, number)).fetchone()
    if ended is not None:
        return Standing(State(ended["state"]), None, None)
    clock = _clock(connection, chain, fid, number)
    return (
        Standing(State.OPEN, clock.phase(now), clock.phase_end(now)) if clock.live else Standing(State.OPEN, None, None)
    )


def open_round(
    connection: sqlite3.Connection, chain: Chain, fid: int, number: int, now: int
) -> tuple[Round, list[Event]]:
    """The story so far of a round that has not ended, and its events.

    Raises:
        NotFound: there is no such round.
        IncompleteLogs: its events do not fit together.
    """
    events = round_events(connection, fid, number)
    if not events:
        raise _no_round(fid, number)
    return told_of(chain.charter(connection, fid), events, fid, number, now), events


def texts_of(connection: sqlite3.Connection, cids: Iterable[str | None]) -> dict[str, sqlite3.Row]:
    """What is known of some documents, by CID."""
    wanted = {cid for cid in cids if cid is not None}
    marks = ", ".join("?" * len(wanted))
    return {row["cid"]: row for row in connection.execute(f"SELECT * FROM texts WHERE cid IN ({marks})", [*wanted])}


def names_of(connection: sqlite3.Connection, operators: Iterable[str]) -> dict[str, str]:
    """The names that some operators gave themselves, by address; those without one are left out. Foreign text."""
    wanted = list(dict.fromkeys(operators))
    marks = ", ".join("?" * len(wanted))
    rows = connection.execute(
        "SELECT o.operator, t.title FROM operators o JOIN texts t ON t.cid = o.metadata "
        f"WHERE o.operator IN ({marks}) AND t.title IS NOT NULL",
        wanted,
    )
    return {row["operator"]: row["title"] for row in rows}


def qualities_of(connection: sqlite3.Connection, fid: int, low: int, high: int) -> dict[int, float]:
    """The metric of the models of some final rounds, by round."""
    rows = connection.execute(
        "SELECT r.round, m.value FROM rounds r JOIN federations f ON f.fid = r.fid "
        "JOIN measured m ON m.task = f.task AND m.round = r.round AND m.model = r.model_root "
        "WHERE r.fid = ? AND r.round BETWEEN ? AND ? AND m.value IS NOT NULL",
        (fid, low, high),
    )
    return {row["round"]: row["value"] for row in rows}


def gas_of(connection: sqlite3.Connection, fid: int, low: int, high: int) -> dict[int, int]:
    """The gas of some rounds' transactions in sum, by round."""
    rows = connection.execute(
        "SELECT round, SUM(gas) AS gas FROM transactions WHERE fid = ? AND round BETWEEN ? AND ? GROUP BY round",
        (fid, low, high),
    )
    return {row["round"]: row["gas"] or 0 for row in rows}


def shard_of(connection: sqlite3.Connection, charter: Charter, task: str, number: int) -> sqlite3.Row | None:
    """A round's validation shard, `None` where it is not known; public shards take turns (P-24)."""
    if not charter.sealed:
        (count,) = connection.execute("SELECT COUNT(*) FROM shards WHERE task = ?", (task,)).fetchone()
        number = (number - 1) % count + 1 if count else number
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM shards WHERE task = ? AND round = ?", (task, number)
    ).fetchone()
    return row


def _clock(connection: sqlite3.Connection, chain: Chain, fid: int, number: int) -> Clock:
    charter = chain.charter(connection, fid)
    events = events_where(connection, "e.fid = ? AND e.round = ?", fid, number)
    if not events or events[0].name != "RoundOpened":
        raise _no_round(fid, number)
    policy = charter.policies.get(events[0].args["version"])
    if policy is None:
        raise IncompleteLogs(f"round {number} of federation {fid} opened with a policy that no event tells of")
    clock = clock_of(events[0], policy, sealed=charter.sealed)
    for event in events:
        clock.take(event)
    return clock


def _no_round(fid: int, number: int) -> NotFound:
    return NotFound(f"round {number} of federation {fid} was not opened", hint=f"/api/federations/{fid}/rounds")
