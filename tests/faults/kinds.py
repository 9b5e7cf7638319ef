"""What can happen to a request on its way, as data."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """A fault of a network or of a server, as a client meets it."""

    DELAY = "delay"
    """The request reaches the server late; the answer is right."""
    REFUSE = "refuse"
    """The connection is reset before the server sees the request."""
    DROP = "drop"
    """The server does what it is asked, and the connection is reset before its answer arrives."""
    TRUNCATE = "truncate"
    """The answer breaks off in the middle of its body."""
    CORRUPT = "corrupt"
    """Bits of the body are flipped: no UTF-8 any more, and no hash that was expected."""
    STATUS_500 = "status_500"
    """Status 500 with a web page; the server never sees the request."""
    STATUS_429 = "status_429"
    """Status 429 with `Retry-After`; the server never sees the request."""
    GARBAGE = "garbage"
    """Status 200 with a web page."""
    ENDLESS = "endless"
    """Status 200 with blanks for ever, as fast as the client takes them."""
    BLACK_HOLE = "black_hole"
    """The connection is taken, and nothing is ever answered."""
    SLOWLORIS = "slowloris"
    """The right answer, one byte a second, headers first."""


AT_ONCE = frozenset(
    {Fault.REFUSE, Fault.DROP, Fault.TRUNCATE, Fault.CORRUPT, Fault.STATUS_500, Fault.STATUS_429, Fault.GARBAGE}
)
"""Faults that a client notices as soon as they happen; all others cost it time."""
