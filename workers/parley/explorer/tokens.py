"""What amounts are counted in: the symbol and the decimals that a federation's token tells of itself."""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.exceptions import DecodingError
from web3 import Web3
from web3.exceptions import Web3Exception

from parley.chain.contracts import token_at
from parley.chain.errors import NodeRefused, Overlong
from parley.errors import ContractRevert
from parley.explorer.index.database import Database
from parley.explorer.plain import plain

MAX_SYMBOL = 16
MAX_DECIMALS = 36
USUAL_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Denomination:
    """How amounts of a token are shown.

    Attributes:
        symbol: foreign text, `None` if the token tells none.
        decimals: digits behind the point, 18 if it tells none that make sense.
    """

    symbol: str | None
    decimals: int


def learn(w3: Web3, database: Database) -> bool:
    """Ask one token that nobody has asked; return whether there was one.

    Raises:
        ChainError: the node does not answer.
    """
    with database.read() as connection:
        row = connection.execute(
            "SELECT DISTINCT f.token FROM federations f LEFT JOIN tokens t ON t.token = f.token WHERE t.token IS NULL"
        ).fetchone()
    if row is None:
        return False
    found = ask(w3, row["token"])
    with database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", (row["token"], found.symbol, found.decimals)
        )
    return True


def ask(w3: Web3, address: str) -> Denomination:
    """What a token says of itself; a token may be anything, and say anything.

    Raises:
        ChainError: the node does not answer.
    """
    functions = token_at(w3, address).functions
    symbol, decimals = _told(functions.symbol()), _told(functions.decimals())
    return Denomination(
        (plain(symbol, MAX_SYMBOL) or None) if isinstance(symbol, str) else None,
        decimals if isinstance(decimals, int) and 0 <= decimals <= MAX_DECIMALS else USUAL_DECIMALS,
    )


def _told(call: object) -> object:
    """The answer to a call, `None` if there is none that can be read."""
    try:
        return call.call()  # type: ignore[attr-defined] # of web3, which has no common type for them
    except (Web3Exception, DecodingError, ContractRevert, NodeRefused, Overlong, OverflowError, ValueError):
        return None
