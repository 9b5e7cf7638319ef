"""Answers about federations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from parley.chain.model import Admission, Phase, Role
from parley.chain.model import Policy as ChainPolicy
from parley.explorer.api import models
from parley.explorer.api.context import Snapshot
from parley.explorer.index.rows import rows_where
from parley.explorer.naming import phase_name, role_names, rule_name
from parley.explorer.queries import Standing, federation_row, names_of, roster_counts, standing_of, texts_of
from parley.explorer.tokens import USUAL_DECIMALS
from parley.history.charter import Charter
from parley.history.model import State
from parley.history.sentences.words import hexed
from parley.numerics.rules import Rule
from parley.storage import Cid, Codec

MAX_LISTED = 200
MAX_MEMBERS = 1000
MAX_POLICIES = 100
NOTHING_RUNS = Standing(State.FINAL, None, None)


def federations(snapshot: Snapshot, before: int | None, limit: int) -> list[models.Federation]:
    """Lines about federations, the newest first."""
    rows = snapshot.connection.execute(
        "SELECT * FROM federations WHERE fid < ? ORDER BY fid DESC LIMIT ?", (before or 2**53, limit)
    ).fetchall()
    return [models.Federation(**_line(snapshot, row, _standing(snapshot, row))) for row in rows]


def federation(snapshot: Snapshot, fid: int) -> models.FederationDetail:
    """Everything about a federation but its rounds.

    Raises:
        NotFound: there is none of that id.
    """
    connection = snapshot.connection
    row = federation_row(connection, fid)
    charter = snapshot.chain.charter(connection, fid)
    standing = _standing(snapshot, row)
    versions = _versions(connection, charter)
    members = _members(connection, fid)
    text = texts_of(connection, [row["task"]]).get(row["task"])
    facts = {} if text is None else json.loads(text["facts"])
    return models.FederationDetail(
        **_line(snapshot, row, standing),
        description=None if text is None else text["description"],
        metric=facts.get("metric"),
        terms=_terms(charter),
        policy=policy_model(charter.policies[row["version"]]),
        policies=versions,
        opened_at=versions[0].time if versions else snapshot.now,
        opened_in=versions[0].transaction,
        phase_ends_at=standing.ends,
        model=_newest_model(connection, charter),
        members=members,
        warnings=list(_warnings(charter, charter.policies[row["version"]], text, len(members))),
    )


def token_model(connection: sqlite3.Connection, token: str) -> models.Token:
    """A token, and how its amounts are shown."""
    row = connection.execute("SELECT symbol, decimals FROM tokens WHERE token = ?", (token,)).fetchone()
    if row is None:
        return models.Token(address=token, symbol=None, decimals=USUAL_DECIMALS)
    return models.Token(address=token, symbol=row["symbol"], decimals=row["decimals"])


def policy_model(policy: ChainPolicy) -> models.Policy:
    """A policy with its amounts as text."""
    amounts = (
        "reward",
        "bond",
        "trainer_stake",
        "evaluator_stake",
        "initial_norm",
        "aggregator_stake",
        "clip_slash",
    )
    values = {name: getattr(policy, name) for name in models.Policy.model_fields}
    values |= {name: str(values[name]) for name in amounts}
    return models.Policy(**{**values, "rule": rule_name(policy.rule)})


def _standing(snapshot: Snapshot, row: sqlite3.Row) -> Standing:
    if not row["live"]:
        return NOTHING_RUNS
    return standing_of(snapshot.connection, snapshot.chain, row["fid"], row["round"], snapshot.now)


def _line(snapshot: Snapshot, row: sqlite3.Row, standing: Standing) -> dict[str, object]:
    """The fields of `models.Federation`."""
    connection, fid = snapshot.connection, row["fid"]
    charter = snapshot.chain.charter(connection, fid)
    counts = roster_counts(connection, fid)
    text = texts_of(connection, [row["task"]]).get(row["task"])
    resting = Phase.CLOSED if row["closed"] else Phase.IDLE
    return {
        "fid": fid,
        "title": None if text is None else text["title"],
        "task": row["task"],
        "sponsor": row["sponsor"],
        "token": token_model(connection, row["token"]),
        "state": "running" if row["live"] else "closed" if row["closed"] else "idle",
        "phase": phase_name(standing.phase or resting),
        "round": row["round"],
        "rounds": charter.terms.rounds,
        "rounds_final": row["finals"],
        "rounds_void": row["voids"],
        "trainers": counts[Role.TRAINER],
        "evaluators": counts[Role.EVALUATOR],
        "aggregators": counts[Role.AGGREGATOR],
        "reward": str(charter.policies[row["version"]].reward),
        "budget": models.Budget(free=row["free"], reserved=row["reserved"], owed=row["owed"]),
        "quality": _last_quality(connection, fid),
        "sealed": charter.sealed,
    }


def _last_quality(connection: sqlite3.Connection, fid: int) -> float | None:
    row = connection.execute(
        "SELECT m.value FROM rounds r JOIN federations f ON f.fid = r.fid "
        "JOIN measured m ON m.task = f.task AND m.round = r.round AND m.model = r.model_root "
        "WHERE r.fid = ? AND m.value IS NOT NULL ORDER BY r.round DESC LIMIT 1",
        (fid,),
    ).fetchone()
    return None if row is None else row["value"]


def _terms(charter: Charter) -> models.Terms:
    terms = charter.terms
    return models.Terms(
        token=terms.token,
        rounds=terms.rounds,
        params=terms.params,
        frac_bits=terms.frac_bits,
        reward_depth=terms.reward_depth,
        admission="open" if terms.admission is Admission.OPEN else "invitation",
        task=str(Cid(Codec.RAW, terms.task_digest)),
        model=charter.cid(terms.model_digest),
        model_root=hexed(terms.model_root),
        anchor=hexed(terms.anchor),
    )


def _versions(connection: sqlite3.Connection, charter: Charter) -> list[models.PolicyVersion]:
    """The first policy and the newest ones, in order."""
    rows = list(rows_where(connection, "e.name IN ('FederationCreated', 'PolicyChanged') AND e.fid = ?", charter.fid))
    return [
        models.PolicyVersion(
            version=version,
            block=row["block"],
            time=row["time"],
            transaction=row["tx"],
            policy=policy_model(charter.policies[version]),
        )
        for version, row in enumerate(rows, 1)
        if version in charter.policies and (version == 1 or version > len(rows) - MAX_POLICIES)
    ]


def _newest_model(connection: sqlite3.Connection, charter: Charter) -> str:
    row = connection.execute(
        "SELECT model_digest FROM rounds WHERE fid = ? AND state = 'final' ORDER BY round DESC LIMIT 1", (charter.fid,)
    ).fetchone()
    digest = None if row is None else row["model_digest"]
    return charter.cid(charter.terms.model_digest if digest is None else bytes.fromhex(digest[2:]))


def _members(connection: sqlite3.Connection, fid: int) -> list[models.Member]:
    rows = connection.execute(
        "SELECT m.*, t.earned, t.rounds, t.included, t.faults FROM members m "
        "LEFT JOIN totals t ON t.fid = m.fid AND t.operator = m.operator "
        "WHERE m.fid = ? AND m.since IS NOT NULL ORDER BY m.place IS NULL, m.place, m.operator LIMIT ?",
        (fid, MAX_MEMBERS),
    ).fetchall()
    names = names_of(connection, (row["operator"] for row in rows))
    return [
        models.Member(
            operator=row["operator"],
            name=names.get(row["operator"]),
            roles=role_names(row["roles"]),
            stake=row["stake"],
            earned=row["earned"] or "0",
            rounds=row["rounds"] or 0,
            included=row["included"] or 0,
            faults=row["faults"] or 0,
            since=row["since"],
            until=row["until"],
        )
        for row in rows
    ]


def _warnings(charter: Charter, policy: ChainPolicy, text: sqlite3.Row | None, members: int) -> Iterable[str]:
    if not charter.sealed:
        yield "The validation set is public: who trains on it scores well and teaches the model little (P-24)."
    if charter.terms.admission is Admission.OPEN and policy.rule in (Rule.MEAN, Rule.WEIGHTED_MEAN):
        yield f"Anyone may join, and updates are combined by their {rule_name(policy.rule)}: one can plant a backdoor."
    if policy.seats < 5:
        yield f"{policy.seats} evaluators judge a round; five or more are recommended (P-26)."
    if text is not None and text["problem"]:
        yield f"The task document: {text['problem']}"
    if members == MAX_MEMBERS:
        yield f"Only {MAX_MEMBERS} members are listed."
