"""The tables of the index.

Three kinds: what the chain said (`blocks`, `events`, `transactions`), which a reorg deletes by height; what follows
from it (`LEDGER`, `ROUNDS`), which is brought up to date in the same transaction; and what content and tokens say of
themselves (`CONTENT`), which no reorg touches. `revisions` tells whoever kept an answer whether it still holds.

Amounts are decimal text, for SQLite's integers end at 2^63; digests, roots, addresses and CIDs text as people read
them. `args` is JSON as of `parley.explorer.index.rows`.
"""

from __future__ import annotations

VERSION = 2
"""Of these tables and what is in them: an index of another version is built anew."""

META = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"

CHAIN = """
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL);
CREATE TABLE checkpoints (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL);
CREATE TABLE events (
    block INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    tx TEXT NOT NULL,
    contract TEXT NOT NULL,
    name TEXT NOT NULL,
    fid INTEGER,
    round INTEGER,
    args TEXT NOT NULL,
    PRIMARY KEY (block, log_index)
) WITHOUT ROWID;
CREATE INDEX events_of_round ON events (fid, round, block, log_index);
CREATE INDEX events_by_name ON events (name, fid);
CREATE INDEX events_of_transaction ON events (tx);
CREATE TABLE transactions (
    hash TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    fid INTEGER,
    round INTEGER,
    sender TEXT,
    recipient TEXT,
    function TEXT,
    gas INTEGER
) WITHOUT ROWID;
CREATE INDEX transactions_of_round ON transactions (fid, round, gas);
CREATE INDEX transactions_by_block ON transactions (block);
CREATE INDEX transactions_unknown ON transactions (block) WHERE gas IS NULL;
"""

LEDGER = """
CREATE TABLE federations (
    fid INTEGER PRIMARY KEY,
    sponsor TEXT NOT NULL,
    token TEXT NOT NULL,
    task TEXT NOT NULL,
    version INTEGER NOT NULL,
    round INTEGER NOT NULL DEFAULT 0,
    live INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    finals INTEGER NOT NULL DEFAULT 0,
    voids INTEGER NOT NULL DEFAULT 0,
    free TEXT NOT NULL DEFAULT '0',
    reserved TEXT NOT NULL DEFAULT '0',
    owed TEXT NOT NULL DEFAULT '0'
);
CREATE INDEX federations_by_task ON federations (task);
CREATE TABLE members (
    fid INTEGER NOT NULL,
    operator TEXT NOT NULL,
    place INTEGER,
    roles INTEGER NOT NULL DEFAULT 0,
    stake TEXT NOT NULL DEFAULT '0',
    since INTEGER,
    until INTEGER,
    slashed TEXT NOT NULL DEFAULT '0',
    claimed TEXT NOT NULL DEFAULT '0',
    PRIMARY KEY (fid, operator)
) WITHOUT ROWID;
CREATE INDEX members_by_address ON members (lower(operator));
CREATE TABLE accounts (
    token TEXT NOT NULL,
    operator TEXT NOT NULL,
    free TEXT NOT NULL DEFAULT '0',
    locked TEXT NOT NULL DEFAULT '0',
    PRIMARY KEY (token, operator)
) WITHOUT ROWID;
CREATE TABLE operators (operator TEXT PRIMARY KEY, metadata TEXT) WITHOUT ROWID;
CREATE INDEX operators_by_metadata ON operators (metadata);
CREATE TABLE workers (worker TEXT PRIMARY KEY, operator TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX workers_of_operator ON workers (operator);
CREATE INDEX workers_by_address ON workers (lower(worker));
"""

ROUNDS = """
CREATE TABLE rounds (
    fid INTEGER NOT NULL,
    round INTEGER NOT NULL,
    state TEXT NOT NULL,
    model_root TEXT,
    model_digest TEXT,
    row TEXT NOT NULL,
    story BLOB NOT NULL,
    PRIMARY KEY (fid, round)
);
CREATE TABLE deeds (
    fid INTEGER NOT NULL,
    operator TEXT NOT NULL,
    round INTEGER NOT NULL,
    roles INTEGER NOT NULL,
    verdict TEXT,
    score INTEGER,
    quality INTEGER,
    earned TEXT NOT NULL,
    voted INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    convicted INTEGER NOT NULL,
    faults TEXT NOT NULL,
    PRIMARY KEY (fid, operator, round)
) WITHOUT ROWID;
CREATE INDEX deeds_of_round ON deeds (fid, round);
CREATE TABLE totals (
    fid INTEGER NOT NULL,
    operator TEXT NOT NULL,
    earned TEXT NOT NULL DEFAULT '0',
    rounds INTEGER NOT NULL DEFAULT 0,
    trained INTEGER NOT NULL DEFAULT 0,
    included INTEGER NOT NULL DEFAULT 0,
    left_out INTEGER NOT NULL DEFAULT 0,
    evaluated INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0,
    convicted INTEGER NOT NULL DEFAULT 0,
    faults INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (fid, operator)
) WITHOUT ROWID;
CREATE TABLE contents (
    cid TEXT NOT NULL,
    fid INTEGER NOT NULL,
    round INTEGER NOT NULL,
    kind TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (cid, fid, round, kind)
) WITHOUT ROWID;
CREATE INDEX contents_by_block ON contents (block);
"""

CONTENT = """
CREATE TABLE revisions (fid INTEGER PRIMARY KEY, revision TEXT NOT NULL);
CREATE TABLE texts (
    cid TEXT PRIMARY KEY,
    title TEXT,
    description TEXT,
    facts TEXT NOT NULL,
    problem TEXT,
    attempts INTEGER NOT NULL,
    due REAL
) WITHOUT ROWID;
CREATE TABLE tokens (token TEXT PRIMARY KEY, symbol TEXT, decimals INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE shards (
    task TEXT NOT NULL,
    round INTEGER NOT NULL,
    cid TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (task, round)
) WITHOUT ROWID;
CREATE INDEX shards_by_cid ON shards (cid);
CREATE TABLE measured (
    task TEXT NOT NULL,
    round INTEGER NOT NULL,
    model TEXT NOT NULL,
    value REAL,
    problem TEXT,
    attempts INTEGER NOT NULL,
    due REAL,
    PRIMARY KEY (task, round, model)
) WITHOUT ROWID;
"""

REVISE = "INSERT OR REPLACE INTO revisions VALUES (?, lower(hex(randomblob(8))))"
"""Says that the ended rounds of a federation are others than before, or are measured otherwise."""

DERIVED = ("federations", "members", "accounts", "operators", "workers")
"""Tables that are filled event by event, and after a reorg from the events that are left."""
