"""Who is in, and who has what: tables that follow from the events one by one, in the order of the chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from parley.chain.events import Event
from parley.chain.model import terms_of
from parley.explorer.index import stakes
from parley.explorer.index.rows import event_of, events_where, rows_where
from parley.explorer.index.schema import DERIVED
from parley.explorer.index.stakes import Args, require_whole
from parley.history.charter import Charter, charter_of
from parley.numerics.faults import NOBODY
from parley.storage import Cid, Codec

_NAMED = ("operator", "sponsor", "aggregator", "prover", "demander", "supplier")
"""Arguments that name somebody who takes part in a federation."""


def apply(connection: sqlite3.Connection, event: Event) -> None:
    """Bring the tables up to date by one event.

    Raises:
        IncompleteLogs: somebody would have less than nothing.
    """
    handle = _HANDLERS.get(event.name)
    if handle is None:
        return
    if "fid" in event.args:
        _name_people(connection, event.args)
    handle(connection, event.args)


def refill(connection: sqlite3.Connection) -> None:
    """Empty the tables and fill them from all events that are there."""
    for table in DERIVED:
        connection.execute(f"DELETE FROM {table}")
    marks = ", ".join("?" * len(_HANDLERS))
    for row in rows_where(connection, f"e.name IN ({marks})", *_HANDLERS):
        apply(connection, event_of(row))


def charter_at(connection: sqlite3.Connection, chain_id: int, coordinator: str, fid: int) -> Charter | None:
    """The charter of a federation, or `None` if it is not in the index."""
    made = events_where(connection, "e.name IN ('FederationCreated', 'PolicyChanged') AND e.fid = ?", fid)
    return charter_of(chain_id, coordinator, made)


def _name_people(connection: sqlite3.Connection, args: Args) -> None:
    for key in _NAMED:
        operator = args.get(key, NOBODY)
        if operator != NOBODY:
            connection.execute("INSERT OR IGNORE INTO members (fid, operator) VALUES (?, ?)", (args["fid"], operator))


# ------------------------------------------------------------------------------------------------------ federations


def _created(connection: sqlite3.Connection, args: Args) -> None:
    terms = terms_of(args["terms"])
    task = str(Cid(Codec.RAW, terms.task_digest))
    connection.execute(
        "INSERT INTO federations (fid, sponsor, token, task, version) VALUES (?, ?, ?, ?, 1)",
        (args["fid"], args["sponsor"], terms.token, task),
    )


def _set(assignments: str, *keys: str) -> Callable[[sqlite3.Connection, Args], None]:
    """A handler that changes the federation's row, by some of the event's arguments."""

    def handle(connection: sqlite3.Connection, args: Args) -> None:
        values = [args[key] for key in keys]
        connection.execute(f"UPDATE federations SET {assignments} WHERE fid = ?", (*values, args["fid"]))

    return handle


def _funded(connection: sqlite3.Connection, args: Args) -> None:
    _move(connection, args["fid"], free=args["amount"])


def _withdrawn_budget(connection: sqlite3.Connection, args: Args) -> None:
    _move(connection, args["fid"], free=-args["amount"])


def _rolled_over(connection: sqlite3.Connection, args: Args) -> None:
    """As `RewardVault.rollOver`: what was reserved is earned or free again, and the next round's reward is reserved."""
    reserved, earned, following = args["reserved"], args["earned"], args["next"]
    _move(
        connection,
        args["fid"],
        free=reserved - earned - following,
        reserved=following - reserved,
        owed=earned,
    )


def _claimed(connection: sqlite3.Connection, args: Args) -> None:
    _move(connection, args["fid"], owed=-args["amount"])
    connection.execute(
        "UPDATE members SET claimed = ? WHERE fid = ? AND operator = ?",
        (str(args["cumulative"]), args["fid"], args["operator"]),
    )


def _move(connection: sqlite3.Connection, fid: int, *, free: int = 0, reserved: int = 0, owed: int = 0) -> None:
    booked = connection.execute(
        "UPDATE federations SET free = plus(free, ?), reserved = plus(reserved, ?), owed = plus(owed, ?) WHERE fid = ? "
        "RETURNING free, reserved, owed",
        (str(free), str(reserved), str(owed), fid),
    )
    require_whole(booked, f"the budget of federation {fid}")


# ---------------------------------------------------------------------------------------------------------- members


def _joined(connection: sqlite3.Connection, args: Args) -> None:
    _change_member(
        connection,
        args,
        "roles = ?, stake = ?, since = ?, until = NULL",
        args["roles"],
        str(args["stake"]),
        args["from"],
    )


def _left(connection: sqlite3.Connection, args: Args) -> None:
    _change_member(connection, args, "until = ?", args["until"])


def _unbonded(connection: sqlite3.Connection, args: Args) -> None:
    _change_member(connection, args, "stake = '0'")


def _indexed(connection: sqlite3.Connection, args: Args) -> None:
    _change_member(connection, args, "place = ?", args["index"])


def _slashed_member(connection: sqlite3.Connection, args: Args) -> None:
    amount = args["amount"]
    _change_member(connection, args, "stake = plus(stake, ?), slashed = plus(slashed, ?)", str(-amount), str(amount))


def _convicted(connection: sqlite3.Connection, args: Args) -> None:
    """The bond of the round's policy is gone."""
    opened = events_where(
        connection, "e.name = 'RoundOpened' AND e.fid = ? AND e.round = ?", args["fid"], args["round"]
    )
    charter = charter_at(connection, 0, NOBODY, args["fid"])
    policy = charter.policies.get(opened[0].args["version"]) if opened and charter else None
    if policy is not None:
        lost = {"fid": args["fid"], "operator": args["aggregator"]}
        _change_member(connection, lost, "slashed = plus(slashed, ?)", str(policy.bond))


def _nothing(_: sqlite3.Connection, __: Args) -> None:
    """Whom the event names is all that counts."""


def _change_member(connection: sqlite3.Connection, args: Args, assignments: str, *values: object) -> None:
    changed = connection.execute(
        f"UPDATE members SET {assignments} WHERE fid = ? AND operator = ? RETURNING stake",
        (*values, args["fid"], args["operator"]),
    )
    require_whole(changed, f"the stake of {args['operator']} in federation {args['fid']}")


_HANDLERS: dict[str, Callable[[sqlite3.Connection, Args], None]] = {
    "FederationCreated": _created,
    "PolicyChanged": _set("version = ?", "version"),
    "FederationClosed": _set("closed = 1"),
    "RoundOpened": _set("round = ?, live = 1", "round"),
    "RoundFinalized": _set("live = 0, finals = finals + 1"),
    "RoundVoided": _set("live = 0, voids = voids + 1"),
    "Funded": _funded,
    "BudgetWithdrawn": _withdrawn_budget,
    "RolledOver": _rolled_over,
    "Claimed": _claimed,
    "Joined": _joined,
    "Left": _left,
    "Evicted": _left,
    "Unbonded": _unbonded,
    "MemberIndexed": _indexed,
    "MemberSlashed": _slashed_member,
    "Convicted": _convicted,
    "ClipDisproved": _nothing,
    "Demanded": _nothing,
    "Supplied": _nothing,
    "Deposited": stakes.deposited,
    "Withdrawn": stakes.withdrawn,
    "Locked": stakes.locked,
    "Unlocked": stakes.unlocked,
    "Slashed": stakes.slashed,
    "OperatorRegistered": stakes.described,
    "MetadataChanged": stakes.described,
    "WorkerNamed": stakes.named_worker,
    "WorkerRemoved": stakes.removed_worker,
}
