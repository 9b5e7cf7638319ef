"""Why a node does not take a transaction, in the words of each kind of node. Pure."""

from __future__ import annotations

import re
from enum import StrEnum


class Refusal(StrEnum):
    """Why a node does not take a transaction."""

    KNOWN = "known"
    """It has it already: as good as taken."""
    NONCE_USED = "nonce used"
    """A transaction with that nonce is mined."""
    UNDERPRICED = "underpriced"
    """A rival with the same nonce waits, or the pool wants more."""
    BASE_FEE = "base fee"
    """It offers less than the base fee."""
    POOR = "poor"
    """The key cannot pay for it."""
    OTHER = "other"
    """Anything else."""


_REFUSALS = (
    (Refusal.KNOWN, r"already known|known transaction|already imported|already exists|alreadyknown"),
    (Refusal.NONCE_USED, r"nonce (is )?too low|old ?nonce"),
    (Refusal.UNDERPRICED, r"underpriced|fee ?too ?low|replacement ?not ?allowed|below configured minimum"),
    (Refusal.BASE_FEE, r"base ?fee"),
    (Refusal.POOR, r"insufficient funds|insufficient ?balance|upfront cost"),
)


def refusal_of(reason: str) -> Refusal:
    """What a node means by its message; Anvil, Geth, Reth, Erigon, Besu and Nethermind each have words of their own."""
    found = (kind for kind, words in _REFUSALS if re.search(rf"(?<!un)({words})", reason.lower()))
    return next(found, Refusal.OTHER)
