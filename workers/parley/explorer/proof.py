"""Whether what follows from the events is what the contracts show: a node's logs may lack some (P-19)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from parley.chain.contracts import Contracts
from parley.chain.model import FederationState, Role
from parley.explorer.index.database import Database
from parley.explorer.queries import roster_counts


def contradictions(database: Database, contracts: Contracts, fid: int, block: int) -> list[str]:
    """What the index says of a federation otherwise than the contracts do at a block, in words; empty if nothing.

    Args:
        database: the index, brought up to that block.
        contracts: the deployment.
        fid: federation id, as an event named it.
        block: height.

    Raises:
        ChainError: the node does not answer.
    """
    with database.read() as connection:
        row = connection.execute("SELECT * FROM federations WHERE fid = ?", (fid,)).fetchone()
        if row is None:
            return [f"federation {fid} has events, but none that created it"]
        counts = roster_counts(connection, fid)
    return [
        f"{what} of federation {fid} is {ours} by its events and {theirs} by its state"
        for what, ours, theirs in _compared(row, counts, contracts, fid, block)
        if ours != theirs
    ]


def _compared(
    row: sqlite3.Row, counts: dict[Role, int], contracts: Contracts, fid: int, block: int
) -> Iterator[tuple[str, object, object]]:
    state = FederationState.from_abi(contracts.lens.functions.federationOf(fid).call(block_identifier=block))
    _, _, free, reserved, owed = contracts.reward_vault.functions.booksOf(fid).call(block_identifier=block)
    yield "round", row["round"], state.round
    yield "policy version", row["version"], state.version
    yield "whether a round is open", bool(row["live"]), state.live
    yield "whether it is closed", bool(row["closed"]), state.closed
    yield "number of trainers", counts[Role.TRAINER], state.trainers
    yield "number of evaluators", counts[Role.EVALUATOR], state.evaluators
    yield "number of aggregators", counts[Role.AGGREGATOR], state.aggregators
    yield "free budget", row["free"], str(free)
    yield "reserved budget", row["reserved"], str(reserved)
    yield "owed", row["owed"], str(owed)
