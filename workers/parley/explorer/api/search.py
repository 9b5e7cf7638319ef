"""Finds federations, rounds, participants, transactions and contents by what people type or paste."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from parley.explorer.api.context import Snapshot
from parley.explorer.api.models import Hit
from parley.explorer.queries import names_of

MAX_QUERY = 200
MAX_HITS = 20
LEAST_LETTERS = 2
"""Fewer letters are in too many titles to be worth looking."""

_NUMBER = re.compile(r"(?:(?:round|r|#)\s*)?#?(\d{1,9})", re.IGNORECASE)
_PLACE = re.compile(r"(\d{1,9})\s*[/.:]\s*(?:round\s*)?(\d{1,9})", re.IGNORECASE)
_HEX = re.compile(r"(?:0x)?([0-9a-f]{6,64})", re.IGNORECASE)
_CID = re.compile(r"baf[a-z2-7]{7,56}")


def search(snapshot: Snapshot, text: str) -> list[Hit]:
    """What a text may mean, at most `MAX_HITS`, the likelier first."""
    words = " ".join(text.split())
    if not words:
        return []
    found = {(hit.kind, hit.path): hit for hit in islice(_hits(snapshot, words), 4 * MAX_HITS)}
    return list(found.values())[:MAX_HITS]


def _hits(snapshot: Snapshot, words: str) -> Iterator[Hit]:
    if place := _PLACE.fullmatch(words):
        yield from _rounds(snapshot, int(place[2]), fid=int(place[1]))
    if number := _NUMBER.fullmatch(words):
        yield from _rounds(snapshot, int(number[1]))
        yield from _federations(snapshot, "f.fid = ?", int(number[1]))
    if digits := _HEX.fullmatch(words):
        yield from _by_hex(snapshot, digits[1].lower())
    if _CID.fullmatch(words):
        yield from _by_cid(snapshot, words)
    if len(words) >= LEAST_LETTERS:
        yield from _by_text(snapshot, words)


def _rounds(snapshot: Snapshot, number: int, fid: int | None = None) -> Iterator[Hit]:
    rows = snapshot.connection.execute(
        "SELECT fid FROM federations WHERE round >= ? AND ? >= 1 AND (? IS NULL OR fid = ?) ORDER BY fid DESC LIMIT ?",
        (number, number, fid, fid, MAX_HITS),
    )
    for row in rows:
        label = f"Round {number} of federation {row['fid']}"
        yield Hit(kind="round", label=label, path=f"/federations/{row['fid']}/rounds/{number}")


def _federations(snapshot: Snapshot, condition: str, *values: object) -> Iterator[Hit]:
    rows = snapshot.connection.execute(
        "SELECT f.fid, t.title FROM federations f LEFT JOIN texts t ON t.cid = f.task "
        f"WHERE {condition} ORDER BY f.fid DESC LIMIT {MAX_HITS}",
        values,
    )
    for row in rows:
        label = f"Federation {row['fid']}" + (f": {row['title']}" if row["title"] else "")
        yield Hit(kind="federation", label=label, path=f"/federations/{row['fid']}")


def _by_hex(snapshot: Snapshot, digits: str) -> Iterator[Hit]:
    """Transactions by their hashes, people by their addresses and those of their worker keys, by the first digits."""
    low, high = f"0x{digits}", f"0x{digits}g"
    people = snapshot.connection.execute(
        "SELECT fid, operator FROM members WHERE lower(operator) >= ? AND lower(operator) < ? UNION "
        "SELECT m.fid, m.operator FROM workers w JOIN members m ON m.operator = w.operator "
        f"WHERE lower(w.worker) >= ? AND lower(w.worker) < ? LIMIT {MAX_HITS}",
        (low, high, low, high),
    ).fetchall()
    yield from _people(snapshot, ((row["fid"], row["operator"]) for row in people))
    rows = snapshot.connection.execute(
        f"SELECT hash, function FROM transactions WHERE hash >= ? AND hash < ? ORDER BY hash LIMIT {MAX_HITS}",
        (low, high),
    )
    for row in rows:
        label = f"Transaction {row['hash']}" + (f": {row['function']}" if row["function"] else "")
        yield Hit(kind="transaction", label=label, path=f"/transactions/{row['hash']}")


def _by_cid(snapshot: Snapshot, cid: str) -> Iterator[Hit]:
    """Updates, models, tasks, shards and metadata, by the first letters of their CIDs."""
    span = (cid, cid + "{")
    rows = snapshot.connection.execute(
        "SELECT cid, kind, fid, round FROM contents WHERE cid >= ? AND cid < ? UNION "
        "SELECT s.cid, 'validation shard', f.fid, s.round FROM shards s JOIN federations f ON f.task = s.task "
        f"WHERE s.cid >= ? AND s.cid < ? LIMIT {MAX_HITS}",
        (*span, *span),
    )
    for row in rows:
        place = f"round {row['round']} of federation {row['fid']}" if row["round"] else f"federation {row['fid']}"
        path = f"/federations/{row['fid']}" + (f"/rounds/{row['round']}" if row["round"] else "")
        yield Hit(kind="cid", label=f"{row['kind'].capitalize()}, {place}: {row['cid']}", path=path)
    people = snapshot.connection.execute(
        "SELECT m.fid, m.operator FROM operators o JOIN members m ON m.operator = o.operator "
        f"WHERE o.metadata >= ? AND o.metadata < ? LIMIT {MAX_HITS}",
        span,
    ).fetchall()
    yield from _people(snapshot, ((row["fid"], row["operator"]) for row in people))


def _by_text(snapshot: Snapshot, words: str) -> Iterator[Hit]:
    """Federations by their titles, people by their names."""
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", words) + "%"
    yield from _federations(snapshot, "t.title LIKE ? ESCAPE '\\'", pattern)
    people = snapshot.connection.execute(
        "SELECT m.fid, m.operator FROM texts t JOIN operators o ON o.metadata = t.cid "
        "JOIN members m ON m.operator = o.operator WHERE t.title LIKE ? ESCAPE '\\' "
        f"ORDER BY m.fid DESC, m.operator LIMIT {MAX_HITS}",
        (pattern,),
    ).fetchall()
    yield from _people(snapshot, ((row["fid"], row["operator"]) for row in people))


def _people(snapshot: Snapshot, places: Iterable[tuple[int, str]]) -> Iterator[Hit]:
    known = list(places)
    names = names_of(snapshot.connection, (operator for _, operator in known))
    for fid, operator in known:
        label = f"{names.get(operator, operator)} in federation {fid}"
        yield Hit(kind="participant", label=label, path=f"/federations/{fid}/participants/{operator}")
